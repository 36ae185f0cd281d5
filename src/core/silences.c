/* SPDX-License-Identifier: Apache-2.0 */
#include "silences.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/slab.h"
#include "measure.h"
#include "silence_edit.h"

void
silences_init(struct silences *ss, span retention, int64_t max, int64_t max_bytes, enum naming naming)
{
	*ss = (struct silences){
		.retention = retention,
		.max = max,
		.max_bytes = max_bytes,
		.naming = naming,
		.version = 1,
	};
}

static void
entry_unref(struct silence_entry *entry)
{
	assert(entry->refs > 0);
	if (--entry->refs > 0)
		return;
	assert(entry->gone);
	silence_unref(entry->silence);
	slab_free(entry);
}

static void
watched_not(struct silences *ss, struct silence_entry *entry)
{
	if (entry->watch != NULL)
		ss->unwatch(ss, entry);
}

void
silences_drop(struct silences *ss, struct silence_entry *entry)
{
	assert(!entry->gone);
	watched_not(ss, entry);
	for (size_t i = 0; i < entry->silence->sets_n; i++)
		matcher_index_remove(&ss->index, &entry->silence->sets[i], entry->version + i);
	hmap_remove(&ss->by_id, &entry->node);
	if (entry->silence->source != NULL)
		ss->declared--;
	silence_lists_remove(&ss->lists, entry->listed);
	entry->listed = NULL;
	entry->gone = true;
	entry_unref(entry);
}

void
silences_fini(struct silences *ss)
{
	/* All at once: to take one out of a crowded list moves those behind it. */
	matcher_index_fini(&ss->index);
	HMAP_EACH(&ss->by_id, node)
		silences_drop(ss, CONTAINER_OF(node, struct silence_entry, node));
	hmap_fini(&ss->by_id);
	hmap_fini(&ss->witnesses);
	silence_lists_fini(&ss->lists);
}

struct silence_entry *
silences_find(const struct silences *ss, struct str id)
{
	for (struct hmap_node *n = hmap_first(&ss->by_id, hash_seeded(id.p, id.n)); n != NULL; n = hmap_next(n)) {
		struct silence_entry *entry = CONTAINER_OF(n, struct silence_entry, node);

		if (str_is(id, entry->silence->id))
			return entry;
	}
	return NULL;
}

/* Every set takes an order number of the index; the entry's version is that of the first. */
static void
index_sets(struct silences *ss, struct silence_entry *entry)
{
	entry->version = ss->version + 1;
	ss->version += entry->silence->sets_n > 0 ? entry->silence->sets_n : 1;
	for (size_t i = 0; i < entry->silence->sets_n; i++)
		matcher_index_add(&ss->index, &entry->silence->sets[i], entry->version + i, entry);
}

/* The same id and matchers with other times and texts: what matched goes on to match. */
static void
replace(struct silences *ss, struct silence_entry *entry, struct silence *s, struct wall expires)
{
	silence_lists_remove(&ss->lists, entry->listed);
	entry->listed = silence_lists_add(&ss->lists, s, expires);
	silence_ref(s);
	silence_unref(entry->silence);
	entry->silence = s;
	entry->expires = expires;
}

void
silences_begin_many(struct silences *ss, size_t n)
{
	hmap_reserve(&ss->by_id, ss->by_id.n + n);
	silence_lists_begin_many(&ss->lists, n);
	matcher_index_begin_many(&ss->index);
}

void
silences_end_many(struct silences *ss)
{
	silence_lists_end_many(&ss->lists);
	matcher_index_end_many(&ss->index);
}

struct silence_entry *
silences_add(struct silences *ss, struct silence *s, struct wall expires)
{
	struct silence_entry *entry = SLAB_NEW(struct silence_entry);

	entry->refs = 1;
	entry->held = WALL_ZERO;
	entry->silence = silence_ref(s);
	entry->expires = expires;
	entry->listed = silence_lists_add(&ss->lists, s, expires);
	if (s->source != NULL)
		ss->declared++;
	hmap_insert(&ss->by_id, &entry->node, hash_seeded(s->id, strlen(s->id)));
	index_sets(ss, entry);
	return entry;
}

