/* SPDX-License-Identifier: Apache-2.0 */
#include "brief_rows.h"

#include <stdlib.h>

/* Markup of an alert and of a section, in both parts of a mail. */
#define ROW_BYTES 540
#define SECTION_BYTES 480
/* Sections that a message may have with one alert each; with more, each has two in the mean. */
#define SECTIONS_FEW 8
/* Sections that are named although there is no room for any alert of theirs. */
#define SECTIONS_NAMED 6

/* One alert of the list: what it has besides what it shares with the others and with its section. */
struct row_view {
	struct value firing, severity, word, name, labels, summary, description, notes, starts, ends, links, url;
};

static const struct value_field row_fields[] = {
	VIEW_FIELD(row_view, firing, "Firing", NULL),
	VIEW_FIELD(row_view, severity, "Severity", NULL),
	VIEW_FIELD(row_view, word, "Word", NULL),
	VIEW_FIELD(row_view, name, "Name", NULL),
	VIEW_FIELD(row_view, labels, "Labels", NULL),
	VIEW_FIELD(row_view, summary, "Summary", NULL),
	VIEW_FIELD(row_view, description, "Description", NULL),
	VIEW_FIELD(row_view, notes, "Notes", NULL),
	VIEW_FIELD(row_view, starts, "StartsAt", NULL),
	VIEW_FIELD(row_view, ends, "EndsAt", NULL),
	VIEW_FIELD(row_view, links, "Links", NULL),
	VIEW_FIELD(row_view, url, "URL", NULL),
};

static const struct value_type row_type = {
	.name = "template.Row", .kind = V_STRUCT, .fields = row_fields, .fields_n = ARRAY_LEN(row_fields),
};
static const struct value_type rows_type = { .name = "[]template.Row", .kind = V_LIST, .elem = &row_type };

struct section_view {
	struct value severity, word, labels, count, rows;
};

static const struct value_field section_fields[] = {
	VIEW_FIELD(section_view, severity, "Severity", NULL),
	VIEW_FIELD(section_view, word, "Word", NULL),
	VIEW_FIELD(section_view, labels, "Labels", NULL),
	VIEW_FIELD(section_view, count, "Count", NULL),
	VIEW_FIELD(section_view, rows, "Rows", NULL),
};

static const struct value_type section_type = {
	.name = "template.Section", .kind = V_STRUCT, .fields = section_fields, .fields_n = ARRAY_LEN(section_fields),
};
static const struct value_type sections_type = { .name = "[]template.Section", .kind = V_LIST, .elem = &section_type };

/* The labels that part sections, in the order of a heading: the severity stands between these. */
#define SERVICE STR("service")
#define RESOURCE STR("resource")

static struct str
text_in(struct value kv, struct str name)
{
	const struct value *v = value_map_find(kv, name);

	return v != NULL ? v->u.s : STR_NONE;
}

