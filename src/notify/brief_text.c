/* SPDX-License-Identifier: Apache-2.0 */
#include "brief_text.h"

#include <string.h>

#include "base/ascii.h"
#include "base/sbuf.h"
#include "base/utf8.h"

#define ELLIPSIS "\xe2\x80\xa6"

/* An address with its name: the kind ("runbook" of runbook_url), which templates translate, and how else it is called. */
struct link_view {
	struct value kind, title, url;
};

static const struct value_field link_fields[] = {
	{ .name = "Kind", .offset = offsetof(struct link_view, kind) },
	{ .name = "Title", .offset = offsetof(struct link_view, title) },
	{ .name = "URL", .offset = offsetof(struct link_view, url) },
};

static const struct value_type link_type = {
	.name = "template.Link", .kind = V_STRUCT, .fields = link_fields, .fields_n = ARRAY_LEN(link_fields),
};
static const struct value_type links_type = { .name = "[]template.Link", .kind = V_LIST, .elem = &link_type };

/* An annotation that is neither summary nor description nor an address. */
struct note_view {
	struct value name, lines;
};

static const struct value_field note_fields[] = {
	{ .name = "Name", .offset = offsetof(struct note_view, name) },
	{ .name = "Lines", .offset = offsetof(struct note_view, lines) },
};

static const struct value_type note_type = {
	.name = "template.Note", .kind = V_STRUCT, .fields = note_fields, .fields_n = ARRAY_LEN(note_fields),
};
static const struct value_type notes_type = { .name = "[]template.Note", .kind = V_LIST, .elem = &note_type };

struct brief_limits
brief_limits(unsigned brevity, bool common)
{
	struct brief_limits l = common ?
	    (struct brief_limits){ 100, 300, 40, 300, 4000, 60, 1000, 16, 1500, 6 } :
	    (struct brief_limits){ 100, 200, 24, 300, 1500, 24, 500, 8, 1000, 4 };
	size_t *bytes[] = { &l.name, &l.value, &l.summary, &l.text, &l.note, &l.url, &l.labels_n, &l.notes_n, &l.lines_n };

	for (size_t i = 0; i < ARRAY_LEN(bytes); i++)
		*bytes[i] >>= brevity;
	return l;
}

struct str
brief_cut(struct str s, size_t max, struct arena *a)
{
	size_t keep;

	if (s.n <= max)
		return s;
	keep = max >= sizeof(ELLIPSIS) - 1 ? utf8_fit(s, max - (sizeof(ELLIPSIS) - 1)) : 0;
	return arena_printf(a, "%.*s" ELLIPSIS, (int)keep, s.p);
}

