/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "base/sbuf.h"

#define MAX_RECEIVERS 64
#define MAX_INTERVALS 32

static const struct field fake_fields[] = {
	BOOL_FIELD(struct fake_settings, common.send_resolved),
	STRING_FIELD(struct fake_settings, url),
	{ 0 },
};

static const struct integration_kind kinds[] = {
	{ .name = "chat", .settings_size = sizeof(struct fake_settings), .fields = fake_fields },
	{ .name = "hook", .settings_size = sizeof(struct fake_settings), .fields = fake_fields },
	{ .name = "mail", .settings_size = sizeof(struct fake_settings), .fields = fake_fields },
};

struct builder {
	struct config *c;
	struct wall start;
	struct route *path[16];	/* the last route of each level */
	struct err *e;
};

bool
fake_config_line(struct str line)
{
	static const char *const words[] = { "receiver ", "route ", "inhibit ", "interval ", "silence " };
	struct str s = str_trim(line);

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_starts(s, str_from(words[i])))
			return true;
	return false;
}

struct str
fake_word(struct str *rest)
{
	struct str s = str_trim(*rest);
	size_t i = 0;
	int depth = 0;
	bool quoted = false;

	for (; i < s.n; i++) {
		char c = s.p[i];

		if (c == '"')
			quoted = !quoted;
		if (quoted)
			continue;
		if (c == '#')
			break;
		if (c == '[' || c == '{')
			depth++;
		if (c == ']' || c == '}')
			depth--;
		if ((c == ' ' || c == '\t') && depth == 0)
			break;
	}
	*rest = i < s.n && s.p[i] == '#' ? STR_NONE : str_sub(s, i, s.n);
	return str_sub(s, 0, i);
}

struct str
fake_item(struct str *rest)
{
	struct str s = *rest, item;
	size_t end;

	if (s.n > 0 && s.p[0] == '[')
		s = str_sub(s, 1, s.n - 1);
	end = str_chr(s, ',');
	item = str_trim(str_sub(s, 0, end));
	*rest = str_sub(s, end + 1, s.n);
	return item;
}

/* If word is KEY=VALUE: the value. */
static bool
value_of(struct str word, const char *key, struct str *out)
{
	size_t n = strlen(key);

	if (!str_starts(word, str_from(key)) || word.n <= n || word.p[n] != '=')
		return false;
	*out = str_sub(word, n + 1, word.n);
	return true;
}

static void *
grow(struct builder *b, void *old, size_t n, size_t size)
{
	return arena_grow(b->c->arena, old, n, n + 1, size);
}

static bool
read_receiver(struct builder *b, struct str rest)
{
	struct config *c = b->c;
	struct receiver *r;
	struct str word;

	if (c->receivers_n == MAX_RECEIVERS)
		return err_set(b->e, ERR_LIMIT, "too many receivers");
	r = &c->receivers[c->receivers_n];
	*r = (struct receiver){ .name = arena_str(c->arena, fake_word(&rest)), .index = c->receivers_n };
	r->labels = labels_new(&(struct label_pair){ STR("name"), r->name }, 1);
	(void)names_add(&c->receiver_names, c->arena, r->name, c->receivers_n);
	c->receivers_n++;
	while ((word = fake_word(&rest)).n > 0) {
		struct fake_settings *s = ARENA_NEW(c->arena, struct fake_settings);
		size_t at = str_chr(word, '@');
		struct str name = str_sub(word, 0, at);
		const struct integration_kind *kind = NULL;
		size_t index = 0;

		s->common.send_resolved = !str_ends(name, STR("!"));
		if (!s->common.send_resolved)
			name = str_sub(name, 0, name.n - 1);
		s->url = arena_str(c->arena, str_sub(word, at + 1, word.n));
		for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
			if (str_is(name, kinds[i].name))
				kind = &kinds[i];
		if (kind == NULL)
			return err_set(b->e, ERR_INVALID, "no such kind: %.*s", STR_ARG(name));
		for (size_t i = 0; i < r->n; i++)
			index += r->integrations[i].kind == kind;
		r->integrations = grow(b, r->integrations, r->n, sizeof(r->integrations[0]));
		r->integrations[r->n] = (struct integration){
			.kind = kind, .settings = s, .index = index, .ordinal = r->n };
		r->n++;
	}
	return true;
}

static bool
read_names(struct builder *b, struct str list, struct str **out, size_t *n_out)
{
	struct str item;

	*n_out = 0;
	*out = ARENA_ARRAY(b->c->arena, list.n, struct str);
	while ((item = fake_item(&list)).n > 0)
		(*out)[(*n_out)++] = arena_str(b->c->arena, item);
	qsort(*out, *n_out, sizeof(**out), str_qsort);
	return true;
}

static bool
read_intervals(struct builder *b, struct str list, const struct time_interval ***out, size_t *n_out)
{
	struct str item;

	*n_out = 0;
	*out = ARENA_ARRAY(b->c->arena, list.n, const struct time_interval *);
	while ((item = fake_item(&list)).n > 0) {
		size_t i = 0;

		while (i < b->c->time_intervals_n && !str_eq(b->c->time_intervals[i].name, item))
			i++;
		if (i == b->c->time_intervals_n)
			return err_set(b->e, ERR_INVALID, "no such interval: %.*s", STR_ARG(item));
		(*out)[(*n_out)++] = &b->c->time_intervals[i];
	}
	return true;
}

