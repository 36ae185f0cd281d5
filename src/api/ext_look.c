/* SPDX-License-Identifier: Apache-2.0 */
#include "ext_look.h"

#include <ctype.h>



const char *
seen_state_text(enum seen_state s)
{
	static const char *const texts[SEEN_STATES] = { "acked", "silenced", "inhibited", "muted", "active" };

	return texts[s];
}

static bool
read_states(struct look *l, struct call *c)
{
	for (size_t i = 0; i < SEEN_STATES; i++) {
		bool wanted = true;

		if (!ext_query_bool(c, seen_state_text((enum seen_state)i), &wanted))
			return false;
		l->left_out[i] = !wanted;
	}
	return true;
}

static bool
read_receiver(struct look *l, struct call *c)
{
	struct str v = ext_query_str(c, "receiver");
	struct err e = { 0 };
	struct matcher m;

	if (v.n == 0)
		return true;
	if (!matcher_init(&m, MATCH_RE, STR("name"), v, &e)) {
		ext_error_at(c, 400, "bad_receiver", str_from(e.text), "receiver", -1);
		return false;
	}
	matchers_append(&l->f.receiver, &m);
	return true;
}

#define AGE_MAX ((uint64_t)100 * 366 * 86400)

void
look_init_all(struct look *l)
{
	*l = (struct look){ .f = { .active = true, .silenced = true, .inhibited = true, .muted = true } };
	l->f.status = status_run_new();
	l->f.choice = alert_choice_new();
}

bool
look_init(struct look *l, struct call *c)
{
	uint64_t age = 0;

	look_init_all(l);
	l->q = ext_query_str(c, "q");
	l->owner = ext_query_str(c, "owner");
	if (read_states(l, c) && ext_query_uint(c, "age_min", AGE_MAX, &age) &&
	    ext_query_matchers(c, "filter", &l->f.filter) && read_receiver(l, c)) {
		l->age_min = (span)age * SPAN_S;
		return true;
	}
	look_fini(l);
	return false;
}

void
look_fini(struct look *l)
{
	labels_unref(l->q_passed);
	l->q_passed = NULL;
	alert_filter_fini(&l->f);
}

bool
text_contains(struct str s, struct str text)
{
	for (size_t i = 0; i + text.n <= s.n; i++)
		if (tolower((unsigned char)s.p[i]) == tolower((unsigned char)text.p[0]) && str_caseeq(str_sub(s, i, i + text.n), text))
			return true;
	return false;
}

static bool
any_contains(const struct labels *l, struct str text, struct work *w)
{
	for (uint32_t i = 0; i < labels_n(l); i++) {
		struct str value = istr_str(labels_value(l, i));

		work_spend(w, (int64_t)(value.n / 8));
		if (text_contains(value, text))
			return true;
	}
	return false;
}

/* Remembered: what looking takes may be more than a slice, which leaves nothing for what comes after. */
static bool
speaks_of(struct look *l, const struct alert *a, struct work *w)
{
	if (l->q.n == 0 || l->q_passed == a->labels)
		return true;
	if (!any_contains(a->labels, l->q, w) && !any_contains(a->annotations, l->q, w))
		return false;
	labels_unref(l->q_passed);
	l->q_passed = labels_ref(a->labels);
	return true;
}

static enum match
receivers_pass(struct look *l, struct engine *e, const struct alert_entry *entry, struct work *w)
{
	const struct route *const *routes;
	size_t n;

	if (l->f.receiver.n == 0)
		return MATCH_YES;
	view_entry_routes(e, entry, &routes, &n);
	for (size_t i = 0; i < n; i++) {
		bool by_name, by_labels;

		if (!receiver_verdict(&l->f, view_config(e), routes[i]->receiver, w, &by_name, &by_labels))
			return MATCH_LATER;
		if (by_name)
			return MATCH_YES;
	}
	return MATCH_NO;
}

bool
look_only(struct look *l, struct engine *e, const struct alert_entry *entry, const struct alert *a, struct moment now,
    struct work *w, struct arena *scratch, struct seen *out)
{
	struct alert_status *s = &out->status;

	*out = (struct seen){ .alert = a, .entry = entry };
	if (!view_entry_status_some(e, entry, now, l->f.status, w, scratch, s))
		return false;
	view_entry_muted(entry, scratch, &out->muted, &out->muted_n);
	if (s->acked_by != NULL)
		out->state = SEEN_ACKED;
	else if (s->silenced_by_n > 0)
		out->state = SEEN_SILENCED;
	else if (s->inhibited)
		out->state = SEEN_INHIBITED;
	else
		out->state = out->muted_n > 0 ? SEEN_MUTED : SEEN_ACTIVE;
	return true;
}

/* An alert may be in several; that it is active means in no other. */
static bool
state_passes(const struct look *l, const struct seen *s)
{
	size_t acks = s->status.acked_by != NULL;

	return !((l->left_out[SEEN_ACKED] && acks > 0) ||
	    (l->left_out[SEEN_SILENCED] && s->status.silenced_by_n > acks) ||
	    (l->left_out[SEEN_INHIBITED] && s->status.inhibited) || (l->left_out[SEEN_MUTED] && s->muted_n > 0) ||
	    (l->left_out[SEEN_ACTIVE] && s->state == SEEN_ACTIVE));
}

static bool
owner_passes(const struct look *l, const struct seen *s)
{
	return l->owner.n == 0 || (s->status.acked_by != NULL && str_eq(istr_str(s->status.acked_by->created_by), l->owner));
}

/* The conditions that depend on the alert alone. */
static enum match
alert_passes(struct look *l, const struct alert *a, struct moment now, struct work *w)
{
	enum match m;

	if (l->age_min > 0 && wall_sub(now.wall, alert_starts(a)) < l->age_min)
		return MATCH_NO;
	m = alert_labels_pass(&l->f, a, now, w);
	if (m == MATCH_YES && !speaks_of(l, a, w))
		m = MATCH_NO;
	return m;
}

enum match
look_at_member(struct look *l, struct engine *e, const struct alert_entry *entry, const struct alert *a,
    struct moment now, struct work *w, struct arena *scratch, struct seen *out)
{
	enum match m = alert_passes(l, a, now, w);

	if (m != MATCH_YES)
		return m;
	if (!look_only(l, e, entry, a, now, w, scratch, out))
		return MATCH_LATER;
	if (!owner_passes(l, out))
		return MATCH_NO;
	if (l->counts != NULL)
		l->counts[out->state]++;
	return state_passes(l, out) ? MATCH_YES : MATCH_NO;
}

/* The state last: what comes before it is remembered when w is used up, and costs nothing the next time. */
enum match
look_at(struct look *l, struct engine *e, const struct alert_entry *entry, const struct alert *a, struct moment now,
    struct work *w, struct arena *scratch, struct seen *out)
{
	enum match m = alert_passes(l, a, now, w);

	if (m == MATCH_YES)
		m = receivers_pass(l, e, entry, w);
	return m == MATCH_YES ? look_at_member(l, e, entry, a, now, w, scratch, out) : m;
}
