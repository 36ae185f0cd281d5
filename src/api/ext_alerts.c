/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/ext/v1/alerts: a page of alerts, sorted on the server. */
#include <string.h>

#include "base/mem.h"
#include "ext_alerts.h"
#include "ext_sums.h"
#include "severity.h"

enum sort { SORT_SEVERITY, SORT_NEWEST, SORT_OLDEST, SORT_NAME };

struct alerts_page {
	struct page page;
	struct look look;
	enum sort sort;
	struct labels *at;	/* looked at so far; owned reference */
	size_t counts[SEEN_STATES];
};

static void
set_key(const struct alerts_page *p, const struct seen *s, struct page_key *key)
{
	const struct alert *a = s->alert;
	struct str word;

	*key = (struct page_key){ .id = labels_fingerprint(a->labels), .id2 = labels_hash(a->labels) };
	switch (p->sort) {
	case SORT_SEVERITY:
		key->n = (int64_t)alert_severity(p->page.api, a->labels, &word);
		key->text = labels_get(a->labels, STR("alertname"));
		break;
	case SORT_NEWEST:
		key->n = -page_time(alert_starts(a));
		break;
	case SORT_OLDEST:
		key->n = page_time(alert_starts(a));
		break;
	case SORT_NAME:
		key->text = labels_get(a->labels, STR("alertname"));
		break;
	}
}

bool
write_listed(struct look *l, struct page *page, struct labels *labels, struct work *w, struct moment now)
{
	struct engine *e = page->api->env.engine;
	const struct alert_entry *entry = view_entry(e, labels);
	struct seen seen;

	if (entry == NULL)
		return true;
	if (!look_only(l, e, entry, view_alert_of(e, labels), now, w, page->scratch, &seen))
		return false;
	if (page->format == PAGE_CSV) {
		write_seen_csv(&page->body.plain, page->api, &seen, page->scratch);
		return true;
	}
	json_object_begin(&page->w);
	write_seen(&page->w, page->api, &seen, page->scratch);
	json_object_end(&page->w);
	return true;
}

struct visit {
	struct alerts_page *p;
	struct work *w;
	struct moment now;
};

/* An alert that passes and is shown on another page. */
#define PASS_UNITS 10

static bool
visit(void *arg, const struct alert_entry *entry, const struct alert *a)
{
	struct visit *v = arg;
	struct alerts_page *p = v->p;
	struct page_key key;
	struct seen seen;
	enum match m = look_at(&p->look, p->page.api->env.engine, entry, a, v->now, v->w, p->page.scratch, &seen);

	if (m != MATCH_YES)
		return m == MATCH_NO;
	work_spend(v->w, PASS_UNITS);
	set_key(p, &seen, &key);
	if (page_offer(&p->page, &key, a->labels))
		labels_ref(a->labels);
	return true;
}

static bool
look(struct page *page, struct work *w, struct moment now)
{
	struct alerts_page *p = CONTAINER_OF(page, struct alerts_page, page);
	struct visit v = { p, w, now };

	return alert_filter_walk(&p->look.f, page->api->env.engine, &p->at, w, visit, &v);
}

static bool
write(struct page *page, void *what, struct work *w, struct moment now)
{
	struct alerts_page *p = CONTAINER_OF(page, struct alerts_page, page);

	return write_listed(&p->look, page, what, w, now);
}

static void
drop(void *what)
{
	labels_unref(what);
}

static void
fini(struct page *page)
{
	struct alerts_page *p = CONTAINER_OF(page, struct alerts_page, page);

	labels_unref(p->at);
	look_fini(&p->look);
}

static void
rewind_walk(struct page *page)
{
	struct alerts_page *p = CONTAINER_OF(page, struct alerts_page, page);

	labels_unref(p->at);
	p->at = NULL;
	memset(p->counts, 0, sizeof(p->counts));
}

static void
more(struct page *page)
{
	write_counts(&page->w, CONTAINER_OF(page, struct alerts_page, page)->counts);
}

static const struct page_kind alerts_kind = {
	.look = look, .write = write, .more = more, .drop = drop, .fini = fini, .rewind = rewind_walk, .file = "alerts", .columns = SEEN_COLUMNS
};

void
api_ext_alerts(struct call *c)
{
	static const char *const sorts[] = { "severity", "newest", "oldest", "name", NULL };
	static const char *const known[] = { "sort", "format", PAGE_PARAMETERS, LOOK_PARAMETERS };
	struct alerts_page *p;
	size_t sort = SORT_SEVERITY;

	if (!ext_query_known(c, known, ARRAY_LEN(known)) || !ext_query_word(c, "sort", sorts, &sort))
		return;
	p = NEW(struct alerts_page);
	p->sort = (enum sort)sort;
	if (!page_init(&p->page, c, &alerts_kind) || !look_init(&p->look, c)) {
		mem_free(p);
		return;
	}
	p->look.counts = p->counts;
	page_reply(&p->page, c);
}
