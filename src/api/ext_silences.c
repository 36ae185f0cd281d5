/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /api/ext/v1/silences: a page of silences.
 *
 * Parameters: state (active, pending, expired; repeated; without it active and pending), kind (silence, ack, recurring),
 * created_by, q (in comment and creator), filter (a matcher that must stand among those of the silence, as in API v2), matching (0:
 * those that cover no alert now, 1: those that cover one), sort (ends, starts, updated, created_by, alerts).
 */
#include <string.h>

#include "base/mem.h"
#include "ext_covered.h"
#include "ext_csv.h"
#include "ext_page.h"
#include "ext_silence_json.h"

enum sort { SORT_ENDS, SORT_STARTS, SORT_UPDATED, SORT_CREATOR, SORT_ALERTS };
enum matching { MATCHING_NONE, MATCHING_SOME, MATCHING_ANY };

struct silences_page {
	struct page page;
	enum sort sort;
	bool wanted[3];		/* by enum silence_state */
	struct str kind, created_by, q;
	struct matchers filter;
	struct silence_list *list;
	uint64_t counts[3];	/* of all, by state */
	enum matching matching;
	struct silence *at;	/* that is looked at; owned reference */
	bool passes;		/* it does: a long comment may take more than a slice, which leaves nothing for what comes after */
	struct covered covered;
};

#define STEP_UNITS 15

static bool
passes(const struct silences_page *p, const struct silence *s, struct work *w)
{
	if (p->kind.n > 0 && !str_eq(silence_kind(s), p->kind))
		return false;
	if (p->created_by.n > 0 && !str_eq(istr_str(s->created_by), p->created_by))
		return false;
	work_spend(w, (int64_t)(s->comment->n / 8));
	if (p->q.n > 0 && !text_contains(istr_str(s->comment), p->q) && !text_contains(istr_str(s->created_by), p->q))
		return false;
	for (size_t i = 0; i < s->sets_n; i++)
		work_spend(w, (int64_t)(s->sets[i].n * p->filter.n));
	return silence_has_matchers(s, &p->filter);
}

static void
set_key(const struct silences_page *p, const struct silence *s, size_t alerts, struct page_key *key)
{
	*key = (struct page_key){ 0 };
	memcpy(&key->id, s->id, sizeof(key->id));
	memcpy(&key->id2, s->id + sizeof(key->id), sizeof(key->id2));
	switch (p->sort) {
	case SORT_ENDS:
		key->n = page_time(s->ends);
		break;
	case SORT_STARTS:
		key->n = page_time(s->starts);
		break;
	case SORT_UPDATED:
		key->n = -page_time(s->updated);
		break;
	case SORT_CREATOR:
		key->text = istr_str(s->created_by);
		break;
	case SORT_ALERTS:
		key->n = -(int64_t)alerts;
		break;
	}
}

/* Looks at p->at; false: w is used up. */
static bool
look_at_one(struct silences_page *p, struct work *w, struct moment now)
{
	struct page *page = &p->page;
	struct silence *s = p->at;
	enum silence_state state = silence_state_at(s, page->now.wall);
	bool counts = p->matching != MATCHING_ANY || p->sort == SORT_ALERTS;
	struct page_key key;
	size_t alerts = 0;

	p->passes = p->passes || (p->wanted[state] && passes(p, s, w));
	if (!p->passes)
		return true;
	if (counts && !covered_by(&p->covered, page->api->env.engine, s, state, now, w, page->scratch, &alerts))
		return false;
	if (p->matching != MATCHING_ANY && (alerts > 0) != (p->matching == MATCHING_SOME))
		return true;
	set_key(p, s, alerts, &key);
	if (page_offer(page, &key, s))
		silence_ref(s);
	return true;
}

/* False: that was the last, or w is used up. */
static bool
next_silence(struct silences_page *p, struct work *w)
{
	const struct silence *s = view_silence_next(p->list, w);

	p->passes = false;
	p->at = s != NULL ? silence_ref((struct silence *)(uintptr_t)s) : NULL;
	return s != NULL;
}

static bool
look(struct page *page, struct work *w, struct moment now)
{
	static const bool all[3] = { true, true, true };
	struct silences_page *p = CONTAINER_OF(page, struct silences_page, page);

	if (p->list == NULL)
		p->list = view_silence_list(page->api->env.engine, all, now);
	while (!work_used_up(w)) {
		if (p->at == NULL && !next_silence(p, w)) {
			if (work_used_up(w))
				return false;
			view_silence_list_end(&p->list);
			return true;
		}
		if (!look_at_one(p, w, now))
			return false;
		p->counts[silence_state_at(p->at, page->now.wall)]++;
		silence_unref(p->at);
		p->at = NULL;
		work_spend(w, STEP_UNITS);
	}
	return false;
}

