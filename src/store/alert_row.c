/* SPDX-License-Identifier: Apache-2.0 */
#include "alert_row_format.h"

#include <string.h>

#include "base/copy.h"
#include "base/hash.h"
#include "base/mem.h"

struct string_slot {
	const struct istr *s;
	uint32_t stamp, number;
};

void
alert_row_init(struct alert_row *r)
{
	*r = (struct alert_row){ .b = SBUF_INIT(SBUF_UNLIMITED), .mask = 1023 };
	r->slots = mem_calloc(r->mask + 1, sizeof(r->slots[0]));
}

void
alert_row_fini(struct alert_row *r)
{
	sbuf_fini(&r->b);
	mem_free(r->slots);
	r->slots = NULL;
}

void
alert_row_begin(struct alert_row *r)
{
	r->start = r->b.n;
	sbuf_putc(&r->b, ALERT_ROW_FORMAT);
	r->strings = 0;
	r->before.names = NULL;
	if (++r->stamp == 0) {
		memset(r->slots, 0, (r->mask + 1) * sizeof(r->slots[0]));
		r->stamp = 1;
	}
}

static struct string_slot *
slot_of(const struct alert_row *r, const struct istr *s)
{
	uint64_t h = hash_mix(0, (uintptr_t)s);
	uint32_t i = (uint32_t)(h >> 32) & r->mask;

	while (r->slots[i].stamp == r->stamp && r->slots[i].s != s)
		i = (i + 1) & r->mask;
	return &r->slots[i];
}

static void
grow_slots(struct alert_row *r)
{
	struct string_slot *old = r->slots;
	uint32_t n = r->mask + 1;

	r->mask = 2 * n - 1;
	r->slots = mem_calloc(2 * (size_t)n, sizeof(r->slots[0]));
	for (uint32_t i = 0; i < n; i++)
		if (old[i].stamp == r->stamp)
			*slot_of(r, old[i].s) = old[i];
	mem_free(old);
}

/*
 * Writing is most of what durability costs: room for the longest form is made
 * once per string or group of numbers, and bytes are put without further ado.
 */
#define VARINT_MAX 10
#define TIME_MAX (3 * VARINT_MAX)

static char *
room(struct alert_row *r, size_t n)
{
	/* One more for the NUL that a buffer ends with. */
	if (r->b.cap - r->b.n <= n)
		sbuf_reserve(&r->b, n + 1);
	return r->b.p + r->b.n;
}

static void
done(struct alert_row *r, const char *end)
{
	r->b.n = (size_t)(end - r->b.p);
	r->b.p[r->b.n] = '\0';
}

static char *
varint(char *p, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		*p++ = (char)(v | 0x80);
	*p++ = (char)v;
	return p;
}

/* Its number in the row; 0 and the string itself when it is new. */
static char *
put_string(struct alert_row *r, char *p, const struct istr *s)
{
	struct string_slot *slot = slot_of(r, s);

	if (slot->stamp == r->stamp)
		return varint(p, slot->number);
	*slot = (struct string_slot){ s, r->stamp, ++r->strings };
	*p++ = 0;
	p = copy_short(varint(p, s->n), s->bytes, s->n);
	if (2 * r->strings > r->mask)
		grow_slots(r);
	return p;
}

static size_t
size_of_labels(const struct labels *l)
{
	size_t n = VARINT_MAX + (size_t)labels_n(l) * 4 * VARINT_MAX;

	for (uint32_t i = 0; i < labels_n(l); i++)
		n += (size_t)labels_name(l, i)->n + labels_value(l, i)->n;
	return n;
}

static char *
put_labels(struct alert_row *r, char *p, const struct labels *l)
{
	p = varint(p, labels_n(l));
	for (uint32_t i = 0; i < labels_n(l); i++) {
		p = put_string(r, p, labels_name(l, i));
		p = put_string(r, p, labels_value(l, i));
	}
	return p;
}

static uint64_t
zigzag(int64_t v)
{
	return ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0);
}

static char *
put_time(char *p, struct wall t)
{
	p = varint(p, zigzag(t.s));
	p = varint(p, (uint32_t)t.ns);
	return varint(p, zigzag(t.offset));
}