static int
item_cmp(const void *a, const void *b)
{
	const struct brief_item *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* The order of sections: by how bad, then by name. */
static int
section_cmp(const void *a, const void *b)
{
	const struct brief_item *x = a, *y = b;
	int c;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	c = str_cmp(x->word, y->word);
	if (c == 0)
		c = str_cmp(x->service, y->service);
	if (c == 0)
		c = str_cmp(x->resource, y->resource);
	return c != 0 ? c : item_cmp(a, b);
}

struct brief_item *
brief_items(const struct data_view *d, const char *status, size_t *n, struct arena *a)
{
	size_t all = d->alerts.u.list.n;
	struct brief_item *items = ARENA_ARRAY(a, all + 1, struct brief_item);

	*n = 0;
	for (size_t i = 0; i < all; i++) {
		const struct alert_view *v = d->alerts.u.list.items[i].u.object;
		struct str word;

		if (!str_is(v->status.u.s, status))
			continue;
		word = text_in(v->labels, d->ui->severity.label);
		items[(*n)++] = (struct brief_item){ v, word, text_in(v->labels, SERVICE), text_in(v->labels, RESOURCE),
			ui_severity_rank(&d->ui->severity, word), i };
	}
	if (*n > 1)
		qsort(items, *n, sizeof(*items), item_cmp);
	return items;
}

struct str
brief_severity(const struct data_view *d, size_t rank)
{
	static const char *const words[SEVERITIES] = { "critical", "warning", "info", "other" };

	return str_from(words[ui_severity_class(&d->ui->severity, rank)]);
}

/* The labels by which a list is parted. */
struct parting {
	bool service, severity, resource;
};

static bool
same_section(const struct parting *p, const struct brief_item *x, const struct brief_item *y)
{
	if (p->severity && !str_eq(x->word, y->word))
		return false;
	if (p->service && !str_eq(x->service, y->service))
		return false;
	return !p->resource || str_eq(x->resource, y->resource);
}

static bool
is_common(const struct data_view *d, struct str name)
{
	return value_map_find(d->common_labels, name) != NULL;
}

/* Whether the items, in the order of sections, are parted into few enough. */
static bool
suits(const struct parting *p, const struct brief_item *items, size_t n)
{
	size_t sections = 1;

	for (size_t i = 1; i < n; i++)
		sections += !same_section(p, &items[i - 1], &items[i]);
	return sections <= SECTIONS_FEW || sections <= n / 2;
}

/* By all three labels, or by fewer when most sections were one alert; sorts the items to it. */
static struct parting
choose_parting(const struct brief_rows *r, struct brief_item *items, size_t n)
{
	struct parting p = { !is_common(r->d, SERVICE), !is_common(r->d, r->d->ui->severity.label), !is_common(r->d, RESOURCE) };

	if (n > 1)
		qsort(items, n, sizeof(*items), section_cmp);
	if (!suits(&p, items, n))
		p.resource = false;
	if (!suits(&p, items, n))
		p.service = false;
	if (!suits(&p, items, n))
		p.severity = false;
	if (!p.service && !p.resource && n > 1)
		qsort(items, n, sizeof(*items), item_cmp);
	return p;
}

/* Labels that stand elsewhere are left out. */
struct keeping {
	const struct brief_rows *r;
	const struct parting *parting;
	struct str severity;	/* the label's name */
	bool in_heading;	/* those of the section are asked for, else those of an alert */
};

static bool
keeps(const void *arg, struct str name, struct str value)
{
	const struct keeping *k = arg;
	bool parts = (k->parting->service && str_eq(name, SERVICE)) || (k->parting->resource && str_eq(name, RESOURCE));

	(void)value;
	if (k->in_heading)
		return parts;
	return !parts && !str_eq(name, k->severity) && !str_is(name, "alertname") && !is_common(k->r->d, name);
}

static struct value
row_links(const struct brief_rows *r, const struct alert_view *v, struct value links)
{
	return r->one_source ? links : brief_link_add(links, STR("source"), v->generator_url.u.s, r->limits, r->arena);
}

/* The row of an alert, and in *cost what it takes. */
static struct value
row_of(const struct brief_rows *r, const struct parting *p, const struct brief_item *item, size_t *cost)
{
	const struct alert_view *v = item->alert;
	struct keeping k = { .r = r, .parting = p, .severity = r->d->ui->severity.label };
	struct brief_texts t = brief_texts(v->annotations, &r->d->common_annotations, r->limits, r->arena);
	struct row_view *row = ARENA_NEW(r->arena, struct row_view);
	bool says_severity = !p->severity && !is_common(r->d, k.severity);
	struct str name = text_in(v->labels, STR("alertname"));

	row->firing = value_bool(str_is(v->status.u.s, "firing"));
	row->severity = value_str(brief_severity(r->d, item->rank));
	row->word = value_str(says_severity ? brief_cut(item->word, r->limits->name, r->arena) : STR_NONE);
	row->labels = brief_labels(v->labels, keeps, &k, r->limits, r->arena);
	/* One that is in all names it where nothing else does. */
	if (is_common(r->d, STR("alertname")) && row->labels.u.list.n > 0)
		name = STR_NONE;
	row->name = value_str(brief_cut(name, r->limits->value, r->arena));
	row->summary = value_str(t.summary);
	row->description = t.description;
	row->notes = t.notes;
	row->starts = v->starts;
	row->ends = v->ends;
	row->links = row_links(r, v, t.links);
	row->url = value_str(arena_printf(r->arena, "%.*s/#/alert/%.*s", STR_ARG(r->d->external_url.u.s),
	    STR_ARG(v->fingerprint.u.s)));
	*cost = ROW_BYTES + brief_cost(row->name.u.s) + brief_cost(t.summary) + brief_cost_of(row->labels) +
	    brief_cost_of(t.description) + brief_cost_of(t.notes) + brief_cost_of(row->links) + brief_cost(row->url.u.s);
	return value_object(&row_type, row);
}

/* The heading of the section that begins with `first`. */
static struct section_view *
section_of(const struct brief_rows *r, const struct parting *p, const struct brief_item *first, size_t *cost)
{
	struct section_view *s = ARENA_NEW(r->arena, struct section_view);
	struct keeping k = { .r = r, .parting = p, .severity = r->d->ui->severity.label, .in_heading = true };

	s->severity = value_str(p->severity ? brief_severity(r->d, first->rank) : STR_NONE);
	s->word = value_str(p->severity ? brief_cut(first->word, r->limits->name, r->arena) : STR_NONE);
	s->labels = brief_labels(first->alert->labels, keeps, &k, r->limits, r->arena);
	*cost = SECTION_BYTES + brief_cost_of(s->labels);
	return s;
}

/* As many of the section's alerts as there is room for, from items on. */
static struct value
rows_of(const struct brief_rows *r, const struct parting *p, const struct brief_item *items, size_t n, size_t *room)
{
	struct value *rows = ARENA_ARRAY(r->arena, n + 1, struct value);
	size_t listed = 0, cost;

	for (; listed < n; listed++) {
		rows[listed] = row_of(r, p, &items[listed], &cost);
		if (cost > *room)
			break;
		*room -= cost;
	}
	return value_list(&rows_type, rows, listed);
}

struct value
brief_sections(const struct brief_rows *r, struct brief_item *items, size_t n, size_t *room, size_t *more)
{
	struct parting p = choose_parting(r, items, n);
	struct value *sections = ARENA_ARRAY(r->arena, n + 1, struct value);
	size_t sections_n = 0, listed = 0, named = 0, end;

	for (size_t at = 0; at < n && named < SECTIONS_NAMED; at = end) {
		size_t cost;
		struct section_view *s = section_of(r, &p, &items[at], &cost);

		for (end = at; end < n && same_section(&p, &items[at], &items[end]);)
			end++;
		/* The next are no better than those that there was no room for. */
		if (cost > *room || listed < at)
			*room = 0;
		else
			*room -= cost;
		s->count = value_int((int64_t)(end - at));
		s->rows = rows_of(r, &p, &items[at], end - at, room);
		listed += s->rows.u.list.n;
		named += s->rows.u.list.n == 0;
		if (s->labels.u.list.n > 0 || s->severity.u.s.n > 0 || s->rows.u.list.n > 0)
			sections[sections_n++] = value_object(&section_type, s);
	}
	*more = n - listed;
	return value_list(&sections_type, sections, sections_n);
}
