/* SPDX-License-Identifier: Apache-2.0 */
/*
 * data_view.h - the objects behind the template data `.`, for those who make more of it.
 */
#ifndef DATA_VIEW_H
#define DATA_VIEW_H

#include <stdint.h>

#include "base/arena.h"
#include "config/ui_conf.h"
#include "tmpl/value.h"

struct alert_view {
	struct value status, labels, annotations, starts, ends, generator_url, fingerprint;
};

struct data_view {
	struct value receiver, status, alerts, reason;
	struct value group_labels, common_labels, common_annotations, route_labels;
	struct value external_url;
	/* Not to be seen by templates: */
	const struct ui_conf *ui;	/* which label is the severity */
	uint64_t group;			/* its name for the web page (model/group_name.h); 0: it is of no group */
	unsigned brevity;		/* of its brief (brief.h) */
	struct arena *arena;		/* that the data live in */
	struct value *brief;		/* no value until it is asked for */
};

#define VIEW_FIELD(S, m, go, js) { .name = go, .json = js, .offset = offsetof(struct S, m) }

#endif