/* An alert that has ended may keep the time: its end is not after `updated`, and so it stays. */
static struct wall
posted(const struct alert *a)
{
	if (!a->has_more)
		return alert_updated(a);
	return alert_resolved_at(a, alert_updated(a)) ? alert_updated(a) : alert_posted(a);
}

static char *
put_times(char *p, const struct alert *a)
{
	*p++ = a->timeout ? FLAG_TIMEOUT : 0;
	p = put_time(p, alert_starts(a));
	p = put_time(p, alert_ends(a));
	return put_time(p, posted(a));
}

static char *
put_id(char *p, struct alert_id id)
{
	memcpy(p, &id.fingerprint, sizeof(id.fingerprint));
	memcpy(p + sizeof(id.fingerprint), &id.hash, sizeof(id.hash));
	return p + sizeof(id.fingerprint) + sizeof(id.hash);
}

static void
note_before(struct alert_row *r, const struct alert *a)
{
	const struct labels *l = a->labels, *n = a->annotations;
	struct written_before *b = &r->before;

	b->names = labels_n(l) <= ALERT_ROW_ALIKE && labels_n(n) <= ALERT_ROW_ALIKE ? l->names : NULL;
	if (b->names == NULL)
		return;
	b->annotation_names = n->names;
	memcpy(b->values, l->values, labels_n(l) * sizeof(l->values[0]));
	memcpy(b->values + labels_n(l), n->values, labels_n(n) * sizeof(n->values[0]));
	b->url = a->generator_url;
	b->starts = alert_starts(a);
	b->ends = alert_ends(a);
	b->updated = posted(a);
}

static void
put_whole(struct alert_row *r, const struct alert *a)
{
	char *p = room(r, 2 + size_of_labels(a->labels) + size_of_labels(a->annotations) + 2 * VARINT_MAX +
	    a->generator_url->n + 3 * TIME_MAX);

	*p++ = ENTRY_ALERT;
	p = put_labels(r, p, a->labels);
	p = put_labels(r, p, a->annotations);
	p = put_string(r, p, a->generator_url);
	done(r, put_times(p, a));
	note_before(r, a);
}

static bool
same_time(struct wall x, struct wall y)
{
	return x.s == y.s && x.ns == y.ns && x.offset == y.offset;
}

/* The time goes to where that of the alert before stood; nothing is put if that is the same. */
static char *
put_new_time(char *p, struct wall *before, struct wall t, char *flags, char same)
{
	if (same_time(*before, t)) {
		*flags |= same;
		return p;
	}
	*before = t;
	return put_time(p, t);
}

static char *
put_new_times(char *p, struct written_before *b, const struct alert *a)
{
	char *flags = p++;

	*flags = a->timeout ? FLAG_TIMEOUT : 0;
	p = put_new_time(p, &b->starts, alert_starts(a), flags, FLAG_SAME_STARTS);
	p = put_new_time(p, &b->ends, alert_ends(a), flags, FLAG_SAME_ENDS);
	return put_new_time(p, &b->updated, posted(a), flags, FLAG_SAME_UPDATED);
}

/* A bit for each value that is another one than with the alert before, which becomes this one. */
static uint64_t
new_values(uint32_t *before, const struct labels *l)
{
	uint64_t mask = 0;

	for (uint32_t i = 0; i < labels_n(l); i++) {
		mask |= (uint64_t)(before[i] != l->values[i]) << i;
		before[i] = l->values[i];
	}
	return mask;
}

/* Behind any string there is room for another one's numbers and for what stands behind all. */
#define BEHIND_STRINGS (2 * VARINT_MAX + 1 + 3 * TIME_MAX)

static char *
put_next_string(struct alert_row *r, char *p, const struct istr *s)
{
	done(r, p);
	return put_string(r, room(r, s->n + 2 * VARINT_MAX + BEHIND_STRINGS), s);
}

