/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/sbuf.h"
#include "base/utf8.h"
#include "conf.h"

struct inhibit_keys {
	struct str name;
	const struct yaml_node *source_match, *source_match_re, *source_matchers;
	const struct yaml_node *target_match, *target_match_re, *target_matchers;
	struct str_list equal;
};

#define K struct inhibit_keys

/* Bytes of a name, or of matchers that stand for one. */
#define TITLE_MAX 200

const struct field inhibit_fields[] = {
	STRING_FIELD(K, name, .doc = "A name to tell rules apart."),
	ANY_FIELD(K, source_match, .flags = F_RAW, .doc = "Deprecated: as source_matchers, equality."),
	ANY_FIELD(K, source_match_re, .flags = F_RAW, .doc = "Deprecated: as source_matchers, regular expressions."),
	ANY_FIELD(K, source_matchers, .flags = F_RAW, .doc = "Alerts that silence others."),
	ANY_FIELD(K, target_match, .flags = F_RAW, .doc = "Deprecated: as target_matchers, equality."),
	ANY_FIELD(K, target_match_re, .flags = F_RAW, .doc = "Deprecated: as target_matchers, regular expressions."),
	ANY_FIELD(K, target_matchers, .flags = F_RAW, .doc = "Alerts that are silenced."),
	STRINGS_FIELD(K, equal, .doc = "Labels that both have to have alike."),
	{ 0 },
};

static void
equal_set(struct reading *r, const struct yaml_node *n, const struct at *at, const struct str_list *written,
    struct inhibit_rule *rule)
{
	const struct yaml_node *node = yaml_get(n, "equal");
	size_t kept = 0;

	rule->equal = ARENA_ARRAY(r->arena, written->n, struct str);
	for (size_t i = 0; i < written->n; i++) {
		rule->equal[i] = written->v[i];
		if (!label_name_valid(written->v[i], r->env->naming))
			reading_problem(r, node->items[i], AT_INDEX(AT_KEY(at, STR("equal")), i),
			    "invalid label name \"%.*s\" in equal list", STR_ARG(written->v[i]));
	}
	if (written->n > 1)
		qsort(rule->equal, written->n, sizeof(rule->equal[0]), str_qsort);
	for (size_t i = 0; i < written->n; i++) {
		if (kept == 0 || !str_eq(rule->equal[kept - 1], rule->equal[i]))
			rule->equal[kept++] = rule->equal[i];
	}
	rule->equal_n = kept;
}

/* Made once, as the history has it with each alert that is held back. */
static struct str
title_of(struct arena *arena, const struct inhibit_rule *rule)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str text = rule->name, title;

	if (text.n == 0) {
		matchers_format(&rule->source, &b);
		sbuf_puts(&b, " => ");
		matchers_format(&rule->target, &b);
		text = sbuf_get(&b);
	}
	title = arena_str(arena, str_sub(text, 0, utf8_fit(text, TITLE_MAX)));
	sbuf_fini(&b);
	return title;
}

static void
rule_read(struct reading *r, const struct yaml_node *n, const struct at *at, struct inhibit_rule *rule,
    struct inhibit_conf *conf)
{
	struct inhibit_keys k = { 0 };

	rule->line = n->line;
	rule->col = n->col;
	if (node_is_null(n))
		return;
	fields_read(r, n, at, inhibit_fields, &k, NULL);
	rule->name = k.name;
	matchers_read(r, k.source_matchers, AT_KEY(at, STR("source_matchers")), &rule->source, &conf->source_matchers);
	match_read(r, k.source_match, AT_KEY(at, STR("source_match")), false, &rule->source, &conf->source_match);
	match_read(r, k.source_match_re, AT_KEY(at, STR("source_match_re")), true, &rule->source,
	    &conf->source_match_re);
	matchers_read(r, k.target_matchers, AT_KEY(at, STR("target_matchers")), &rule->target, &conf->target_matchers);
	match_read(r, k.target_match, AT_KEY(at, STR("target_match")), false, &rule->target, &conf->target_match);
	match_read(r, k.target_match_re, AT_KEY(at, STR("target_match_re")), true, &rule->target,
	    &conf->target_match_re);
	matchers_sort(&rule->source);
	matchers_sort(&rule->target);
	conf->equal = k.equal;
	equal_set(r, n, at, &k.equal, rule);
}

bool
inhibit_rules_read(struct loading *l, struct reading *r, const struct yaml_node *n, const struct at *at)
{
	struct config *c = l->c;
	size_t before = r->problems_n, old = c->inhibit_rules_n;

	if (n->kind != YAML_SEQ)
		return reading_type_problem(r, n, at, false, "[]common.InhibitRule", "a list is wanted here");
	c->inhibit_rules = list_room(r->arena, c->inhibit_rules, old, n->n, sizeof(struct inhibit_rule));
	l->inhibit = list_room(r->arena, l->inhibit, old, n->n, sizeof(struct inhibit_conf));
	for (size_t i = 0; i < n->n; i++) {
		struct inhibit_rule *rule = &c->inhibit_rules[c->inhibit_rules_n];
		struct inhibit_conf *conf = &l->inhibit[c->inhibit_rules_n];

		*rule = (struct inhibit_rule){ 0 };
		*conf = (struct inhibit_conf){ 0 };
		c->inhibit_rules_n++;
		rule_read(r, n->items[i], AT_INDEX(at, i), rule, conf);
		rule->title = title_of(r->arena, rule);
	}
	return r->problems_n == before;
}
