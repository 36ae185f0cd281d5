/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule files (an extension): inhibition rules, time intervals and silences that
 * are kept apart from the main file, so that tools and teams can own them.
 *
 *	silences:
 *	- name: db-migration
 *	  matchers: [team="db", env=~"prod|stage"]
 *	  starts_at: 2030-01-01T08:00:00Z
 *	  ends_at: 2030-01-01T12:00:00Z
 *	  created_by: jo
 *	  comment: moving the database
 *	  annotations: {ticket: OPS-1}
 *
 * A silence is known by its file, as seen from the configuration's directory,
 * and its name: its id stays the same across reloads and edits, and is the same
 * wherever the same configuration is loaded.
 */
#include <stdio.h>

#include "base/hex.h"
#include "base/mem.h"
#include "base/rfc3339.h"
#include "base/sbuf.h"
#include "conf.h"
#include "text/digest.h"
#include "text/glob.h"

struct rule_keys {
	const struct yaml_node *inhibit_rules, *time_intervals, *silences;
};

struct silence_keys {
	struct str name;
	const struct yaml_node *matchers;
	struct str starts_at, ends_at, created_by, comment;
	struct str_pairs annotations;
};

const struct field rule_file_fields[] = {
	ANY_FIELD(struct rule_keys, inhibit_rules, .flags = F_RAW, .doc = "As in the main file."),
	ANY_FIELD(struct rule_keys, time_intervals, .flags = F_RAW, .doc = "As in the main file."),
	ANY_FIELD(struct rule_keys, silences, .flags = F_RAW, .doc = "Silences."),
	{ 0 },
};

#define K struct silence_keys

const struct field rule_silence_fields[] = {
	STRING_FIELD(K, name, .doc = "Its name, once in the file."),
	ANY_FIELD(K, matchers, .flags = F_RAW, .doc = "Which alerts are silenced; all have to match."),
	STRING_FIELD(K, starts_at, .doc = "RFC 3339."),
	STRING_FIELD(K, ends_at, .doc = "RFC 3339."),
	STRING_FIELD(K, created_by, .doc = "Who."),
	STRING_FIELD(K, comment, .doc = "Why."),
	PAIRS_FIELD(K, annotations, .doc = "Anything else."),
	{ 0 },
};

