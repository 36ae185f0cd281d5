/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of other members of the cluster (core/cluster.h). The rules of who
 * wins are Alertmanager's (silence.state.merge, nflog.state.merge), so that
 * members of either kind come to the same state in whatever order they hear of it.
 */
#include "core/cluster.h"

#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "engine_state.h"
#include "hashes.h"
#include "model/schedule.h"
#include "silence_edit.h"

/* A silence in the index and in lists, with what the store is told; an entry, and each of its hashes. */
#define SILENCE_UNITS 3000
#define ENTRY_UNITS 600
#define HASH_UNITS 2
/* One that is known already, or not taken. */
#define LOOK_UNITS 50

/* All that others have made this one hold, as it would be encoded. */
#define SILENCE_BYTES_MAX ((size_t)256 << 20)
#define LOG_BYTES_MAX ((size_t)1 << 30)

/* 0001 to 9999, as in the messages (google.protobuf.Timestamp). */
#define TIME_MIN (-INT64_C(62135596800))

void
engine_cluster(struct engine *e, const struct cluster_state *c, struct moment now)
{
	engine_enter(e, now);
	e->cluster = *c;
	awake_keep(e, now);
	engine_leave(e, now);
}

span
cluster_wait(const struct cluster_state *c)
{
	if (!c->on || c->position == 0 || c->peer_timeout <= 0)
		return 0;
	return c->peer_timeout <= SPAN_MAX / c->position ? c->peer_timeout * c->position : SPAN_MAX;
}

const char *
merged_text(enum merged m)
{
	static const char *const texts[MERGED_N] = {
		[MERGED_TAKEN] = "taken",
		[MERGED_KNOWN] = "known",
		[MERGED_EXPIRED] = "expired",
		[MERGED_REFUSED] = "refused",
	};

	return texts[m];
}

static bool
is_time(struct wall t)
{
	return t.s >= TIME_MIN && t.s <= WALL_LAST_S;
}

/* UUIDs have been the ids of silences always; others would come into URLs. */
static bool
is_id(const char *id)
{
	size_t n = strlen(id);

	for (size_t i = 0; i < n; i++)
		if (!ascii_alnum(id[i]) && id[i] != '-')
			return false;
	return n > 0;
}

static bool
has_texts(const struct silence *s)
{
	bool ok = utf8_valid(istr_str(s->created_by)) && utf8_valid(istr_str(s->comment));

	for (uint32_t i = 0; ok && i < labels_n(s->annotations); i++)
		ok = utf8_valid(istr_str(labels_name(s->annotations, i))) && utf8_valid(istr_str(labels_value(s->annotations, i)));
	return ok;
}

static bool
is_bounded(const struct silence *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->sets_n; i++)
		n += 1 + s->sets[i].n;
	return n <= MERGE_MATCHERS_MAX;
}

static bool
check_silence(const struct silences *ss, const struct silence *s, bool held, struct err *err)
{
	if (!is_id(s->id))
		return err_set(err, ERR_INVALID, "the id of a silence has other characters than letters, digits and -");
	if (!is_time(s->starts) || !is_time(s->ends) || !is_time(s->updated))
		return err_set(err, ERR_INVALID, "silence %s: a time is not within the years 1 to 9999", s->id);
	if (!has_texts(s))
		return err_set(err, ERR_INVALID, "silence %s: a text is not UTF-8", s->id);
	if (!is_bounded(s))
		return err_set(err, ERR_LIMIT, "silence %s has more than %d matchers", s->id, MERGE_MATCHERS_MAX);
	/* Its maker may allow more names than this member does. */
	if (!silence_validate(s, NAMING_UTF8, err)) {
		err_ctx(err, "silence %s", s->id);
		return false;
	}
	if (!held && (ss->by_id.n >= MERGE_SILENCES_MAX || ss->lists.bytes >= SILENCE_BYTES_MAX))
		return err_set(err, ERR_LIMIT, "too many silences: %zu, %zu bytes", ss->by_id.n, ss->lists.bytes);
	return true;
}

/*
 * A silence that was ended by somebody who knows nothing of its windows, as Alertmanager does, has its end and its last
 * change at one and the same time: then it does not come again. All members see it alike.
 */
