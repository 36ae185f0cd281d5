/* SPDX-License-Identifier: Apache-2.0 */
/* The world as notifiers are given it. */
#include <assert.h>
#include <stdlib.h>

#include "loop/file.h"
#include "outbox_private.h"
#include "value_cache.h"

static bool
read_secret(void *arg, const char *path, struct arena *a, struct str *out, struct err *e)
{
	(void)arg;
	return file_read(path, FILE_SMALL_MAX, a, out, e);
}

static const char *
env_get(void *arg, const char *name)
{
	(void)arg;
	return getenv(name);
}

static void
note_truncated(void *arg, const struct notification *n, const char *field, size_t limit)
{
	struct outbox *o = arg;

	LOG(o->o.log, LOG_WARN, "Truncated a text that is longer than the receiver takes", F_CSTR("field", field),
	    F_UINT("limit", limit), F_STR("receiver", n->receiver->name), F_STR("group_key", n->group_key));
}

static void
note_recipient_failed(void *arg, const struct notification *n, struct str to, struct str why)
{
	struct outbox *o = arg;

	(void)to;	/* whose number it is does not belong into a log */
	LOG(o->o.log, LOG_ERROR, "Notification of one of several recipients was given up",
	    F_STR("receiver", n->receiver->name), F_CSTR("integration", n->integration->kind->name), F_STR("err", why));
}

static void
note_incomplete(void *arg, const struct notification *n, struct str why)
{
	struct outbox *o = arg;

	LOG(o->o.log, LOG_ERROR, "A template failed; what was rendered before it is sent",
	    F_STR("receiver", n->receiver->name), F_CSTR("integration", n->integration->kind->name),
	    F_STR("group_key", n->group_key), F_STR("err", why));
}

static void
note_route_label_failed(void *arg, const struct notification *n, struct str label, struct str why)
{
	struct outbox *o = arg;

	LOG(o->o.log, LOG_ERROR, "failed to render route label", F_CSTR("component", "dispatcher"),
	    F_STR("route", n->route->key), F_STR("label", label), F_STR("err", why));
}

static void
lock_cache(struct outbox *o)
{
	int bad = pthread_mutex_lock(&o->cache_lock);

	assert(bad == 0);
	(void)bad;
}

static void
unlock_cache(struct outbox *o)
{
	int bad = pthread_mutex_unlock(&o->cache_lock);

	assert(bad == 0);
	(void)bad;
}

/* Any thread. */
static bool
cached_get(void *arg, struct str key, struct moment now, struct arena *a, struct str *out)
{
	struct outbox *o = arg;
	bool found;

	lock_cache(o);
	found = value_cache_get(o->cache, key, now.mono, a, out);
	unlock_cache(o);
	return found;
}

static void
cached_put(void *arg, struct str key, struct str value, span ttl, struct moment now)
{
	struct outbox *o = arg;

	lock_cache(o);
	value_cache_put(o->cache, key, value, now.mono, mono_add(now.mono, ttl));
	unlock_cache(o);
}

static void
cached_drop(void *arg, struct str key)
{
	struct outbox *o = arg;

	lock_cache(o);
	value_cache_drop(o->cache, key);
	unlock_cache(o);
}

struct note {
	struct note *next;
	enum { NOTE_TRUNCATED, NOTE_RECIPIENT, NOTE_INCOMPLETE, NOTE_ROUTE_LABEL } kind;
	const char *field;	/* static */
	size_t limit;
	struct str about, why;
};

static void
add_note(struct notes *notes, struct note note)
{
	struct note *kept = ARENA_NEW(notes->arena, struct note);

	*kept = note;
	kept->about = arena_str(notes->arena, note.about);
	kept->why = arena_str(notes->arena, note.why);
	*notes->end = kept;
	notes->end = &kept->next;
}

static void
keep_truncated(void *arg, const struct notification *n, const char *field, size_t limit)
{
	(void)n;
	add_note(arg, (struct note){ .kind = NOTE_TRUNCATED, .field = field, .limit = limit });
}

static void
keep_recipient_failed(void *arg, const struct notification *n, struct str to, struct str why)
{
	(void)n;
	add_note(arg, (struct note){ .kind = NOTE_RECIPIENT, .about = to, .why = why });
}

static void
keep_incomplete(void *arg, const struct notification *n, struct str why)
{
	(void)n;
	add_note(arg, (struct note){ .kind = NOTE_INCOMPLETE, .why = why });
}

static void
keep_route_label_failed(void *arg, const struct notification *n, struct str label, struct str why)
{
	(void)n;
	add_note(arg, (struct note){ .kind = NOTE_ROUTE_LABEL, .about = label, .why = why });
}

static bool
noting_get(void *arg, struct str key, struct moment now, struct arena *a, struct str *out)
{
	return cached_get(((struct notes *)arg)->outbox, key, now, a, out);
}

static void
noting_put(void *arg, struct str key, struct str value, span ttl, struct moment now)
{
	cached_put(((struct notes *)arg)->outbox, key, value, ttl, now);
}

static void
noting_drop(void *arg, struct str key)
{
	cached_drop(((struct notes *)arg)->outbox, key);
}

void
notes_init(struct notes *notes, struct outbox *o, struct arena *a)
{
	*notes = (struct notes){ .outbox = o, .arena = a, .end = &notes->first };
}

void
notes_env(struct notify_env *env, struct notes *notes)
{
	*env = notes->outbox->env;
	env->truncated = keep_truncated;
	env->recipient_failed = keep_recipient_failed;
	env->incomplete = keep_incomplete;
	env->route_label_failed = keep_route_label_failed;
	env->cache_get = noting_get;
	env->cache_put = noting_put;
	env->cache_drop = noting_drop;
	env->arg = notes;
}

void
notes_tell(struct notes *notes, const struct notification *n)
{
	struct outbox *o = notes->outbox;

	for (const struct note *note = notes->first; note != NULL; note = note->next)
		switch (note->kind) {
		case NOTE_TRUNCATED:
			note_truncated(o, n, note->field, note->limit);
			break;
		case NOTE_RECIPIENT:
			note_recipient_failed(o, n, note->about, note->why);
			break;
		case NOTE_INCOMPLETE:
			note_incomplete(o, n, note->why);
			break;
		case NOTE_ROUTE_LABEL:
			note_route_label_failed(o, n, note->about, note->why);
			break;
		}
	notes->first = NULL;
	notes->end = &notes->first;
}

void
outbox_env_init(struct outbox *o)
{
	int bad = pthread_mutex_init(&o->cache_lock, NULL);

	assert(bad == 0);
	(void)bad;
	o->cache = value_cache_new();
	o->env = (struct notify_env){
		.external_url = o->o.external_url,
		.user_agent = o->o.user_agent,
		.hostname = o->o.hostname,
		.read_file = read_secret,
		.truncated = note_truncated,
		.recipient_failed = note_recipient_failed,
		.incomplete = note_incomplete,
		.route_label_failed = note_route_label_failed,
		.env_get = env_get,
		.cache_get = cached_get,
		.cache_put = cached_put,
		.cache_drop = cached_drop,
		.arg = o,
	};
	notes_init(&o->notes, o, NULL);
	notes_env(&o->trial, &o->notes);
}

void
outbox_env_fini(struct outbox *o)
{
	value_cache_free(&o->cache);
	pthread_mutex_destroy(&o->cache_lock);
}