/* A name-based UUID (RFC 9562, version 5) of the file and the name. */
static void
silence_id(const struct reading *r, struct str name, char out[SILENCE_ID_MAX])
{
	struct str path = str_from(r->path);
	static const unsigned char space[16] = { 0x6b, 0x1f, 0x0c, 0x52, 0x5e, 0x7d, 0x4a, 0x7b, 0x9d, 0x5a, 0x3f,
		0x61, 0x0c, 0x8e, 0x41, 0x27 };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	unsigned char sha1[SHA1_SIZE];
	char hex[33];

	if (str_starts(path, r->dir) && path.n > r->dir.n && path.p[r->dir.n] == '/')
		path = str_sub(path, r->dir.n + 1, path.n);
	sbuf_put(&b, space, sizeof(space));
	sbuf_str(&b, path);
	sbuf_putc(&b, '\0');
	sbuf_str(&b, name);
	digest_sha1(sbuf_get(&b), sha1);
	sbuf_fini(&b);
	sha1[6] = (unsigned char)((sha1[6] & 0x0F) | 0x50);
	sha1[8] = (unsigned char)((sha1[8] & 0x3F) | 0x80);
	hex_encode(sha1, 16, hex);
	snprintf(out, SILENCE_ID_MAX, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static void
time_read(struct reading *r, const struct yaml_node *n, const struct at *at, const char *key, struct str s,
    struct wall *out)
{
	const struct yaml_node *value = yaml_get(n, key);
	struct err e = { 0 };

	if (s.n == 0) {
		reading_problem(r, n, at, "missing %s in silence", key);
		return;
	}
	if (!rfc3339_parse(s, out, &e))
		reading_problem(r, value, AT_KEY(at, str_from(key)), "%s (wanted: a time such as 2030-01-01T08:00:00Z)",
		    e.text);
	*out = wall_utc(*out);
}

static void
silence_fill(struct reading *r, const struct yaml_node *n, const struct at *at, const struct silence_keys *k,
    struct silence *s)
{
	struct label_pair *pairs = ARENA_ARRAY(r->arena, k->annotations.n, struct label_pair);
	struct str_list texts = { 0 };
	size_t before = r->problems_n;
	struct err e = { 0 };

	silence_id(r, k->name, s->id);
	silence_add_set(s);
	s->updated = r->env->now;
	istr_unref(s->created_by);
	istr_unref(s->comment);
	labels_unref(s->annotations);
	for (size_t i = 0; i < k->annotations.n; i++)
		pairs[i] = (struct label_pair){ k->annotations.v[i].key, k->annotations.v[i].value };
	s->created_by = istr_get(k->created_by);
	s->comment = istr_get(k->comment);
	s->annotations = labels_new(pairs, k->annotations.n);
	s->source = istr_get(str_from(r->path));
	matchers_read(r, k->matchers, AT_KEY(at, STR("matchers")), &s->sets[0], &texts);
	time_read(r, n, at, "starts_at", k->starts_at, &s->starts);
	time_read(r, n, at, "ends_at", k->ends_at, &s->ends);
	if (r->problems_n == before && !silence_validate(s, r->env->naming, &e))
		reading_problem(r, n, at, "%s", e.text);
}

static void
silences_read(struct loading *l, struct reading *r, const struct yaml_node *n, const struct at *at)
{
	struct config *c = l->c;
	size_t old = c->silences_n;
	struct names names = { 0 };

	if (n->kind != YAML_SEQ) {
		reading_type_problem(r, n, at, false, "[]config.Silence", "a list is wanted here");
		return;
	}
	c->silences = list_room(r->arena, c->silences, old, n->n, sizeof(c->silences[0]));
	for (size_t i = 0; i < n->n; i++) {
		const struct at *here = AT_INDEX(at, i);
		struct silence_keys k = { 0 };
		struct silence *s;

		if (!fields_read(r, n->items[i], here, rule_silence_fields, &k, NULL))
			continue;
		if (k.name.n == 0) {
			reading_problem(r, n->items[i], here, "missing name in silence");
			continue;
		}
		s = silence_new();
		silence_fill(r, n->items[i], here, &k, s);
		if (!names_add(&names, r->arena, k.name, i))
			reading_problem(r, n->items[i], here, "silence name \"%.*s\" is not unique", STR_ARG(k.name));
		c->silences[c->silences_n++] = s;
	}
	names_fini(&names);
}

static void
file_parse(struct loading *l, struct reading *r, struct str text)
{
	const struct yaml_node *root;
	struct rule_keys k = { 0 };
	struct err e = { 0 };

	if (!yaml_parse(r->arena, text, &root, &e)) {
		reading_problem_at(r, e.line, e.col, NULL, "%s", e.text);
		return;
	}
	if (root == NULL || node_is_null(root))
		return;
	if (r->env->expand_env)
		root = expand_env(r, root);
	fields_read(r, root, NULL, rule_file_fields, &k, NULL);
	if (k.inhibit_rules != NULL)
		inhibit_rules_read(l, r, k.inhibit_rules, AT_KEY(NULL, STR("inhibit_rules")));
	if (k.time_intervals != NULL)
		time_intervals_read(l, r, k.time_intervals, AT_KEY(NULL, STR("time_intervals")), false);
	if (k.silences != NULL)
		silences_read(l, r, k.silences, AT_KEY(NULL, STR("silences")));
}

static bool
file_load(struct loading *l, struct str path, struct err *e)
{
	const struct config_env *env = l->r.env;
	struct reading *r = NEW(struct reading);
	struct arena *scratch = arena_new();
	struct str text;
	bool ok;

	*r = (struct reading){ .env = env, .arena = l->r.arena, .path = arena_str(l->r.arena, path).p,
		.dir = l->r.dir };
	ok = part_file_read(l, r->path, scratch, &text, e);
	if (ok) {
		file_parse(l, r, text);
		/* The places are in another file: they stand for themselves. */
		for (size_t i = 0; i < r->problems_n && i < PROBLEMS_MAX && l->r.problems_n < PROBLEMS_MAX; i++) {
			struct problem p = { .part = l->r.part, .nth = l->r.problems_n + 1, .text = r->problems[i].text };

			l->r.problems[l->r.problems_n++] = p;
		}
	}
	arena_free(&scratch);
	mem_free(r);
	return ok;
}

/* Several patterns may fit a file: it counts once. */
static bool
is_new(struct loading *l, struct str path)
{
	struct str_list *seen = &l->rule_files;

	if (!names_add(&l->rule_file_names, l->r.arena, path, seen->n))
		return false;
	seen->v = list_room(l->r.arena, seen->v, seen->n, 1, sizeof(seen->v[0]));
	seen->v[seen->n++] = path;
	return true;
}

static void
patterns_load(struct loading *l, const struct part *p)
{
	const struct config_env *env = l->r.env;
	const struct yaml_node *list = yaml_get(p->root, "rule_files");

	for (size_t i = 0; i < p->k.rule_files.n; i++) {
		struct str pattern = path_join(l->r.arena, l->r.dir, p->k.rule_files.v[i]);
		const struct at *at = AT_INDEX(AT_KEY(NULL, STR("rule_files")), i);
		const struct yaml_node *n = list != NULL && i < list->n ? list->items[i] : NULL;
		struct str_list paths = { 0 };
		struct err e = { 0 };

		if (!env->glob(env->arg, arena_str(l->r.arena, pattern).p, &l->patterns, l->r.arena, &paths, &e)) {
			reading_problem(&l->r, n, at, "%s: %.*s", e.text, STR_ARG(pattern));
			continue;
		}
		/* A pattern without wildcards names a file that has to be there. */
		if (paths.n == 0 && pattern.n > 0 && !glob_has_meta(pattern))
			reading_problem(&l->r, n, at, "%.*s: no such file", STR_ARG(pattern));
		for (size_t k = 0; k < paths.n; k++) {
			if (is_new(l, paths.v[k]) && !file_load(l, paths.v[k], &e))
				reading_problem(&l->r, n, at, "%s", e.text);
		}
	}
}

bool
rule_files_load(struct loading *l)
{
	for (size_t i = 0; i < l->parts_n; i++) {
		part_enter(l, i);
		patterns_load(l, &l->parts[i]);
	}
	l->c->rule_files_n = l->rule_files.n;
	return l->r.problems_n == 0;
}
