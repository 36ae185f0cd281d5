/* SPDX-License-Identifier: Apache-2.0 */
#include "brief.h"

#include "base/quote.h"
#include "base/sbuf.h"
#include "brief_rows.h"
#include "model/labels.h"
#include "text/url.h"

struct brief_view {
	struct value firing, resolved, severity, word;
	struct value headline, others, description, notes, common, links;
	struct value starts, ends;
	struct value url, silence_url;
	struct value sections, more, ended, more_ended;
};

static const struct value_field brief_fields[] = {
	/* Numbers of alerts. */
	VIEW_FIELD(brief_view, firing, "Firing", NULL),
	VIEW_FIELD(brief_view, resolved, "Resolved", NULL),
	/* The worst that fires, or that did: its class and its own word for it. */
	VIEW_FIELD(brief_view, severity, "Severity", NULL),
	VIEW_FIELD(brief_view, word, "Word", NULL),
	/* One line, and the number of alerts that it does not speak of. */
	VIEW_FIELD(brief_view, headline, "Headline", NULL),
	VIEW_FIELD(brief_view, others, "Others", NULL),
	VIEW_FIELD(brief_view, description, "Description", NULL),
	VIEW_FIELD(brief_view, notes, "Notes", NULL),
	VIEW_FIELD(brief_view, common, "Common", NULL),
	VIEW_FIELD(brief_view, links, "Links", NULL),
	/* When the first that the headline is about began, and, when nothing fires any more, the last ended. */
	VIEW_FIELD(brief_view, starts, "StartsAt", NULL),
	VIEW_FIELD(brief_view, ends, "EndsAt", NULL),
	/* Pages: where it is acknowledged, and where it is silenced. */
	VIEW_FIELD(brief_view, url, "URL", NULL),
	VIEW_FIELD(brief_view, silence_url, "SilenceURL", NULL),
	/* Alerts that fire and that ended; those that there was no room for. None is listed where one is all. */
	VIEW_FIELD(brief_view, sections, "Sections", NULL),
	VIEW_FIELD(brief_view, more, "More", NULL),
	VIEW_FIELD(brief_view, ended, "Ended", NULL),
	VIEW_FIELD(brief_view, more_ended, "MoreEnded", NULL),
};

const struct value_type brief_type = {
	.name = "template.Brief", .kind = V_STRUCT, .fields = brief_fields, .fields_n = ARRAY_LEN(brief_fields),
};

/* A longer address is not for mail; a filter by fewer labels is. */
#define FILTER_MAX ((size_t)1500)

static bool
put_filter(struct sbuf *b, struct value labels)
{
	struct sbuf filter = SBUF_INIT(4 * FILTER_MAX);

	for (size_t i = 0; i < labels.u.map.n; i++) {
		const struct value_entry *e = &labels.u.map.entries[i];

		sbuf_puts(&filter, i > 0 ? ", " : "{");
		if (label_name_valid(e->key, NAMING_CLASSIC))
			sbuf_str(&filter, e->key);
		else
			quote_go(&filter, e->key);
		sbuf_putc(&filter, '=');
		quote_go(&filter, e->value.u.s);
	}
	sbuf_putc(&filter, '}');
	if (labels.u.map.n > 0)
		url_query_escape(b, sbuf_get(&filter));
	sbuf_fini(&filter);
	return labels.u.map.n > 0 && b->n <= FILTER_MAX;
}

/* The form of a silence for what all alerts have in common. */
static struct str
silence_url(const struct data_view *d, struct arena *a)
{
	const struct value *const choices[] = { &d->common_labels, &d->group_labels };
	struct str out = arena_printf(a, "%.*s/#/silences/new", STR_ARG(d->external_url.u.s));

	for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
		struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
		bool ok = put_filter(&b, *choices[i]);

		if (ok)
			out = arena_printf(a, "%.*s?filter=%.*s", STR_ARG(out), STR_ARG(sbuf_get(&b)));
		sbuf_fini(&b);
		if (ok)
			break;
	}
	return out;
}

/* The page of the one alert, of the group, or, where there is none, of the alerts. */
static struct str
page_url(const struct data_view *d, struct arena *a)
{
	struct str base = d->external_url.u.s;

	if (d->alerts.u.list.n == 1) {
		const struct alert_view *v = d->alerts.u.list.items[0].u.object;

		return arena_printf(a, "%.*s/#/alert/%.*s", STR_ARG(base), STR_ARG(v->fingerprint.u.s));
	}
	if (d->group == 0)
		return arena_printf(a, "%.*s/#/alerts", STR_ARG(base));
	return arena_printf(a, "%.*s/#/group/%.*s", STR_ARG(base), STR_ARG(str_from(fingerprint_text(d->group).s)));
}