static void
write_csv(struct sbuf *line, const struct silence *s, enum silence_state state, size_t alerts)
{
	struct sbuf matchers = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < s->sets_n; i++) {
		sbuf_puts(&matchers, i > 0 ? " or " : "");
		matchers_format(&s->sets[i], &matchers);
	}
	csv_cell(line, str_from(s->id));
	csv_cell(line, str_from(silence_state_text(state)));
	csv_cell(line, silence_kind(s));
	csv_cell(line, sbuf_get(&matchers));
	csv_time(line, s->starts);
	csv_time(line, s->ends);
	csv_time(line, s->updated);
	csv_cell(line, istr_str(s->created_by));
	csv_cell(line, istr_str(s->comment));
	csv_cell(line, s->source != NULL ? istr_str(s->source) : STR(""));
	csv_number(line, alerts);
	csv_end(line);
	sbuf_fini(&matchers);
}

static bool
write(struct page *page, void *what, struct work *w, struct moment now)
{
	struct silences_page *p = CONTAINER_OF(page, struct silences_page, page);
	const struct silence *s = what;
	enum silence_state state = silence_state_at(s, page->now.wall);
	size_t alerts;

	if (!covered_by(&p->covered, page->api->env.engine, s, state, now, w, page->scratch, &alerts))
		return false;
	if (page->format == PAGE_CSV) {
		write_csv(&page->body.plain, s, state, alerts);
		return true;
	}
	json_object_begin(&page->w);
	write_ext_silence(&page->w, s, page->now.wall);
	json_put_uint(&page->w, "alerts", alerts);
	ext_put_time(&page->w, "last_matched", view_silence_held(page->api->env.engine, str_from(s->id)));
	json_object_end(&page->w);
	return true;
}

static void
more(struct page *page)
{
	const struct silences_page *p = CONTAINER_OF(page, struct silences_page, page);

	json_key(&page->w, STR("counts"));
	json_object_begin(&page->w);
	json_put_uint(&page->w, "active", p->counts[SILENCE_ACTIVE]);
	json_put_uint(&page->w, "pending", p->counts[SILENCE_PENDING]);
	json_put_uint(&page->w, "expired", p->counts[SILENCE_EXPIRED]);
	json_object_end(&page->w);
}

static void
drop(void *what)
{
	silence_unref(what);
}

static void
fini(struct page *page)
{
	struct silences_page *p = CONTAINER_OF(page, struct silences_page, page);

	covered_fini(&p->covered);
	silence_unref(p->at);
	view_silence_list_end(&p->list);
	matchers_fini(&p->filter);
}

static void
rewind_walk(struct page *page)
{
	struct silences_page *p = CONTAINER_OF(page, struct silences_page, page);

	memset(p->counts, 0, sizeof(p->counts));
}

static const struct page_kind silences_kind = {
	.look = look, .write = write, .more = more, .drop = drop, .fini = fini, .rewind = rewind_walk, .of = PAGE_OF_SILENCES,
	.file = "silences",
	.columns = "id,state,kind,matchers,starts,ends,updated,created_by,comment,source,alerts"
};

static bool
read_states(struct silences_page *p, struct call *c)
{
	const struct str *v;
	size_t pos = 0;
	bool any = false;

	while ((v = url_query_each(&c->query, "state", &pos)) != NULL) {
		bool known = false;

		for (int s = 0; s < 3; s++)
			if (str_is(*v, silence_state_text((enum silence_state)s)))
				known = p->wanted[s] = true;
		if (!known) {
			ext_error_at(c, 400, "bad_parameter", STR("state is active, pending or expired"), "state", -1);
			return false;
		}
		any = true;
	}
	if (!any)
		p->wanted[SILENCE_ACTIVE] = p->wanted[SILENCE_PENDING] = true;
	return true;
}

void
api_ext_silences(struct call *c)
{
	static const char *const sorts[] = { "ends", "starts", "updated", "created_by", "alerts", NULL };
	static const char *const matchings[] = { "0", "1", NULL };
	static const char *const kinds[] = { "silence", "ack", "recurring", NULL };
	static const char *const known[] = { "state", "kind", "created_by", "q", "matching", "filter", "sort", "format",
		PAGE_PARAMETERS };
	size_t sort = SORT_ENDS, kind = 0, matching = MATCHING_ANY;
	struct silences_page *p;

	if (!ext_query_known(c, known, ARRAY_LEN(known)))
		return;
	if (!ext_query_word(c, "sort", sorts, &sort) || !ext_query_word(c, "kind", kinds, &kind) ||
	    !ext_query_word(c, "matching", matchings, &matching))
		return;
	p = NEW(struct silences_page);
	p->sort = (enum sort)sort;
	p->matching = (enum matching)matching;
	p->kind = ext_query_str(c, "kind");
	p->created_by = ext_query_str(c, "created_by");
	p->q = ext_query_str(c, "q");
	if (!page_init(&p->page, c, &silences_kind) || !read_states(p, c) || !ext_query_matchers(c, "filter", &p->filter)) {
		mem_free(p);
		return;
	}
	look_init_all(&p->covered.look);
	page_reply(&p->page, c);
}