static struct silence *
without_more_windows(const struct silence *s)
{
	struct silence *copy = silence_copy(s);

	if (silence_schedule(s) != NULL && wall_cmp(s->ends, s->updated) == 0)
		silence_end_schedule(copy, s->ends);
	return copy;
}

static bool
comes_again(const struct silence *s, struct wall now)
{
	const struct schedule *schedule = silence_schedule(s);
	struct wall starts, ends;

	return schedule != NULL && schedule_at(schedule, now, &starts, &ends);
}

static void
take_silence(struct engine *e, const struct change *c, enum silence_state before, bool fresh, struct moment now)
{
	struct silence *s = without_more_windows(c->silence);
	struct silence_entry *entry = silences_merge(&e->silences, s, c->expires, now.wall);
	enum silence_state state = silence_state_at(s, now.wall);

	if (state != SILENCE_EXPIRED || comes_again(s, now.wall))
		silence_watch(e, entry);
	else
		silence_watch_end(&e->silences, entry);
	save_silence(e, entry, CHANGE_SILENCE);
	if (state == SILENCE_EXPIRED && before != SILENCE_EXPIRED)
		tell_silence_event(e, entry, EVENT_SILENCE_EXPIRED, SILENCE_BY_PEER, now);
	else if (state != SILENCE_EXPIRED)
		tell_silence_event(e, entry, fresh ? EVENT_SILENCE_CREATED : EVENT_SILENCE_UPDATED, SILENCE_BY_PEER, now);
	silence_unref(s);
}

static enum merged
merge_silence(struct engine *e, const struct change *c, struct work *w, struct moment now, struct err *err)
{
	const struct silence *s = c->silence;
	const struct silence_entry *held = silences_find(&e->silences, str_from(s->id));
	enum silence_state before = held != NULL ? silence_state_at(held->silence, now.wall) : SILENCE_EXPIRED;

	if (wall_before(c->expires, now.wall))
		return MERGED_EXPIRED;
	if (held != NULL && !wall_before(held->silence->updated, s->updated))
		return MERGED_KNOWN;
	if (!check_silence(&e->silences, s, held != NULL, err))
		return MERGED_REFUSED;
	if (held != NULL && held->silence->source != NULL) {
		err_set(err, ERR_CONFLICT, "silence %s is declared in a rule file here", s->id);
		return MERGED_REFUSED;
	}
	work_spend(w, SILENCE_UNITS + (int64_t)e->silences.index.rest.n / 20);
	take_silence(e, c, before, held == NULL, now);
	return MERGED_TAKEN;
}

enum merged
engine_merge_silence(struct engine *e, const struct change *c, struct work *w, struct moment now, struct err *err)
{
	enum merged m;

	work_spend(w, LOOK_UNITS);
	engine_enter(e, now);
	m = merge_silence(e, c, w, now, err);
	e->counters.merged_silences[m]++;
	engine_leave(e, now);
	return m;
}

static bool
check_entry(const struct nflog *l, const struct log_entry *entry, bool held, struct err *err)
{
	if (entry->key.group_key.n == 0 || entry->key.integration.n == 0)
		return err_set(err, ERR_INVALID, "a log entry without group or integration");
	if (!utf8_valid(entry->key.receiver) || !utf8_valid(entry->key.integration))
		return err_set(err, ERR_INVALID, "a log entry whose receiver is not UTF-8");
	if (!is_time(entry->timestamp) || !is_time(entry->expires))
		return err_set(err, ERR_INVALID, "a log entry with a time that is not within the years 1 to 9999");
	if (!held && (nflog_count(l) >= MERGE_LOG_ENTRIES_MAX || nflog_bytes(l) >= LOG_BYTES_MAX))
		return err_set(err, ERR_LIMIT, "too many log entries: %zu, %zu bytes", nflog_count(l), nflog_bytes(l));
	return true;
}

/* Records are of a store with claims: a peer's entry has neither. */
static bool
is_record(const struct log_entry *entry)
{
	return entry->revision > 0 || entry->claimed_n > 0 || entry->doubtful_ends_n > 0;
}

