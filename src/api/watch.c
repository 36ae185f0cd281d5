/* SPDX-License-Identifier: Apache-2.0 */
#include "watch.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/mem.h"
#include "heartbeats.h"
#include "severity.h"

/* An overview is not made more often, nor is somebody called more often. */
#define INTERVAL SPAN_S
#define WATCHERS_MAX 512
/* Called in one pulse: nothing of a client that waits is in a cache, and thousands may be told to come again. */
#define CALLS_MAX 256
/* A silence that ends within this time is one that ends soon. */
#define SOON SPAN_HOUR

struct counts {
	uint64_t total, states[SEEN_STATES];
	uint64_t severities[SEVERITIES];	/* of active ones */
	uint64_t silences_active, silences_pending, silences_ending;
};

struct watch {
	struct api *api;
	struct look look;
	struct arena *scratch;
	struct list watchers;
	size_t watchers_n;
	struct mono called;		/* when somebody was called last, for the first of them */
	bool calling;			/* not all who waited then have been */
	bool goes_on;			/* the last pulse was not the end of it */
	uint64_t epoch;			/* changes that the clock made */
	/* The overview, when there is one: */
	bool made;
	struct mono made_at;
	struct revision of;
	struct wall turn;		/* when the clock changes it */
	bool turns;
	struct sbuf alerts, silence_counts;	/* JSON */
	/* The one that is being made: */
	bool making;
	struct revision making_of;
	struct labels *at;		/* alerts up to here; owned reference */
	bool alerts_done;
	struct silence_list *silences;
	struct counts counts;
	struct wall next_end;		/* of the alerts that fire; with `ends` */
	bool ends;
};

struct watch *
watch_new(struct api *a)
{
	struct watch *w = NEW(struct watch);

	w->api = a;
	look_init_all(&w->look);
	w->scratch = arena_new();
	w->alerts.max = w->silence_counts.max = SBUF_UNLIMITED;
	return w;
}

void
watch_free(struct watch **w)
{
	if (*w == NULL)
		return;
	view_silence_list_end(&(*w)->silences);
	look_fini(&(*w)->look);
	labels_unref((*w)->at);
	arena_free(&(*w)->scratch);
	sbuf_fini(&(*w)->alerts);
	sbuf_fini(&(*w)->silence_counts);
	mem_free(*w);
	*w = NULL;
}

struct str
instance_name(void)
{
	static char name[9];

	if (name[0] == '\0')
		snprintf(name, sizeof(name), "%08" PRIx32, (uint32_t)hash_seeded("instance", 8));
	return str_from(name);
}

/* As of now, as far as it is known without a walk. */
static struct revision
revision_now(const struct watch *w)
{
	const struct api_env *env = &w->api->env;
	struct view_revision v;

	view_revision(env->engine, &v);
	return (struct revision){
		.alerts = v.alerts + v.silences + v.config + w->epoch,
		.silences = v.silences,
		.config = v.config,
		.history = env->history_revision != NULL ? env->history_revision(env->arg) : 0,
	};
}

static bool
is_same(const struct revision *a, const struct revision *b)
{
	return a->alerts == b->alerts && a->silences == b->silences && a->config == b->config && a->history == b->history;
}

/* Compares the parts that the overview shows; history it does not show. */
static bool
shows_same(const struct revision *a, const struct revision *b)
{
	return a->alerts == b->alerts && a->silences == b->silences && a->config == b->config;
}

/* Takes note of what the clock has changed. */
static void
look_at_clock(struct watch *w, struct moment now)
{
	if (!w->turns || wall_before(now.wall, w->turn))
		return;
	w->turns = false;
	w->epoch++;
}

static bool
is_made(struct watch *w, struct moment now)
{
	struct revision current;

	look_at_clock(w, now);
	current = revision_now(w);
	return w->made && shows_same(&w->of, &current);
}

struct visit {
	struct watch *w;
	struct work *work;
	struct moment now;
};

static bool
count_alert(void *arg, const struct alert_entry *entry, const struct alert *a)
{
	struct visit *v = arg;
	struct watch *w = v->w;
	struct wall ends = alert_ends(a);
	struct seen seen;
	struct str word;

	if (!heartbeats_see(w->api->heartbeats, a, v->now, v->work))
		return false;
	if (alert_resolved_at(a, v->now.wall))
		return true;
	if (!look_only(&w->look, w->api->env.engine, entry, a, v->now, v->work, w->scratch, &seen))
		return false;
	w->counts.total++;
	w->counts.states[seen.state]++;
	if (seen.state == SEEN_ACTIVE)
		w->counts.severities[severity_class(w->api, alert_severity(w->api, a->labels, &word))]++;
	if (!wall_is_zero(ends) && (!w->ends || wall_before(ends, w->next_end))) {
		w->next_end = ends;
		w->ends = true;
	}
	return true;
}

static bool
count_silences(struct watch *w, struct work *work, struct moment now)
{
	static const bool wanted[3] = { [SILENCE_ACTIVE] = true, [SILENCE_PENDING] = true };
	const struct silence *s;

	if (w->silences == NULL)
		w->silences = view_silence_list(w->api->env.engine, wanted, now);
	while ((s = view_silence_next(w->silences, work)) != NULL) {
		bool active = silence_state_at(s, now.wall) == SILENCE_ACTIVE;

		*(active ? &w->counts.silences_active : &w->counts.silences_pending) += 1;
		w->counts.silences_ending += active && wall_sub(s->ends, now.wall) < SOON;
		if (work_used_up(work))
			return false;
	}
	if (work_used_up(work))
		return false;
	view_silence_list_end(&w->silences);
	return true;
}

