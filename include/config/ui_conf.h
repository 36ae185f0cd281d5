/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config/ui_conf.h - `ui`: what a site wants of the web page, and which alerts must always be there.
 *
 * An extension: Alertmanager does not know it. In the configuration's arena; matchers are of the configuration too.
 */
#ifndef CONFIG_UI_CONF_H
#define CONFIG_UI_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "base/time.h"
#include "config/field.h"
#include "model/matcher.h"

/* How bad an alert is, for those who count and colour. */
enum severity { SEVERITY_CRITICAL, SEVERITY_WARNING, SEVERITY_INFO, SEVERITY_OTHER, SEVERITIES };

struct ui_severity {
	struct str label;
	struct str_list order;		/* the worst first; at least one */
	enum severity *classes;		/* beside `order` */
};

struct ui_annotations {
	struct str_list first, buttons;
};

struct ui_link {
	struct str regex, url;
};

struct ui_template {
	struct str name, comment;
	span duration;			/* 0: none */
	const struct yaml_node *matchers;	/* as written */
	struct str_list texts;		/* … canonical */
};

struct ui_silence {
	struct str_list durations;	/* canonical */
	bool require_comment;
	span max_duration;		/* 0: none */
	const struct yaml_node *templates;	/* as written */
};

struct ui_heartbeat {
	struct str name;
	const struct yaml_node *matchers;	/* as written */
	struct str_list texts;		/* … canonical */
	struct matchers compiled;	/* owned */
};

#define UI_LIST_MAX 100		/* of links, templates, heartbeats, durations, names */

struct config;

struct ui_conf {
	struct str title;
	struct ui_severity severity;
	struct str default_filter;
	struct str_list hide_labels;
	struct ui_annotations annotations;
	const struct yaml_node *links_node, *heartbeats_node;	/* as written */
	struct ui_silence silence;
	/* Read from the nodes: */
	struct ui_link *links;
	size_t links_n;
	struct ui_template *templates;
	size_t templates_n;
	struct ui_heartbeat *heartbeats;
	size_t heartbeats_n;
};

/* The defaults, of a configuration without the key. */
const struct ui_conf *ui_conf_absent(void);
/* The configuration's, or the defaults. */
const struct ui_conf *config_ui(const struct config *c);

/* The severity that a word is commonly used for, in whatever case. */
enum severity severity_of_word(struct str word);
/*
 * The place of a word in the order, 0 the worst, and `order.n` for what has none: the word itself, or the first that means
 * the same severity.
 */
size_t ui_severity_rank(const struct ui_severity *s, struct str word);
/* The severity of a rank. */
enum severity ui_severity_class(const struct ui_severity *s, size_t rank);

#endif
