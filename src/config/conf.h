/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf.h - the sections of a configuration while it is loaded.
 *
 * Settings as they were written, as opposed to those that take effect, are kept
 * beside the results, because the dump shows them.
 */
#ifndef CONFIG_CONF_H
#define CONFIG_CONF_H

#include "config/names.h"
#include "fields.h"

/* struct route first: config->route and its children are these. */
struct route_conf {
	struct route route;
	const struct yaml_node *node;
	size_t part, position;	/* in the list of that file */
	bool added;		/* by `routes` of a file */
	struct str receiver_name;
	struct str_list group_by;
	struct str_pairs match, match_re;
	struct str_list matchers;	/* canonical, sorted */
	struct str_list mute_names, active_names;
	bool has_group_wait, has_group_interval, has_repeat_interval;
	struct str_pairs labels;
};

struct inhibit_conf {
	struct str_pairs source_match, source_match_re, target_match, target_match_re;
	struct str_list source_matchers, target_matchers;
	struct str_list equal;	/* as written */
};

struct receiver_conf {
	size_t part, position;	/* in the list of that file */
	size_t own_n;		/* integrations that stand there; those behind were added by the extra file */
	size_t added_part, added_position;	/* where those stand; 0: none were added */
};

struct top_keys {
	const struct yaml_node *global, *route, *inhibit_rules, *receivers;
	struct str_list templates;	/* joined to the file's directory */
	const struct yaml_node *mute_time_intervals, *time_intervals, *tracing, *event_recorder;
	struct str_list rule_files;
	const struct yaml_node *ui, *gateways;
	const struct yaml_node *routes;	/* NULL in the only file */
};

/* A file of the configuration: the only one, one of a directory, or the extra one, which is the last. */
struct part {
	const char *path;
	bool extra;
	struct str bytes;
	const struct yaml_node *root;
	struct top_keys k;
};

/* All that loading keeps between its steps. */
struct loading {
	struct reading r;	/* of the part at hand */
	struct config *c;
	const char *path;	/* of the whole */
	bool directory;
	struct part *parts;
	size_t parts_n;
	const struct yaml_node *global_node;
	size_t global_part;
	struct receiver_conf *receivers;	/* beside c->receivers */
	struct inhibit_conf *inhibit;	/* beside c->inhibit_rules */
	struct names interval_names;
	size_t mute_intervals_n;	/* so many of c->time_intervals come from mute_time_intervals */
	struct str_list rule_files;	/* that were read */
	struct names rule_file_names;	/* … in them */
	struct path_bounds patterns;	/* what templates and rule_files may still find */
	size_t bytes;			/* of all files so far */
	const struct tracing *tracing;	/* NULL: absent */
	const struct event_recorder *event_recorder;
};

/* load.c: what is read and noted from now on is of this part. */
void part_enter(struct loading *l, size_t part);
/* A file that the configuration names, as far as CONFIG_BYTES_MAX reaches. */
bool part_file_read(struct loading *l, const char *path, struct arena *a, struct str *out, struct err *e);

/* match_conf.c: matchers of a list of strings; canonical texts into *texts (may be NULL). */
bool matchers_read(struct reading *r, const struct yaml_node *n, const struct at *at, struct matchers *out,
    struct str_list *texts);
/* The deprecated forms: name -> value and name -> regular expression. */
bool match_read(struct reading *r, const struct yaml_node *n, const struct at *at, bool regex, struct matchers *out,
    struct str_pairs *pairs);

/* Each reads a section; false when there was a problem. */
bool route_read(struct loading *l, const struct yaml_node *n);
/* Behind the routes of the root. */
bool routes_add(struct loading *l, const struct yaml_node *n, const struct at *at);
bool receivers_read(struct loading *l, const struct yaml_node *n, const struct at *at);
/* Appends to the configuration's rules and intervals: rule files have them too. */
bool inhibit_rules_read(struct loading *l, struct reading *r, const struct yaml_node *n, const struct at *at);
bool time_intervals_read(struct loading *l, struct reading *r, const struct yaml_node *n, const struct at *at,
    bool mute);
bool tracing_read(struct loading *l, const struct yaml_node *n, const struct at *at);
/* gateways.c: `gateways`, behind those that are there; and the one that an integration has of its own, or whether the names are known. */
bool gateways_read(struct loading *l, const struct yaml_node *n, const struct at *at);
bool gateways_check(struct loading *l, const struct receiver *rc, struct integration *in, const struct at *at);
void ui_read(struct loading *l, const struct yaml_node *n);
bool event_recorder_read(struct loading *l, const struct yaml_node *n, const struct at *at);
void tracing_dump(struct yaml_writer *w, const void *tracing);
void event_recorder_dump(struct yaml_writer *w, const void *event_recorder);

/* check.c: what concerns several sections, in Alertmanager's order; then what takes effect is computed. */
bool config_check(struct loading *l);
/* route_build.c: inheritance, keys, receivers and intervals of the checked tree. */
void routes_build(struct loading *l);
/* interval_conf.c */
struct time_interval *interval_find(const struct loading *l, struct str name);
/* Files of `templates` into c->tmpl. */
bool templates_load(struct loading *l);
/* Files of `rule_files` into rules, intervals and silences. */
bool rule_files_load(struct loading *l);
/* dump.c: c->original; a problem when it would be longer than DUMP_MAX. */
bool config_dump(struct loading *l);
/* adopt.c: c->holdings, of a configuration that is complete. */
void holdings_list(struct config *c);
/* expand.c: a tree with ${…} replaced; NULL when there was a problem. */
const struct yaml_node *expand_env(struct reading *r, const struct yaml_node *n);

#endif
