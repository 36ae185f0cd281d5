/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "core/nflog.h"
#include "model/silence.h"
#include "share/share.h"
#include "wire/codec.h"
#include "wire/proto.h"

/* Decoding a record, by its bytes: expressions of silences are read too. */
#define RECORD_UNITS 300
#define SILENCE_BYTE_UNITS 10
#define ENTRY_BYTE_UNITS 3

/* Bytes that came in one message. */
struct message {
	struct list_node place;
	enum share_kind kind;
	struct proto_reader left;
	bool news;
	struct str bytes;
	void (*release)(void *arg); /* the bytes are not looked at any more */
	void *arg;
};

struct share {
	struct engine *engine;
	struct share_hooks hooks;
	struct list waiting;
	size_t waiting_bytes;
	struct arena *arena;	/* of the record at hand */
	struct share_figures figures;
};

struct share *
share_new(struct engine *e, const struct share_hooks *hooks)
{
	struct share *s = NEW(struct share);

	s->engine = e;
	s->hooks = *hooks;
	s->arena = arena_new();
	return s;
}

static void
drop(struct share *s, struct message *m)
{
	list_remove(&s->waiting, &m->place);
	s->waiting_bytes -= m->bytes.n;
	m->release(m->arg);
	mem_free(m);
}

void
share_free(struct share **sp)
{
	struct share *s = *sp;

	if (s == NULL)
		return;
	while (s->waiting.first != NULL)
		drop(s, CONTAINER_OF(s->waiting.first, struct message, place));
	arena_free(&s->arena);
	mem_free(s);
	*sp = NULL;
}

static bool
add(struct share *s, struct message *m)
{
	if (m->bytes.n > SHARE_WAITING_MAX - s->waiting_bytes) {
		s->figures.dropped++;
		m->release(m->arg);
		mem_free(m);
		return false;
	}
	m->left.rest = m->bytes;
	s->waiting_bytes += m->bytes.n;
	list_append(&s->waiting, &m->place);
	return true;
}

bool
share_receive_kept(struct share *s, enum share_kind kind, struct str bytes, void (*release)(void *arg), void *arg)
{
	struct message *m = NEW(struct message);

	*m = (struct message){ .kind = kind, .bytes = bytes, .release = release, .arg = arg };
	return add(s, m);
}

bool
share_receive(struct share *s, enum share_kind kind, struct str bytes)
{
	char *copy;

	if (bytes.n == 0)
		return true;
	copy = mem_strndup(bytes.p, bytes.n);
	return share_receive_kept(s, kind, (struct str){ copy, bytes.n }, mem_free, copy);
}

bool
share_waits(const struct share *s)
{
	return s->waiting.first != NULL;
}

size_t
share_waiting(const struct share *s)
{
	return s->waiting_bytes;
}

static void
malformed(struct share *s, enum share_kind kind, const struct err *why)
{
	s->figures.malformed++;
	if (s->hooks.refused != NULL)
		s->hooks.refused(s->hooks.arg, kind, why);
}

/* The record is decoded, or why is set. */
static bool
decode(struct share *s, enum share_kind kind, struct str record, struct change *c, struct err *why)
{
	struct log_entry *entry;

	if (record.n > SHARE_RECORD_MAX)
		return err_set(why, ERR_LIMIT, "a record of %zu bytes, of %zu at most", record.n, SHARE_RECORD_MAX);
	arena_reset(s->arena);
	if (kind == SHARE_SILENCES) {
		*c = (struct change){ .kind = CHANGE_SILENCE };
		c->silence = codec_get_silence(record, &c->expires, why);
		return c->silence != NULL;
	}
	entry = ARENA_NEW(s->arena, struct log_entry);
	*c = (struct change){ .kind = CHANGE_LOG_ENTRY, .entry = entry };
	return codec_get_log_entry(record, s->arena, entry, why);
}

static void
merge(struct share *s, struct message *m, struct str record, struct work *w, struct moment now)
{
	struct err why = { 0 };
	struct change c;
	enum merged done;

	work_spend(w, RECORD_UNITS + (int64_t)record.n * (m->kind == SHARE_SILENCES ? SILENCE_BYTE_UNITS : ENTRY_BYTE_UNITS));
	if (!decode(s, m->kind, record, &c, &why)) {
		malformed(s, m->kind, &why);
		return;
	}
	if (m->kind == SHARE_SILENCES)
		done = engine_merge_silence(s->engine, &c, w, now, &why);
	else
		done = engine_merge_log_entry(s->engine, &c, w, now, &why);
	silence_unref((struct silence *)(uintptr_t)c.silence);
	m->news |= done == MERGED_TAKEN;
	if (done == MERGED_REFUSED && s->hooks.refused != NULL)
		s->hooks.refused(s->hooks.arg, m->kind, &why);
}

/* True: it is done. */
static bool
merge_message(struct share *s, struct message *m, struct work *w, struct moment now)
{
	struct err why = { 0 };
	struct str record;

	while (!work_used_up(w)) {
		if (m->left.rest.n == 0)
			return true;
		if (!proto_read_record(&m->left, &record)) {
			/* Where the next one begins cannot be known. */
			err_set(&why, ERR_INVALID, "a length in front of a record is wrong");
			malformed(s, m->kind, &why);
			return true;
		}
		merge(s, m, record, w, now);
	}
	return m->left.rest.n == 0;
}

void
share_merge_some(struct share *s, struct work *w, struct moment now)
{
	while (s->waiting.first != NULL && !work_used_up(w)) {
		struct message *m = CONTAINER_OF(s->waiting.first, struct message, place);

		if (!merge_message(s, m, w, now))
			return;
		if (m->news) {
			s->figures.passed_on[m->kind]++;
			s->hooks.pass_on(s->hooks.arg, m->kind, m->bytes, now);
		}
		drop(s, m);
	}
}

const struct share_figures *
share_figures(const struct share *s)
{
	return &s->figures;
}