struct silence_entry *
silences_put(struct silences *ss, struct silence *s, struct wall expires)
{
	struct silence_entry *entry = silences_find(ss, str_from(s->id));
	struct wall held = entry != NULL ? entry->held : WALL_ZERO;

	if (entry != NULL)
		silences_drop(ss, entry);
	entry = silences_add(ss, s, expires);
	entry->held = held;
	return entry;
}

struct silence_entry *
silences_merge(struct silences *ss, struct silence *s, struct wall expires, struct wall now)
{
	struct silence_entry *entry = silences_find(ss, str_from(s->id));

	/* Alerts forget one that has ended: if it comes back, it is as new to them. */
	if (entry == NULL || !silence_same_cover(entry->silence, s) ||
	    silence_state_at(entry->silence, now) == SILENCE_EXPIRED)
		return silences_put(ss, s, expires);
	replace(ss, entry, s, expires);
	return entry;
}

/* May `a` become `b` without changing what was silenced in the past? */
static bool
can_update(const struct silence *a, const struct silence *b, struct wall now)
{
	if (!silence_same_cover(a, b))
		return false;
	switch (silence_state_at(a, now)) {
	case SILENCE_ACTIVE:
		return a->starts.s == b->starts.s && !wall_before(b->ends, now);
	case SILENCE_PENDING:
		return !wall_before(b->starts, now);
	case SILENCE_EXPIRED:
		break;
	}
	return false;
}

static bool
check_size(const struct silences *ss, const struct silence *s, struct err *e)
{
	size_t n = ss->max_bytes > 0 ? silence_wire_size(s, wall_add(s->ends, ss->retention)) : 0;

	if (ss->max_bytes <= 0 || n <= (uint64_t)ss->max_bytes)
		return true;
	return err_set(e, ERR_LIMIT, "silence exceeded maximum size: %zu bytes (limit: %lld bytes)", n,
	    (long long)ss->max_bytes);
}

static bool
check_count(const struct silences *ss, struct err *e)
{
	size_t n = ss->by_id.n - ss->declared;

	if (ss->max <= 0 || n < (uint64_t)ss->max)
		return true;
	return err_set(e, ERR_LIMIT, "exceeded maximum number of silences: %zu (limit: %lld)", n, (long long)ss->max);
}

static bool
not_declared(const struct silence_entry *entry, struct err *e)
{
	struct str source = istr_str(entry->silence->source);

	if (entry->silence->source == NULL)
		return true;
	return err_set(e, ERR_INVALID, "silence is declared in %.*s and can only be changed there", STR_ARG(source));
}

/*
 * The time of a change of `before` (NULL: of none), now or just after its last one: other members, and their clocks may be
 * ahead, keep what was changed last.
 */
static struct wall
updated_after(const struct silence *before, struct wall now)
{
	if (before == NULL || wall_before(before->updated, now))
		return now;
	return wall_add(before->updated, 1);
}

void
silences_end(struct silences *ss, struct silence_entry *entry, struct wall now)
{
	struct silence *s = silence_copy(entry->silence);

	if (silence_state_at(s, now) == SILENCE_PENDING)
		s->starts = now;
	s->ends = now;
	s->updated = updated_after(entry->silence, now);
	silence_end_schedule(s, now);
	replace(ss, entry, s, wall_add(now, ss->retention));
	silence_unref(s);
	watched_not(ss, entry);
}

void
silences_note_covered(struct silences *ss, struct silence_entry *entry)
{
	struct silence *s = silence_copy(entry->silence);

	s->covered = true;
	replace(ss, entry, s, entry->expires);
	silence_unref(s);
}

