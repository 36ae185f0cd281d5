/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matchers as strings, and the deprecated mappings match, match_re and their kin.
 */
#include "base/sbuf.h"
#include "conf.h"
#include "text/regex.h"

static struct str
canonical(struct arena *a, const struct matcher *m)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str out;

	matcher_format(m, &b);
	out = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

bool
matchers_read(struct reading *r, const struct yaml_node *n, const struct at *at, struct matchers *out,
    struct str_list *texts)
{
	struct str_list lines;
	size_t before = r->problems_n;

	if (n == NULL || !strings_read(r, n, at, false, "[]string", &lines))
		return n == NULL;
	for (size_t i = 0; i < lines.n; i++) {
		struct err e = { 0 };

		if (!matchers_parse(lines.v[i], r->env->matcher_mode, r->env->warning, out, &e))
			reading_problem(r, n->items[i], AT_INDEX(at, i), "%s: in matcher %.*s", e.text,
			    STR_ARG(lines.v[i]));
	}
	matchers_sort(out);
	*texts = (struct str_list){ ARENA_ARRAY(r->arena, out->n, struct str), out->n, lines.present };
	for (size_t i = 0; i < out->n; i++)
		texts->v[i] = canonical(r->arena, &out->m[i]);
	return r->problems_n == before;
}

static bool
match_one(struct reading *r, const struct str_pair *p, bool regex, struct matchers *out, struct err *e)
{
	struct matcher m;
	struct regex *re;
	struct str wrapped;

	if (!regex) {
		if (!matcher_init(&m, MATCH_EQ, p->key, p->value, e))
			return false;
		matchers_append(out, &m);
		return true;
	}
	/* COMPAT: the matcher's value is the anchored text, so it shows in group keys. */
	re = regex_compile(p->value, REGEX_ANCHORED, e);
	if (re == NULL)
		return false;
	regex_free(&re);
	wrapped = arena_printf(r->arena, "^(?:%.*s)$", STR_ARG(p->value));
	if (!matcher_init(&m, MATCH_RE, p->key, wrapped, e))
		return false;
	matchers_append(out, &m);
	return true;
}

bool
match_read(struct reading *r, const struct yaml_node *n, const struct at *at, bool regex, struct matchers *out,
    struct str_pairs *pairs)
{
	size_t before = r->problems_n, place;
	struct names places = { 0 };

	if (n == NULL || node_is_null(n))
		return true;
	if (!pairs_read(r, n, at, false, "map[string]string", pairs))
		return false;
	/* Backwards: of keys that are the same text the last counts. */
	for (size_t k = n->n; k > 0; k--) {
		if (n->pairs[k - 1].key->kind == YAML_SCALAR)
			names_add(&places, r->arena, n->pairs[k - 1].key->text, k - 1);
	}
	for (size_t i = 0; i < pairs->n; i++) {
		const struct str_pair *p = &pairs->v[i];
		const struct at *here = AT_KEY(at, p->key);
		const struct yaml_node *value = n;
		struct err e = { 0 };

		if (names_find(&places, p->key, &place))
			value = n->pairs[place].value;
		if (!label_name_valid(p->key, NAMING_CLASSIC))
			reading_problem(r, value, here, "invalid label name \"%.*s\"", STR_ARG(p->key));
		else if (regex && node_is_null(value))
			reading_problem(r, value, here, "invalid regexp value for \"%.*s\"", STR_ARG(p->key));
		else if (!match_one(r, p, regex, out, &e))
			reading_problem(r, value, here, "%s", e.text);
	}
	names_fini(&places);
	return r->problems_n == before;
}