static void
begin(struct watch *w)
{
	w->making = true;
	w->alerts_done = false;
	w->making_of = revision_now(w);
	heartbeats_begin(w->api->heartbeats, view_config(w->api->env.engine));
	w->counts = (struct counts){ 0 };
	w->ends = false;
	labels_unref(w->at);
	w->at = NULL;
	view_silence_list_end(&w->silences);
}

static void
write_counts(struct watch *w)
{
	const struct counts *n = &w->counts;
	struct json_writer out;

	sbuf_reset(&w->alerts);
	sbuf_reset(&w->silence_counts);
	json_writer_init(&out, &w->alerts, JSON_HTML_ESCAPED);
	json_object_begin(&out);
	json_put_uint(&out, "total", n->total);
	for (size_t i = 0; i < SEEN_STATES; i++)
		json_put_uint(&out, seen_state_text((enum seen_state)i), n->states[i]);
	json_key(&out, STR("severity"));
	json_object_begin(&out);
	for (size_t i = 0; i < SEVERITIES; i++)
		json_put_uint(&out, severity_class_name((enum severity)i), n->severities[i]);
	json_object_end(&out);
	json_object_end(&out);
	json_writer_init(&out, &w->silence_counts, JSON_HTML_ESCAPED);
	json_object_begin(&out);
	json_put_uint(&out, "active", n->silences_active);
	json_put_uint(&out, "pending", n->silences_pending);
	json_put_uint(&out, "ending_soon", n->silences_ending);
	json_object_end(&out);
}

static void
end(struct watch *w, struct moment now)
{
	w->making = false;
	w->made = true;
	w->made_at = now.mono;
	w->of = w->making_of;
	heartbeats_end(w->api->heartbeats);
	w->turns = view_silences_turn(w->api->env.engine, now, &w->turn);
	if (w->ends && (!w->turns || wall_before(w->next_end, w->turn))) {
		w->turn = w->next_end;
		w->turns = true;
	}
	write_counts(w);
}

bool
watch_update(struct watch *w, struct work *work, struct moment now)
{
	struct visit v = { w, work, now };

	engine_see(w->api->env.engine, now);
	if (!w->making) {
		if (is_made(w, now) || (w->made && mono_sub(now.mono, w->made_at) < INTERVAL))
			return true;
		begin(w);
	}
	arena_reset(w->scratch);
	if (!w->alerts_done)
		w->alerts_done = view_alerts_some(w->api->env.engine, &w->at, work, count_alert, &v);
	if (!w->alerts_done || !count_silences(w, work, now))
		return false;
	end(w, now);
	return true;
}

struct str
watch_alerts(const struct watch *w)
{
	struct str object = sbuf_get(&w->alerts);

	return str_sub(object, 1, object.n - 1);
}

struct str
watch_silences(const struct watch *w)
{
	return sbuf_get(&w->silence_counts);
}

struct revision
watch_revision(const struct watch *w)
{
	struct revision r = w->of;

	r.history = revision_now(w).history;
	return r;
}

bool
watch_differs(struct watch *w, const struct revision *since, struct moment now)
{
	struct revision told;

	look_at_clock(w, now);
	/* An overview that may not be made anew yet has no other news than history's. */
	told = w->made && !w->making && mono_sub(now.mono, w->made_at) < INTERVAL ? watch_revision(w) : revision_now(w);
	return !is_same(&told, since);
}

bool
watch_is_current(const struct watch *w, struct moment now, struct revision *out)
{
	*out = revision_now(w);
	/* Without a turn the clock has nothing to change. */
	return w->made && shows_same(&w->of, out) && (!w->turns || wall_before(now.wall, w->turn));
}

bool
watcher_waits(const struct watcher *who)
{
	return who->stream != NULL;
}

size_t
watch_waiting(const struct watch *w)
{
	return w->watchers_n;
}

void
watch_enter(struct watch *w, struct watcher *who, struct moment now)
{
	struct watcher *oldest;

	list_append(&w->watchers, &who->place);
	who->came = now.mono;
	if (++w->watchers_n <= WATCHERS_MAX)
		return;
	oldest = CONTAINER_OF(w->watchers.first, struct watcher, place);
	oldest->until = now.mono;
}

void
watch_leave(struct watch *w, struct watcher *who)
{
	if (who->stream == NULL)
		return;
	list_remove(&w->watchers, &who->place);
	w->watchers_n--;
	who->stream = NULL;
}

bool
watch_pulse(struct watch *w, struct moment now)
{
	bool begins = mono_sub(now.mono, w->called) >= INTERVAL, went_on = w->calling;
	unsigned calls = 0;

	w->goes_on = w->calling = false;
	LIST_EACH(&w->watchers, node) {
		struct watcher *who = CONTAINER_OF(node, struct watcher, place);
		struct http_stream *stream = who->stream;
		/* Those that came after the first was called have had an answer since, and wait for their time. */
		bool may_call = begins || (went_on && who->came.ns <= w->called.ns);
		bool changed = may_call && watch_differs(w, &who->since, now);

		if (!changed && now.mono.ns < who->until.ns)
			continue;
		if (calls++ == CALLS_MAX) {
			w->goes_on = true;
			w->calling = begins || went_on;
			break;
		}
		if (changed && begins)
			w->called = now.mono;
		watch_leave(w, who);
		stream->ready(stream->ready_arg);
	}
	return w->watchers.first != NULL;
}

bool
watch_pulse_goes_on(const struct watch *w)
{
	return w->goes_on;
}