/* A new id for s, in place of `prev` if there is one. */
static bool
create(struct silences *ss, struct silence *s, struct silence_entry *prev, struct rand *rand, struct wall now,
    struct silence_change *out, struct err *e)
{
	if (!check_count(ss, e))
		return false;
	rand_uuid(rand, s->id);
	if (wall_before(s->starts, now))
		s->starts = now;
	if (!check_size(ss, s, e))
		return false;
	if (prev != NULL && silence_state_at(prev->silence, now) != SILENCE_EXPIRED) {
		silences_end(ss, prev, now);
		out->expired = prev;
	}
	out->set = silences_put(ss, s, wall_add(s->ends, ss->retention));
	out->created = true;
	return true;
}

bool
silences_set(struct silences *ss, const struct silence *draft, struct rand *rand, struct wall now,
    struct silence_change *out, struct err *e)
{
	struct silence_entry *prev = draft->id[0] != '\0' ? silences_find(ss, str_from(draft->id)) : NULL;
	struct silence *s = silence_copy(draft);
	bool ok = false;

	now = wall_utc(now);
	*out = (struct silence_change){ 0 };
	s->starts = wall_utc(wall_is_zero(s->starts) ? now : s->starts);
	s->ends = wall_utc(s->ends);
	if (!silence_settle_extra(s, prev != NULL ? prev->silence : NULL, now, e))
		goto out;
	if (!silence_validate(s, ss->naming, e)) {
		err_ctx(e, "invalid silence");
		goto out;
	}
	if (draft->id[0] != '\0' && prev == NULL) {
		err_set(e, ERR_NOT_FOUND, "silence not found");
		goto out;
	}
	if (prev != NULL && !not_declared(prev, e))
		goto out;
	s->updated = updated_after(prev != NULL && can_update(prev->silence, s, now) ? prev->silence : NULL, now);
	if (prev == NULL || !can_update(prev->silence, s, now)) {
		ok = create(ss, s, prev, rand, now, out, e);
		goto out;
	}
	if (!check_size(ss, s, e))
		goto out;
	s->covered = s->covered || (prev->silence->covered && silence_ends_with_alert(s));
	replace(ss, prev, s, wall_add(s->ends, ss->retention));
	out->set = prev;
	ok = true;
out:
	silence_unref(s);
	return ok;
}

bool
silences_expire(struct silences *ss, struct str id, struct wall now, struct silence_entry **out, struct err *e)
{
	struct silence_entry *entry = silences_find(ss, id);

	if (entry == NULL)
		return err_set(e, ERR_NOT_FOUND, "silence not found");
	*out = NULL;
	if (silence_state_at(entry->silence, now) == SILENCE_EXPIRED)
		return true;
	if (!not_declared(entry, e))
		return false;
	silences_end(ss, entry, wall_utc(now));
	*out = entry;
	return true;
}

/* Looking at one; taking it out with its expressions, and moving what stands behind it in the index. */
#define SWEEP_UNITS 5
#define DROP_UNITS 2000

bool
silences_gc_some(struct silences *ss, struct wall now, struct hmap_cursor *at, struct work *w,
    void (*dropped)(void *arg, const struct silence_entry *entry), void *arg)
{
	struct hmap_node *node, *next;

	while (!work_used_up(w)) {
		work_spend(w, 1);
		if (!hmap_next_bucket(&ss->by_id, at, &node))
			return true;
		for (; node != NULL; node = next) {
			struct silence_entry *entry = CONTAINER_OF(node, struct silence_entry, node);

			next = node->next;
			work_spend(w, SWEEP_UNITS);
			if (entry->silence->source != NULL || wall_after(entry->expires, now))
				continue;
			work_spend(w, DROP_UNITS + (int64_t)ss->index.rest.n / 20);
			dropped(arg, entry);
			silences_drop(ss, entry);
		}
	}
	return false;
}

/* The cost of looking at a candidate, or at one that matched before, without matching. */
#define LOOK_UNITS 15