static bool
read_matchers(struct builder *b, struct str s, struct matchers *out)
{
	if (!matchers_parse(s, MATCHER_UTF8, NULL, out, b->e))
		return false;
	matchers_sort(out);
	return true;
}

static bool
read_route_word(struct builder *b, struct route *r, struct str word)
{
	struct str v;

	if (value_of(word, "receiver", &v)) {
		for (size_t i = 0; i < b->c->receivers_n; i++)
			if (str_eq(b->c->receivers[i].name, v)) {
				r->receiver = &b->c->receivers[i];
				r->receiver->used = true;
				return true;
			}
		return err_set(b->e, ERR_INVALID, "no such receiver: %.*s", STR_ARG(v));
	}
	if (value_of(word, "by", &v)) {
		r->group_by_all = str_is(v, "[...]");
		r->group_by_n = 0;
		return r->group_by_all || read_names(b, v, &r->group_by, &r->group_by_n);
	}
	if (value_of(word, "match", &v))
		return read_matchers(b, v, &r->matchers);
	if (value_of(word, "wait", &v))
		return duration_parse(v, &r->group_wait, b->e);
	if (value_of(word, "interval", &v))
		return duration_parse(v, &r->group_interval, b->e);
	if (value_of(word, "repeat", &v))
		return duration_parse(v, &r->repeat_interval, b->e);
	if (value_of(word, "mute", &v))
		return read_intervals(b, v, &r->mute, &r->mute_n);
	if (value_of(word, "active", &v))
		return read_intervals(b, v, &r->active, &r->active_n);
	if (str_is(word, "continue"))
		return r->continue_ = true;
	return err_set(b->e, ERR_INVALID, "no such key of a route: %.*s", STR_ARG(word));
}

/* Keys come last: the matchers must be known. */
static void
name_route(struct builder *b, struct route *r)
{
	struct sbuf m = SBUF_INIT(SBUF_UNLIMITED);
	struct route *up = r->parent;

	if (up == NULL) {
		r->key = r->id = STR("{}");
		b->c->route = r;
		return;
	}
	matchers_format(&r->matchers, &m);
	r->key = arena_printf(b->c->arena, "%.*s/%s", STR_ARG(up->key), sbuf_cstr(&m));
	r->id = arena_printf(b->c->arena, "%.*s/%s/%zu", STR_ARG(up->id), sbuf_cstr(&m), up->routes_n);
	sbuf_fini(&m);
	up->routes = grow(b, up->routes, up->routes_n, sizeof(up->routes[0]));
	up->routes[up->routes_n++] = r;
}

static bool
read_route(struct builder *b, size_t level, struct str rest)
{
	struct route *r = ARENA_NEW(b->c->arena, struct route);
	struct str word;
	bool ok = true;

	if (level >= ARRAY_LEN(b->path) || (level > 0 && b->path[level - 1] == NULL))
		return err_set(b->e, ERR_INVALID, "a route without parent");
	*r = (struct route){ .group_wait = 30 * SPAN_S, .group_interval = 5 * SPAN_MIN,
		.repeat_interval = 4 * SPAN_HOUR };
	if (level > 0) {
		struct route *up = b->path[level - 1];

		*r = (struct route){ .parent = up, .receiver = up->receiver, .group_by = up->group_by,
			.group_by_n = up->group_by_n, .group_by_all = up->group_by_all,
			.group_wait = up->group_wait, .group_interval = up->group_interval,
			.repeat_interval = up->repeat_interval };
	}
	r->index = b->c->routes_n++;
	while (ok && (word = fake_word(&rest)).n > 0)
		ok = read_route_word(b, r, word);
	name_route(b, r);
	b->path[level] = r;
	return ok;
}

static bool
read_inhibit(struct builder *b, struct str rest)
{
	struct config *c = b->c;
	struct inhibit_rule *r;
	struct str word, v;
	bool ok = true;

	c->inhibit_rules = grow(b, c->inhibit_rules, c->inhibit_rules_n, sizeof(c->inhibit_rules[0]));
	r = &c->inhibit_rules[c->inhibit_rules_n++];
	*r = (struct inhibit_rule){ 0 };
	while (ok && (word = fake_word(&rest)).n > 0) {
		if (value_of(word, "source", &v))
			ok = read_matchers(b, v, &r->source);
		else if (value_of(word, "target", &v))
			ok = read_matchers(b, v, &r->target);
		else if (value_of(word, "equal", &v))
			ok = read_names(b, v, &r->equal, &r->equal_n);
		else
			ok = err_set(b->e, ERR_INVALID, "no such key of a rule: %.*s", STR_ARG(word));
	}
	return ok;
}