static void
push_doubts(struct engine *e, const struct log_entry *from, const struct log_entry *to)
{
	for (size_t i = 0; i < from->doubtful_n; i++)
		if (log_entry_leaves_doubt(to, from->doubtful[i], from->doubted))
			VEC_PUSH(&e->fingerprints, from->doubtful[i]);
}

static size_t
sort_scratch(struct engine *e, size_t from)
{
	uint64_t *v = e->fingerprints.v + from;
	size_t n = e->fingerprints.n - from, kept = 0;

	hashes_sort(v, n);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || v[kept - 1] != v[i])
			v[kept++] = v[i];
	e->fingerprints.n = from + kept;
	return kept;
}

/*
 * Receivers that may have been told of an alert, or were promised its end, by this member still have to hear of it; where members
 * claim, by any of them. Records say all there is to say of claims and of ends. to is what will be held: what was, or what
 * came; its lists are in scratch then.
 */
static void
keep_doubts(struct engine *e, const struct log_entry *held, const struct log_entry *came, struct log_entry *to)
{
	const struct log_entry *claims = is_record(came) || held == NULL ? came : held;
	size_t doubtful, claimed;

	e->fingerprints.n = 0;
	if (held != NULL)
		push_doubts(e, held, to);
	if (is_record(came))
		push_doubts(e, came, to);
	doubtful = sort_scratch(e, 0);
	for (size_t i = 0; i < claims->claimed_n; i++)
		VEC_PUSH(&e->fingerprints, claims->claimed[i]);
	claimed = sort_scratch(e, doubtful);
	for (size_t i = 0; is_record(came) && i < came->doubtful_ends_n; i++)
		VEC_PUSH(&e->fingerprints, came->doubtful_ends[i]);
	to->doubtful_ends_n = sort_scratch(e, doubtful + claimed);
	to->doubted = held != NULL ? held->doubted : WALL_ZERO;
	if (is_record(came))
		log_entry_doubted(to, came->doubted);
	to->doubtful = e->fingerprints.v;
	to->doubtful_n = doubtful;
	to->claimed = e->fingerprints.v + doubtful;
	to->claimed_n = claimed;
	to->doubtful_ends = to->claimed + claimed;
	/* Doubts outlive what is nearly forgotten. */
	if (doubtful + to->doubtful_ends_n > 0 && held != NULL)
		to->expires = wall_after(held->expires, came->expires) ? held->expires : came->expires;
	to->partly = held != NULL ? held->partly : (struct partly_told){ .at = WALL_ZERO };
	to->revision = came->revision > 0 || held == NULL ? came->revision : held->revision;
}

/* Requests of two members that are under way together come to the receiver in an order that no clock tells. */
#define TOGETHER SPAN_S

/* This member told the one, and another at that time the contrary. */
static bool
are_rivals(const struct engine *e, const struct log_entry *held, const struct log_entry *came)
{
	span between = wall_sub(held->timestamp, came->timestamp);

	return !e->claims.on && !held->by_peer && between != 0 && between < TOGETHER && between > -TOGETHER &&
	    log_entries_contradict(held, came);
}

/*
 * COMPAT: what two members told together may contradict, and the receiver believes the last one, whoever that was. So what the
 * log holds, which is the newer one by the clocks, is told once more where they differ; Alertmanager's members leave it.
 */
static const struct log_entry *
set_with_rival(struct engine *e, const struct log_entry *rival, struct log_entry *entry)
{
	struct arena *a = arena_new();
	const struct log_entry *set;

	log_debts_by_rival(rival, entry, a);
	set = nflog_set(e->nflog, entry);
	arena_free(&a);
	return set;
}

/* It is older than what was told here by the clocks, but perhaps not to the receiver. */
static void
note_rival(struct engine *e, const struct log_entry *came)
{
	const struct log_entry *held = nflog_find(e->nflog, &came->key);
	struct log_entry noted = *held;

	if (are_rivals(e, held, came))
		save_log_entry(e, set_with_rival(e, came, &noted), CHANGE_LOG_ENTRY);
}

/* A record says more than what was told, which is known. */
static void
note_record(struct engine *e, const struct log_entry *held, const struct log_entry *came)
{
	struct log_entry noted = *held;

	if (!is_record(came) || (came->revision > 0 && came->revision <= held->revision))
		return;
	e->merges++;
	keep_doubts(e, held, came, &noted);
	(void)nflog_set(e->nflog, &noted);
}