static void
keep(struct alert_entry *r, struct silence_entry *entry)
{
	/* They stand in the order in which they were made or edited, which is how they are told. */
	r->silences = mem_realloc(r->silences, r->silences_n + 1, sizeof(r->silences[0]));
	r->silences[r->silences_n++] = entry;
	entry->refs++;
}

void
silences_run_reset(struct silences_run *run)
{
	match_run_reset(&run->match);
	silence_unref(run->silence);
	labels_unref(run->labels);
	*run = (struct silences_run){ 0 };
}

/* Does the set of that order number match r? */
static enum match
match_set(const struct silence_entry *entry, uint64_t order, const struct alert_entry *r, struct silences_run *run,
    struct work *w)
{
	struct labels *l = r->alert->labels;
	enum match m;

	if (run->silence != NULL && (run->order != order || run->labels != l || run->silence != entry->silence))
		silences_run_reset(run);
	m = matchers_match_some(&entry->silence->sets[order - entry->version], l, &run->match, w);
	if (m == MATCH_LATER && run->silence == NULL) {
		run->silence = silence_ref(entry->silence);
		run->labels = labels_ref(l);
		run->order = order;
	} else if (m != MATCH_LATER && run->silence != NULL) {
		silences_run_reset(run);
	}
	return m;
}

/* Candidates under way, where many silences make memory far: what lies behind their pointers comes one by one. */
#define FAR 2000	/* silences */
#define AHEAD 16	/* a power of two */
#define STEP 2		/* candidates between two pointers */

struct candidates {
	struct matcher_index_iter it;
	struct candidate {
		struct silence_entry *entry;
		uint64_t order;
	} v[AHEAD];
	size_t taken, given, ahead;	/* at most so many under way */
};

static const struct candidate *
next_candidate(struct candidates *c)
{
	struct silence_entry *entry;

	while (c->taken - c->given < c->ahead && (entry = matcher_index_next(&c->it)) != NULL) {
		__builtin_prefetch(entry);
		c->v[c->taken++ % AHEAD] = (struct candidate){ entry, c->it.order };
	}
	for (int step = -1; c->ahead > 1 && step < MATCHERS_FETCH_STEPS; step++) {
		size_t at = c->given + (size_t)(MATCHERS_FETCH_STEPS - step) * STEP;
		const struct candidate *x = &c->v[at % AHEAD];

		if (at >= c->taken)
			continue;
		if (step < 0)
			silence_fetch(x->entry->silence);
		else
			matchers_fetch(&x->entry->silence->sets[x->order - x->entry->version], step);
	}
	return c->given < c->taken ? &c->v[c->given++ % AHEAD] : NULL;
}

/* Looks at what is new since r->silences_seen; counts how many sets that were. */
static bool
look(const struct silences *ss, struct alert_entry *r, struct wall now, struct silences_run *run, struct work *w, size_t *looked)
{
	struct candidates all;
	const struct candidate *c;
	bool done = true;

	all.taken = all.given = 0;
	all.ahead = ss->by_id.n < FAR ? 1 : AHEAD;
	matcher_index_begin(&all.it, &ss->index, r->alert->labels, r->silences_seen);
	while (done && (c = next_candidate(&all)) != NULL) {
		struct silence_entry *entry = c->entry;
		bool held = r->silences_n > 0 && r->silences[r->silences_n - 1] == entry;
		enum match m = MATCH_NO;

		(*looked)++;
		if (!held && silence_state_at(entry->silence, now) != SILENCE_EXPIRED &&
		    silence_names(entry->silence, labels_fingerprint(r->alert->labels)))
			m = match_set(entry, c->order, r, run, w);
		if (m == MATCH_LATER) {
			done = false;
			break;
		}
		if (m == MATCH_YES)
			keep(r, entry);
		r->silences_seen = c->order;
		work_spend(w, LOOK_UNITS);
		done = !work_used_up(w);
	}
	matcher_index_end(&all.it, w);
	if (done)
		r->silences_seen = ss->version;
	return done;
}