static bool
is_address(struct str s)
{
	if (!str_starts(s, STR("https://")) && !str_starts(s, STR("http://")))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

/* The line that s begins with, without blanks at its ends; *s becomes what follows. */
static struct str
take_line(struct str *s)
{
	size_t end = str_chr(*s, '\n');
	struct str line = str_sub(*s, 0, end);

	*s = str_sub(*s, end < s->n ? end + 1 : end, s->n);
	return line;
}

/* Empty lines at the beginning and the end are left out. */
static struct value
lines_of(struct str s, size_t max, const struct brief_limits *l, struct arena *a)
{
	struct value *items = ARENA_ARRAY(a, l->lines_n + 1, struct value);
	size_t n = 0;

	s = brief_cut(str_trim(s), max, a);
	while (s.n > 0 && n < l->lines_n)
		items[n++] = value_str(take_line(&s));
	if (s.n > 0)
		items[n++] = value_str(STR(ELLIPSIS));
	return value_list(&type_string_list, items, n);
}

/* "runbook" of runbook_url, dashboardURL and Runbook. */
static struct str
link_kind(struct str name, const struct brief_limits *l, struct arena *a)
{
	static const char *const endings[] = { "_url", "_link", "URL", "Url", "url" };
	struct str s = name;
	char *p;

	for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
		struct str ending = str_from(endings[i]);

		if (s.n > ending.n && str_ends(s, ending)) {
			s = str_sub(s, 0, s.n - ending.n);
			break;
		}
	}
	s = brief_cut(s, l->name, a);
	p = arena_alloc(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		p[i] = s.p[i] == '_' || s.p[i] == '-' ? ' ' : ascii_lower(s.p[i]);
	return (struct str){ p, s.n };
}

static struct str
link_title(struct str kind, struct arena *a)
{
	char *p = arena_alloc(a, kind.n + 1);

	memcpy(p, kind.p, kind.n);
	if (kind.n > 0 && p[0] >= 'a' && p[0] <= 'z')
		p[0] = (char)(p[0] - 'a' + 'A');
	return (struct str){ p, kind.n };
}

struct value
brief_link_add(struct value links, struct str name, struct str url, const struct brief_limits *l, struct arena *a)
{
	size_t n = links.type != NULL ? links.u.list.n : 0;
	struct value *items = ARENA_ARRAY(a, n + 1, struct value);
	struct link_view *v;
	struct str kind;

	if (n > 0)
		memcpy(items, links.u.list.items, n * sizeof(*items));
	if (is_address(url) && url.n <= l->url && n < l->links_n) {
		kind = link_kind(name, l, a);
		v = ARENA_NEW(a, struct link_view);
		*v = (struct link_view){ value_str(kind), value_str(link_title(kind, a)), value_str(url) };
		items[n++] = value_object(&link_type, v);
	}
	return value_list(&links_type, items, n);
}

static bool
is_same(const struct value *kv, const struct value_entry *e)
{
	const struct value *other = kv != NULL ? value_map_find(*kv, e->key) : NULL;

	return other != NULL && str_eq(other->u.s, e->value.u.s);
}

/* The names under which texts are known, the first first. */
static const char *const summary_names[] = { "summary", "title", "message" };
static const char *const description_names[] = { "description", "message" };

static const struct value_entry *
find_text(struct value annotations, const struct value *without, const char *const *names, size_t n,
    const struct value_entry *but)
{
	for (size_t i = 0; i < n; i++) {
		struct str name = str_from(names[i]);

		for (size_t k = 0; k < annotations.u.map.n; k++) {
			const struct value_entry *e = &annotations.u.map.entries[k];

			if (str_eq(e->key, name) && e != but && str_trim(e->value.u.s).n > 0 && !is_same(without, e))
				return e;
		}
	}
	return NULL;
}

/* All annotations but two: addresses become links, and others notes. */
static void
sort_rest(struct value annotations, const struct value *without, const struct value_entry *const but[2],
    const struct brief_limits *l, struct brief_texts *t, struct arena *a)
{
	size_t all = annotations.u.map.n, n = 0;
	struct value *notes = ARENA_ARRAY(a, l->notes_n + 1, struct value);

	for (size_t i = 0; i < all; i++) {
		const struct value_entry *e = &annotations.u.map.entries[i];
		struct str value = str_trim(e->value.u.s);

		if (e == but[0] || e == but[1] || value.n == 0 || is_same(without, e))
			continue;
		if (is_address(value) && value.n <= l->url && t->links.u.list.n < l->links_n) {
			t->links = brief_link_add(t->links, e->key, value, l, a);
		} else if (n < l->notes_n) {
			struct note_view *v = ARENA_NEW(a, struct note_view);

			*v = (struct note_view){ value_str(brief_cut(e->key, l->name, a)), lines_of(value, l->note, l, a) };
			notes[n++] = value_object(&note_type, v);
		}
	}
	t->notes = value_list(&notes_type, notes, n);
}

struct brief_texts
brief_texts(struct value annotations, const struct value *without, const struct brief_limits *l, struct arena *a)
{
	const struct value_entry *used[2];
	struct brief_texts t = { .links = value_list(&links_type, NULL, 0) };
	struct str summary, rest;

	used[0] = find_text(annotations, without, summary_names, ARRAY_LEN(summary_names), NULL);
	used[1] = find_text(annotations, without, description_names, ARRAY_LEN(description_names), used[0]);
	/* A description alone says it in its first line. */
	if (used[0] == NULL) {
		used[0] = used[1];
		used[1] = NULL;
	}
	rest = used[0] != NULL ? str_trim(used[0]->value.u.s) : STR_NONE;
	summary = take_line(&rest);
	t.summary = brief_cut(str_trim(summary), l->summary, a);
	/* The second text, unless the first one goes on. */
	if (used[1] != NULL && rest.n > 0)
		rest = arena_printf(a, "%.*s\n%.*s", STR_ARG(rest), STR_ARG(used[1]->value.u.s));
	else if (used[1] != NULL)
		rest = used[1]->value.u.s;
	if (t.summary.n < str_trim(summary).n)
		rest = arena_printf(a, "%.*s\n%.*s", STR_ARG(summary), STR_ARG(rest));
	t.description = lines_of(rest, l->text, l, a);
	sort_rest(annotations, without, used, l, &t, a);
	return t;
}

struct value
brief_labels(struct value labels, bool (*keep)(const void *arg, struct str name, struct str value), const void *arg,
    const struct brief_limits *l, struct arena *a)
{
	size_t all = labels.u.map.n, n = 0;
	struct str *names = ARENA_ARRAY(a, all + 1, struct str), *values = ARENA_ARRAY(a, all + 1, struct str);

	for (size_t i = 0; i < all && n < l->labels_n; i++) {
		const struct value_entry *e = &labels.u.map.entries[i];

		if (!keep(arg, e->key, e->value.u.s))
			continue;
		names[n] = brief_cut(e->key, l->name, a);
		values[n++] = brief_cut(e->value.u.s, l->value, a);
	}
	return value_sorted_pairs(a, value_kv(a, names, values, n));
}

size_t
brief_cost(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		/* =XX in both; &#34; or itself. */
		n += c >= 0x80 || c == '=' ? 6 : c != '\0' && strchr("\"'&<>+", c) != NULL ? 6 : 2;
	}
	/* Lines of 76 columns are broken. */
	return n + n / 20;
}

/* In both parts: <br> and the margin; the elements of a pair; those of a link. */
#define LINE_MARKUP 10
#define PAIR_MARKUP 75
#define LINK_MARKUP 70

size_t
brief_cost_of(struct value list)
{
	size_t n = 0;

	for (size_t i = 0; i < list.u.list.n; i++) {
		struct value item = list.u.list.items[i], name, value;

		if (list.type == &type_string_list) {
			n += LINE_MARKUP + brief_cost(item.u.s);
		} else if (list.type == &links_type) {
			const struct link_view *v = item.u.object;

			n += LINK_MARKUP + brief_cost(v->title.u.s) + brief_cost(v->url.u.s);
		} else if (list.type == &notes_type) {
			const struct note_view *v = item.u.object;

			n += PAIR_MARKUP + brief_cost(v->name.u.s) + brief_cost_of(v->lines);
		} else if (value_field(item, "Name", NULL, &name) && value_field(item, "Value", NULL, &value)) {
			n += PAIR_MARKUP + brief_cost(name.u.s) + brief_cost(value.u.s);
		}
	}
	return n;
}
