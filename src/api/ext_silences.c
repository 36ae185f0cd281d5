/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /api/ext/v1/silences: a page of silences.
 *
 * Parameters: state (active, pending, expired; repeated; without it active and pending), kind (silence, ack, recurring), created_by, q (in
 * comment and creator), filter (a matcher that must stand among those of the silence, as in API v2), sort (ends,
 * starts, updated, created_by). The alerts that each covers are counted for those on the page.
 */
#include <string.h>

#include "base/mem.h"
#include "ext_look.h"
#include "ext_page.h"
#include "ext_silence_json.h"

enum sort { SORT_ENDS, SORT_STARTS, SORT_UPDATED, SORT_CREATOR };

struct silences_page {
	struct page page;
	enum sort sort;
	bool wanted[3];		/* by enum silence_state */
	struct str kind, created_by, q;
	struct matchers filter;
	struct silence_list *list;
	uint64_t counts[3];	/* of all, by state */
	/* The one that is written: */
	struct covered {
		struct labels *at;	/* alerts up to here; owned reference */
		size_t alerts;
		struct match_run run;
		size_t set;
	} covered;
	const struct silence *writing;
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
set_key(const struct silences_page *p, const struct silence *s, struct page_key *key)
{
	*key = (struct page_key){ 0 };
	memcpy(&key->id, s->id, sizeof(key->id));
	memcpy(&key->id2, s->id + sizeof(key->id), sizeof(key->id2));
	switch (p->sort) {
	case SORT_ENDS:
		key->n = s->ends.s;
		break;
	case SORT_STARTS:
		key->n = s->starts.s;
		break;
	case SORT_UPDATED:
		key->n = -s->updated.s;
		break;
	case SORT_CREATOR:
		key->text = istr_str(s->created_by);
		break;
	}
}

static bool
look(struct page *page, struct work *w, struct moment now)
{
	static const bool all[3] = { true, true, true };
	struct silences_page *p = CONTAINER_OF(page, struct silences_page, page);
	const struct silence *s;

	if (p->list == NULL)
		p->list = view_silence_list(page->api->env.engine, all, now);
	while ((s = view_silence_next(p->list, w)) != NULL) {
		enum silence_state state = silence_state_at(s, page->now.wall);
		struct page_key key;

		work_spend(w, STEP_UNITS);
		p->counts[state]++;
		if (p->wanted[state] && passes(p, s, w)) {
			set_key(p, s, &key);
			if (page_offer(page, &key, (struct silence *)(uintptr_t)s))
				silence_ref((struct silence *)(uintptr_t)s);
		}
		if (work_used_up(w))
			return false;
	}
	if (work_used_up(w))
		return false;
	view_silence_list_end(&p->list);
	return true;
}

struct visit {
	struct silences_page *p;
	struct work *w;
	struct moment now;
};

static bool
count_covered(void *arg, const struct alert_entry *entry, const struct alert *a)
{
	struct visit *v = arg;
	struct covered *c = &v->p->covered;
	const struct silence *s = v->p->writing;
	enum match m = MATCH_NO;

	(void)entry;
	if (!alert_resolved_at(a, v->now.wall) && silence_names(s, a->labels->fingerprint))
		for (; c->set < s->sets_n && m == MATCH_NO; c->set += m == MATCH_NO)
			m = matchers_match_some(&s->sets[c->set], a->labels, &c->run, v->w);
	if (m == MATCH_LATER)
		return false;
	c->alerts += m == MATCH_YES;
	c->set = 0;
	return true;
}

static void
forget_covered(struct silences_page *p)
{
	match_run_reset(&p->covered.run);
	labels_unref(p->covered.at);
	p->covered = (struct covered){ 0 };
	p->writing = NULL;
}

static bool
write(struct page *page, void *what, struct work *w, struct moment now)
{
	struct silences_page *p = CONTAINER_OF(page, struct silences_page, page);
	const struct silence *s = what;
	struct visit v = { p, w, now };

	p->writing = s;
	if (silence_state_at(s, page->now.wall) != SILENCE_EXPIRED &&
	    !view_alerts_some(page->api->env.engine, &p->covered.at, w, count_covered, &v))
		return false;
	json_object_begin(&page->w);
	write_ext_silence(&page->w, s, page->now.wall);
	json_put_uint(&page->w, "alerts", p->covered.alerts);
	json_object_end(&page->w);
	forget_covered(p);
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

	forget_covered(p);
	view_silence_list_end(&p->list);
	matchers_fini(&p->filter);
}

static const struct page_kind silences_kind = { .look = look, .write = write, .more = more, .drop = drop, .fini = fini };

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
	static const char *const sorts[] = { "ends", "starts", "updated", "created_by", NULL };
	static const char *const kinds[] = { "silence", "ack", "recurring", NULL };
	size_t sort = SORT_ENDS, kind = 0;
	struct silences_page *p;

	if (!ext_query_word(c, "sort", sorts, &sort) || !ext_query_word(c, "kind", kinds, &kind))
		return;
	p = NEW(struct silences_page);
	p->sort = (enum sort)sort;
	p->kind = ext_query_str(c, "kind");
	p->created_by = ext_query_str(c, "created_by");
	p->q = ext_query_str(c, "q");
	if (!page_init(&p->page, c, &silences_kind) || !read_states(p, c) || !ext_query_matchers(c, "filter", &p->filter)) {
		mem_free(p);
		return;
	}
	page_reply(&p->page, c);
}
