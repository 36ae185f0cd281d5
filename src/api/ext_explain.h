/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/ext_explain.h (private) - an explanation (core/explain.h) in words, for ext_explain.c.
 *
 * Sentences are plain English, of the moment `now`: times of the same day are without a date. Names and comments that others chose
 * are cut to a bound, and what is no printable character in them is a blank.
 */
#ifndef API_EXT_EXPLAIN_H
#define API_EXT_EXPLAIN_H

#include "base/vec.h"
#include "core/explain.h"
#include "ext.h"

enum explain_part {
	PART_EXPLAIN,	/* nothing is written yet */
	PART_HEAD,
	PART_ROUTES,
	PART_GROUP,	/* what is before its rules */
	PART_RULES,
	PART_REST,	/* and behind them */
	PART_MESSAGES,	/* what each of its integrations would be sent */
	PART_END,
};

struct explaining {
	struct packed body;
	struct api *api;
	struct explain_run *run;
	struct json_writer w;
	struct sbuf text;	/* of sentences */
	enum explain_part part;
	VEC(size_t) path;	/* of the route at hand */
	size_t group, rule, leg;
	bool rules_shown;	/* by a group before */
};

/* The next piece; HTTP_END: that was all. */
enum http_more explain_write(struct explaining *x, struct work *w, struct moment now);

/* A name that somebody chose. */
void say_name(struct sbuf *b, struct str name);
/* The answer in one sentence. */
void say_verdict(struct sbuf *b, const struct explain_run *run);
void say_route(struct sbuf *b, const struct explained_route *r);
void say_group(struct sbuf *b, const struct explain_run *run, const struct explained_group *g);
/* About one stage, which lets the alert pass or not. */
void say_stage(struct sbuf *b, const struct explain_run *run, const struct explained_group *g, enum stage stage);
void say_rule(struct sbuf *b, const struct inhibit_rule *conf, const struct explained_rule *rule);
void say_leg(struct sbuf *b, const struct explain_run *run, const struct explained_group *g, const struct explained_leg *leg);

/* "first", "new_alerts", …: why an integration is told, for programs. */
const char *reason_word(enum reason r);

/* Answers about a past moment, from history, or with an error. */
void explain_past(struct call *c, uint64_t fingerprint, struct wall at);

#endif