/* Forgets those that ended or went; returns how many are active. */
static size_t
tidy(struct alert_entry *r, struct wall now)
{
	size_t kept = 0, active = 0;

	for (uint32_t i = 0; i < r->silences_n; i++) {
		struct silence_entry *entry = r->silences[i];
		enum silence_state state = silence_state_at(entry->silence, now);

		if (entry->gone || state == SILENCE_EXPIRED) {
			entry_unref(entry);
			continue;
		}
		active += state == SILENCE_ACTIVE;
		r->silences[kept++] = entry;
	}
	r->silences_n = (uint32_t)kept;
	if (kept == 0) {
		mem_free(r->silences);
		r->silences = NULL;
	}
	return active;
}

static void
count_looked(const struct silences *ss, size_t looked)
{
	ss->counters->silences_queries++;
	ss->counters->silences_scanned += looked;
	ss->counters->silences_skipped += looked < ss->by_id.n ? ss->by_id.n - looked : 0;
}

static bool
look_and_count(const struct silences *ss, struct alert_entry *r, struct wall now, struct silences_run *run, struct work *w)
{
	size_t looked = 0;
	struct mono began;
	bool done;

	if (ss->counters == NULL)
		return r->silences_seen == ss->version || look(ss, r, now, run, w, &looked);
	if (r->silences_seen == ss->version) {
		/* Answered from what the entry remembers: not worth a stopwatch. */
		ss->counters->silences_query.buckets[0]++;
		count_looked(ss, 0);
		return true;
	}
	began = stopwatch(ss->port);
	done = look(ss, r, now, run, w, &looked);
	if (done) {
		count_duration(&ss->counters->silences_query, ss->port, began);
		count_looked(ss, looked);
	}
	return done;
}

bool
silences_match_some(const struct silences *ss, const struct alert_entry *entry, struct wall now, struct silences_run *run,
    struct work *w, size_t *active_out)
{
	struct alert_entry *r = entry_memory(entry);

	if (r->silences_steps != (uint16_t)ss->steps) {
		silences_forget(r);
		r->silences_steps = (uint16_t)ss->steps;
	}
	if (!look_and_count(ss, r, now, run, w))
		return false;
	if (run->silence != NULL)
		silences_run_reset(run);	/* somebody else went on */
	work_spend(w, LOOK_UNITS * (int64_t)r->silences_n);
	*active_out = r->silences_n > 0 ? tidy(r, now) : 0;
	return true;
}

size_t
silences_match(const struct silences *ss, const struct alert_entry *r, struct wall now)
{
	struct work all = { INT64_MAX };
	struct silences_run run = { 0 };
	size_t active = 0;
	bool done = silences_match_some(ss, r, now, &run, &all, &active);

	assert(done);
	(void)done;
	return active;
}

size_t
silences_active(const struct alert_entry *r, struct wall now, bool resolved, const struct silence **out)
{
	size_t n = 0;

	for (uint32_t i = 0; i < r->silences_n; i++) {
		const struct silence *s = r->silences[i]->silence;

		if (silence_state_ahead(s, now) != SILENCE_ACTIVE)
			continue;
		if (!resolved || s->extra == NULL || !s->extra->notify_resolved)
			out[n++] = s;
	}
	return n;
}

void
silences_note_held(const struct alert_entry *r, struct wall now)
{
	for (uint32_t i = 0; i < r->silences_n; i++)
		if (silence_state_at(r->silences[i]->silence, now) == SILENCE_ACTIVE)
			r->silences[i]->held = now;
}

void
silences_forget(struct alert_entry *r)
{
	for (uint32_t i = 0; i < r->silences_n; i++)
		entry_unref(r->silences[i]);
	mem_free(r->silences);
	r->silences = NULL;
	r->silences_n = 0;
	r->silences_seen = 0;
}

void
silences_clock_stepped(struct silences *ss)
{
	ss->steps++;
}