static void
put_alike(struct alert_row *r, const struct alert *a)
{
	const uint32_t labels = labels_n(a->labels), all = labels + labels_n(a->annotations);
	struct written_before *b = &r->before;
	uint64_t mask = new_values(b->values, a->labels) | new_values(b->values + labels, a->annotations) << labels;
	bool url = b->url != a->generator_url;
	char *p = room(r, 1 + VARINT_MAX + BEHIND_STRINGS);

	b->url = a->generator_url;
	*p++ = ENTRY_ALIKE;
	p = varint(p, mask | (uint64_t)url << all);
	for (; mask != 0; mask &= mask - 1)
		p = put_next_string(r, p, numbered_at(b->values[__builtin_ctzll(mask)]));
	if (url)
		p = put_next_string(r, p, a->generator_url);
	done(r, put_new_times(p, b, a));
}

void
alert_row_put(struct alert_row *r, const struct alert *a)
{
	if (r->before.names == a->labels->names && r->before.annotation_names == a->annotations->names)
		put_alike(r, a);
	else
		put_whole(r, a);
}

void
alert_row_put_times(struct alert_row *r, const struct alert *a)
{
	char *p = room(r, 2 + sizeof(struct alert_id) + 3 * TIME_MAX);

	*p++ = ENTRY_TIMES;
	done(r, put_times(put_id(p, alert_id_of(a->labels)), a));
}

void
alert_row_put_drop(struct alert_row *r, struct alert_id id)
{
	char *p = room(r, 1 + sizeof(id));

	*p++ = ENTRY_DROP;
	done(r, put_id(p, id));
}

#define GROUP_STATE_MAX (1 + TIME_MAX + 3 * VARINT_MAX)

static char *
put_group_state(char *p, const struct stored_group *g)
{
	size_t n = g->alerts_n * sizeof(g->alerts[0]);

	*p++ = g->flushed ? FLAG_FLUSHED : 0;
	p = put_time(p, g->next_flush);
	p = varint(p, (uint64_t)g->group_wait);
	p = varint(p, (uint64_t)g->group_interval);
	p = varint(p, g->alerts_n);
	if (n > 0)
		memcpy(p, g->alerts, n);
	return p + n;
}

void
alert_row_put_group(struct alert_row *r, const struct stored_group *g)
{
	char *p = room(r, 1 + 5 * VARINT_MAX + g->route_id->n + g->receiver->n + size_of_labels(g->labels) + GROUP_STATE_MAX +
	    g->alerts_n * sizeof(g->alerts[0]));

	*p++ = ENTRY_GROUP;
	p = varint(p, g->number);
	p = put_string(r, p, g->route_id);
	p = put_string(r, p, g->receiver);
	p = put_labels(r, p, g->labels);
	done(r, put_group_state(p, g));
}

void
alert_row_put_group_state(struct alert_row *r, const struct stored_group *g)
{
	char *p = room(r, 1 + VARINT_MAX + GROUP_STATE_MAX + g->alerts_n * sizeof(g->alerts[0]));

	*p++ = ENTRY_GROUP_STATE;
	p = varint(p, g->number);
	done(r, put_group_state(p, g));
}

static void
put_number(struct alert_row *r, char entry, uint64_t number)
{
	char *p = room(r, 1 + VARINT_MAX);

	*p++ = entry;
	done(r, varint(p, number));
}

void
alert_row_put_group_drop(struct alert_row *r, uint64_t number)
{
	put_number(r, ENTRY_GROUP_DROP, number);
}

size_t
alert_row_begin_record(struct alert_row *r, unsigned table, uint64_t number)
{
	char *p = room(r, 1 + 2 * VARINT_MAX + LENGTH_BYTES);

	*p++ = ENTRY_RECORD;
	p = varint(p, table);
	p = varint(p, number);
	done(r, p + LENGTH_BYTES);
	return r->b.n;
}

void
alert_row_end_record(struct alert_row *r, size_t begun)
{
	size_t n = r->b.n - begun;

	for (size_t i = 0; i < LENGTH_BYTES; i++)
		r->b.p[begun - LENGTH_BYTES + i] = (char)(n >> 8 * i);
}

void
alert_row_put_record_drop(struct alert_row *r, uint64_t number)
{
	put_number(r, ENTRY_RECORD_DROP, number);
}