static bool
read_interval(struct builder *b, struct str rest)
{
	struct config *c = b->c;
	struct interval *in = ARENA_NEW(c->arena, struct interval);
	struct time_interval *ti;
	struct str word;

	if (c->time_intervals == NULL)
		c->time_intervals = ARENA_ARRAY(c->arena, MAX_INTERVALS, struct time_interval);
	if (c->time_intervals_n == MAX_INTERVALS)
		return err_set(b->e, ERR_LIMIT, "too many intervals");
	ti = &c->time_intervals[c->time_intervals_n++];
	*ti = (struct time_interval){ .name = arena_str(c->arena, fake_word(&rest)), .intervals = in, .n = 1 };
	while ((word = fake_word(&rest)).n > 0) {
		struct interval_ranges *to = word.p[0] >= '0' && word.p[0] <= '9' ? &in->times : &in->weekdays;
		size_t dash = str_chr(word, '-');

		to->present = true;
		to->r = ARENA_NEW(c->arena, struct interval_range);
		to->n = 1;
		if (to == &in->times && !interval_parse_times(str_sub(word, 0, dash),
		    str_sub(word, dash + 1, word.n), to->r, b->e))
			return false;
		if (to == &in->weekdays && !interval_parse_weekdays(word, to->r, b->e))
			return false;
	}
	return true;
}

static bool
read_silence(struct builder *b, struct str rest)
{
	struct config *c = b->c;
	struct silence *s = silence_new();
	struct str id = fake_word(&rest), matchers = fake_word(&rest);
	span length;

	c->silences = grow(b, c->silences, c->silences_n, sizeof(c->silences[0]));
	c->silences[c->silences_n++] = s;
	snprintf(s->id, sizeof(s->id), "%.*s", STR_ARG(id));
	silence_add_set(s);
	s->source = istr_get(STR("rules.yml"));
	s->starts = s->updated = b->start;
	if (!str_is(fake_word(&rest), "for") || !duration_parse(fake_word(&rest), &length, b->e))
		return err_set(b->e, ERR_INVALID, "silence ID MATCHERS for LENGTH");
	s->ends = wall_add(b->start, length);
	return matchers_parse(matchers, MATCHER_UTF8, NULL, &s->sets[0], b->e);
}

static bool
read_line(struct builder *b, struct str line)
{
	size_t level = 0;
	struct str rest = line, word;

	while (str_starts(str_sub(line, 2 * level, line.n), STR("  ")))
		level++;
	word = fake_word(&rest);
	if (word.n == 0)
		return true;
	if (str_is(word, "receiver"))
		return read_receiver(b, rest);
	if (str_is(word, "route"))
		return read_route(b, level, rest);
	if (str_is(word, "inhibit"))
		return read_inhibit(b, rest);
	if (str_is(word, "interval"))
		return read_interval(b, rest);
	if (str_is(word, "silence"))
		return read_silence(b, rest);
	return err_set(b->e, ERR_INVALID, "no such line: %.*s", STR_ARG(line));
}

/* As config/route_build.c: children before their parents. */
static void
rank_routes(struct route *r, size_t *done)
{
	for (size_t i = 0; i < r->routes_n; i++)
		rank_routes(r->routes[i], done);
	r->rank = (*done)++;
}

struct config *
fake_config(struct str text, struct wall start, struct err *e)
{
	struct builder b = { .c = NEW(struct config), .start = start, .e = e };
	bool ok = true;
	size_t ranked = 0;

	b.c->refs = 1;
	b.c->arena = arena_new();
	/* Routes point into the array: it must not move. */
	b.c->receivers = ARENA_ARRAY(b.c->arena, MAX_RECEIVERS, struct receiver);
	for (size_t at = 0; ok && at < text.n;) {
		size_t n = str_chr(str_sub(text, at, text.n), '\n');

		ok = read_line(&b, str_sub(text, at, at + n));
		at += n + 1;
	}
	if (ok && (b.c->route == NULL || b.c->route->receiver == NULL))
		ok = err_set(e, ERR_INVALID, "no route");
	if (ok) {
		rank_routes(b.c->route, &ranked);
		return b.c;
	}
	config_unref(b.c);
	return NULL;
}

struct config *
config_ref(struct config *c)
{
	c->refs++;
	return c;
}

static void
free_routes(struct route *r)
{
	for (size_t i = 0; i < r->routes_n; i++)
		free_routes(r->routes[i]);
	matchers_fini(&r->matchers);
}

void
config_unref(struct config *c)
{
	struct arena *a;

	if (c == NULL || --c->refs > 0)
		return;
	if (c->route != NULL)
		free_routes(c->route);
	for (size_t i = 0; i < c->inhibit_rules_n; i++) {
		matchers_fini(&c->inhibit_rules[i].source);
		matchers_fini(&c->inhibit_rules[i].target);
	}
	for (size_t i = 0; i < c->receivers_n; i++)
		labels_unref(c->receivers[i].labels);
	for (size_t i = 0; i < c->silences_n; i++)
		silence_unref(c->silences[i]);
	names_fini(&c->receiver_names);
	names_fini(&c->gateway_names);
	a = c->arena;
	mem_free(c);
	arena_free(&a);
}