static bool
has_one_source(const struct data_view *d)
{
	const struct value *items = d->alerts.u.list.items;
	size_t n = d->alerts.u.list.n;

	for (size_t i = 1; i < n; i++)
		if (!str_eq(((const struct alert_view *)items[i].u.object)->generator_url.u.s,
		    ((const struct alert_view *)items[0].u.object)->generator_url.u.s))
			return false;
	return n > 0;
}

static void
note_times(struct brief_view *v, const struct brief_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct alert_view *alert = items[i].alert;

		if (i == 0 || wall_cmp(alert->starts.u.time->at, v->starts.u.time->at) < 0)
			v->starts = alert->starts;
		if (i == 0 || wall_cmp(alert->ends.u.time->at, v->ends.u.time->at) > 0)
			v->ends = alert->ends;
	}
}

/* The word of all if they have one in common, else that of the worst. */
static void
note_headline(struct brief_view *v, const struct data_view *d, const struct brief_item *items, size_t n,
    struct str summary, const struct brief_limits *l, struct arena *a)
{
	const struct value *name = value_map_find(d->common_labels, STR("alertname"));
	struct str own;

	v->others = value_int(0);
	if (summary.n > 0 || n == 0) {
		v->headline = value_str(summary);
	} else if (name != NULL) {
		v->headline = value_str(brief_cut(name->u.s, l->summary, a));
	} else {
		own = brief_texts(items[0].alert->annotations, NULL, l, a).summary;
		name = value_map_find(items[0].alert->labels, STR("alertname"));
		if (own.n == 0 && name != NULL)
			own = brief_cut(name->u.s, l->summary, a);
		v->headline = value_str(own);
		v->others = value_int((int64_t)n - 1);
	}
}

static bool
is_no_severity(const void *arg, struct str name, struct str value)
{
	const struct data_view *d = arg;

	(void)value;
	return !str_eq(name, d->ui->severity.label);
}

/* Both lists; what fires takes three quarters of the room at most, unless nothing else is there. */
static void
note_lists(struct brief_view *v, const struct data_view *d, struct brief_item *firing, size_t firing_n,
    struct brief_item *resolved, size_t resolved_n, struct arena *a)
{
	struct brief_limits l = brief_limits(d->brevity, false);
	struct brief_rows r = { .d = d, .limits = &l, .one_source = has_one_source(d), .arena = a };
	size_t room = BRIEF_BYTES >> d->brevity, kept = resolved_n > 0 ? room / 4 : 0, more, more_ended;

	/* One alert is all there is to say of: the head says it. */
	if (firing_n + resolved_n == 1)
		firing_n = resolved_n = 0;
	room -= kept;
	v->sections = brief_sections(&r, firing, firing_n, &room, &more);
	room += kept;
	v->ended = brief_sections(&r, resolved, resolved_n, &room, &more_ended);
	v->more = value_int((int64_t)more);
	v->more_ended = value_int((int64_t)more_ended);
}

struct value
brief_of(const struct data_view *d)
{
	struct arena *a = d->arena;
	struct brief_view *v = ARENA_NEW(a, struct brief_view);
	struct brief_limits l = brief_limits(d->brevity, true);
	struct brief_texts t = brief_texts(d->common_annotations, NULL, &l, a);
	size_t firing_n, resolved_n;
	struct brief_item *firing = brief_items(d, "firing", &firing_n, a), *resolved = brief_items(d, "resolved", &resolved_n, a);
	const struct brief_item *lead = firing_n > 0 ? firing : resolved;
	size_t lead_n = firing_n > 0 ? firing_n : resolved_n;
	const struct alert_view *first = lead_n > 0 ? lead[0].alert : NULL;

	v->firing = value_int((int64_t)firing_n);
	v->resolved = value_int((int64_t)resolved_n);
	v->severity = value_str(lead_n > 0 ? brief_severity(d, lead[0].rank) : STR("other"));
	v->word = value_str(lead_n > 0 ? brief_cut(lead[0].word, l.name, a) : STR_NONE);
	v->description = t.description;
	v->notes = t.notes;
	v->common = brief_labels(d->common_labels, is_no_severity, d, &l, a);
	v->links = t.links;
	if (has_one_source(d) && first != NULL)
		v->links = brief_link_add(t.links, STR("source"), first->generator_url.u.s, &l, a);
	v->starts = v->ends = value_time_in(a, WALL_ZERO, NULL);
	note_headline(v, d, lead, lead_n, t.summary, &l, a);
	/* Those of what the headline is about. */
	note_times(v, lead, v->others.u.i > 0 ? 1 : lead_n);
	v->url = value_str(page_url(d, a));
	v->silence_url = value_str(silence_url(d, a));
	note_lists(v, d, firing, firing_n, resolved, resolved_n, a);
	return value_object(&brief_type, v);
}