static enum merged
merge_log_entry(struct engine *e, const struct change *c, struct work *w, struct moment now, struct err *err)
{
	struct log_entry taken = *c->entry;
	const struct log_entry *held = nflog_find(e->nflog, &taken.key);

	if (wall_before(taken.expires, now.wall))
		return MERGED_EXPIRED;
	if (held != NULL && !wall_before(held->timestamp, taken.timestamp)) {
		note_record(e, held, &taken);
		note_rival(e, &taken);
		return MERGED_KNOWN;
	}
	if (!check_entry(e->nflog, &taken, held != NULL, err))
		return MERGED_REFUSED;
	work_spend(w, ENTRY_UNITS + HASH_UNITS * (int64_t)(taken.firing_n + taken.resolved_n + taken.doubtful_n +
		taken.doubtful_ends_n + taken.claimed_n));
	keep_doubts(e, held, c->entry, &taken);
	/* Lists show when the group is told again. */
	e->revision++;
	taken.by_peer = true;
	taken.heard = wall_utc(now.wall);
	taken.merge = ++e->merges;
	if (held != NULL && are_rivals(e, held, &taken))
		held = set_with_rival(e, held, &taken);
	else
		held = nflog_set(e->nflog, &taken);
	save_log_entry(e, held, CHANGE_LOG_ENTRY);
	return MERGED_TAKEN;
}

enum merged
engine_merge_log_entry(struct engine *e, const struct change *c, struct work *w, struct moment now, struct err *err)
{
	enum merged m;

	work_spend(w, LOOK_UNITS);
	engine_enter(e, now);
	m = merge_log_entry(e, c, w, now, err);
	e->counters.merged_log_entries[m]++;
	engine_leave(e, now);
	return m;
}

/* A record that is encoded, and each matcher or hash of it. */
#define SHARE_UNITS 400
#define SHARE_PART_UNITS 20

static void
share_silences(struct hmap_node *node, struct work *w, void (*each)(void *arg, const struct change *c), void *arg)
{
	for (; node != NULL; node = node->next) {
		const struct silence_entry *entry = CONTAINER_OF(node, struct silence_entry, node);
		struct change c = { .kind = CHANGE_SILENCE, .silence = entry->silence, .expires = entry->expires };

		/* Those of rule files come with the configuration. */
		if (entry->silence->source != NULL)
			continue;
		work_spend(w, SHARE_UNITS);
		for (size_t i = 0; i < entry->silence->sets_n; i++)
			work_spend(w, SHARE_PART_UNITS * (int64_t)entry->silence->sets[i].n);
		each(arg, &c);
	}
}

bool
log_entry_is_shared(const struct log_entry *entry)
{
	return entry->firing_n + entry->resolved_n > 0;
}

static void
share_entries(struct hmap_node *node, struct work *w, void (*each)(void *arg, const struct change *c), void *arg)
{
	for (; node != NULL; node = node->next) {
		const struct log_entry *entry = CONTAINER_OF(node, struct log_entry, node);
		struct change c = { .kind = CHANGE_LOG_ENTRY, .entry = entry };

		if (!log_entry_is_shared(entry))
			continue;
		work_spend(w, SHARE_UNITS + SHARE_PART_UNITS * (int64_t)(entry->firing_n + entry->resolved_n));
		each(arg, &c);
	}
}

bool
view_shared_some(const struct engine *e, struct share_cursor *at, struct work *w,
    void (*each)(void *arg, const struct change *c), void *arg)
{
	struct hmap_node *node;

	while (!at->silences_over) {
		if (work_used_up(w))
			return false;
		work_spend(w, 1);
		if (hmap_next_bucket(&e->silences.by_id, &at->silences, &node))
			share_silences(node, w, each, arg);
		else
			at->silences_over = true;
	}
	while (!work_used_up(w)) {
		work_spend(w, 1);
		if (!nflog_next_bucket(e->nflog, &at->log, &node))
			return true;
		share_entries(node, w, each, arg);
	}
	return false;
}
