/* SPDX-License-Identifier: Apache-2.0 */
#include "model/alert.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "base/slab.h"

_Static_assert(sizeof(void *) != 8 || sizeof(struct alert) == 64, "a line of the cache");

static size_t
drop_empty_values(struct label_pair *pairs, size_t n)
{
	size_t out = 0;

	for (size_t i = 0; i < n; i++)
		if (pairs[i].value.n != 0)
			pairs[out++] = pairs[i];
	return out;
}

static bool
validate(const struct alert *a, enum naming naming, bool utf8, struct err *e)
{
	if (wall_is_zero(alert_starts(a)))
		return err_set(e, ERR_INVALID, "start time missing");
	if (wall_before(alert_ends(a), alert_starts(a)))
		return err_set(e, ERR_INVALID, "start time must be before end time");
	if (labels_n(a->labels) == 0)
		return err_set(e, ERR_INVALID, "at least one label pair required");
	if (!labels_check(a->labels, naming, utf8, e))
		return err_ctx(e, "invalid label set");
	if (!labels_check(a->annotations, naming, utf8, e))
		return err_ctx(e, "invalid annotations");
	return true;
}

static struct labels *
labels_of(const struct alert_draft *d)
{
	size_t n;

	if (d->labels_like.set != NULL)
		return labels_of_like(d->labels_like, d->labels, true);
	/* A later empty value hides an earlier one of the same name: first tidy, then drop. */
	n = d->labels_tidy ? d->labels_n : label_pairs_tidy(d->labels, d->labels_n);
	return labels_of_tidy(d->labels, drop_empty_values(d->labels, n), true);
}

static struct labels *
annotations_of(const struct alert_draft *d)
{
	if (d->annotations_like.set != NULL)
		return labels_of_like(d->annotations_like, d->annotations, false);
	if (!d->annotations_tidy)
		return labels_new_unhashed(d->annotations, d->annotations_n);
	return labels_of_tidy(d->annotations, d->annotations_n, false);
}

struct alert *
alert_make(const struct alert_draft *d, span resolve_timeout, enum naming naming, struct wall now,
    bool *firing_out, struct err *e)
{
	struct alert *a = slab_alloc(sizeof(*a));
	struct wall starts = d->starts, ends = d->ends;
	bool timeout = wall_is_zero(ends);

	if (wall_is_zero(starts))
		starts = timeout ? now : ends;
	if (timeout)
		ends = wall_add(now, resolve_timeout);
	*a = (struct alert){ .refs = 1, .timeout = timeout };
	alert_set_starts(a, starts);
	alert_set_ends(a, ends);
	alert_set_updated(a, now);
	*firing_out = wall_after(ends, now);
	a->labels = d->known_labels != NULL ? labels_ref(d->known_labels) : labels_of(d);
	a->annotations = d->known_annotations != NULL ? labels_ref(d->known_annotations) : annotations_of(d);
	a->generator_url = d->known_url != NULL ? istr_ref(d->known_url) : istr_get(d->generator_url);
	if (!validate(a, naming, d->utf8, e)) {
		alert_unref(a);
		return NULL;
	}
	return a;
}

struct alert *
alert_ref(struct alert *a)
{
	assert(a->refs != 0 && a->refs < UINT32_MAX);
	a->refs++;
	return a;
}

void
alert_unref(struct alert *a)
{
	if (a == NULL)
		return;
	assert(a->refs != 0);
	if (--a->refs != 0)
		return;
	labels_unref(a->labels);
	labels_unref(a->annotations);
	istr_unref(a->generator_url);
	slab_free(a);
}

bool
alert_resolved_at(const struct alert *a, struct wall t)
{
	struct wall ends = alert_ends(a);

	return !wall_is_zero(ends) && !wall_after(ends, t);
}

struct wall
alert_stated_end(const struct alert *a)
{
	return a->has_more ? wall_add(alert_ends(a), -a->more->beyond) : alert_ends(a);
}

struct wall
alert_posted(const struct alert *a)
{
	return a->has_more ? wall_add(alert_updated(a), -a->more->waited) : alert_updated(a);
}

/* All but what few have, for which there is room if it is wanted. */
static struct alert *
copy(const struct alert *a, bool has_more)
{
	struct alert *c = slab_alloc(sizeof(*c) + (has_more ? sizeof(c->more[0]) : 0));

	memcpy(c, a, sizeof(*c));
	c->refs = 1;
	c->has_more = has_more;
	labels_ref(c->labels);
	labels_ref(c->annotations);
	istr_ref(c->generator_url);
	return c;
}

static struct alert *
copy_with(const struct alert *a, struct alert_more more)
{
	bool has_more = more.beyond != 0 || more.waited != 0;
	struct alert *c = copy(a, has_more);

	if (has_more)
		c->more[0] = more;
	return c;
}

static struct alert_more
more_of(const struct alert *a)
{
	return a->has_more ? a->more[0] : (struct alert_more){ 0 };
}

struct alert *
alert_with_wait(struct alert *a, span waited)
{
	struct alert_more more = more_of(a);
	struct alert *c;

	more.waited = waited - waited % SPAN_MS;
	c = copy_with(a, more);
	alert_unref(a);
	return c;
}

/* Strictly: ranges that only touch are two episodes. */
static bool
is_inside(struct wall t, const struct alert *a)
{
	return wall_after(t, alert_starts(a)) && wall_before(t, alert_ends(a));
}

static struct wall
merged_end(const struct alert *older, const struct alert *younger, struct wall now)
{
	struct wall old = alert_ends(older), young = alert_ends(younger);

	if (!wall_after(old, young))
		return young;
	if (alert_resolved_at(younger, now))
		return alert_resolved_at(older, now) ? old : young;
	/* An end that somebody stated outlives a refresh that states an earlier one or none. */
	return older->timeout ? young : old;
}

struct alert *
alert_merge(struct alert *old, struct alert *fresh, struct wall now)
{
	struct alert *older = old, *younger = fresh, *a;
	struct alert_more more;
	struct wall ends;

	if (!is_inside(alert_ends(fresh), old) && !is_inside(alert_starts(fresh), old))
		return alert_ref(fresh);
	/* Unless the clock was set back: then what arrives is the younger one all the same. */
	if (wall_before(alert_updated(fresh), alert_updated(old)) && !wall_after(alert_updated(old), now)) {
		older = fresh;
		younger = old;
	}
	more = more_of(younger);
	ends = merged_end(older, younger, now);
	more.beyond = wall_sub(ends, alert_stated_end(younger));
	a = copy_with(younger, more);
	if (wall_before(alert_starts(older), alert_starts(younger)))
		alert_set_starts(a, alert_starts(older));
	alert_set_ends(a, ends);
	return a;
}

static struct istr *
value_at(const struct labels *l, uint32_t i)
{
	return i < labels_n(l) ? labels_value(l, i) : NULL;
}

void
alert_place(struct alert_place *p, const struct labels *l)
{
	*p = (struct alert_place){ l, value_at(l, l->names->job), value_at(l, l->names->instance) };
}

/* Those that have the label first, then by its value. */
static int
cmp_values(const struct istr *a, const struct istr *b)
{
	if (a == b)
		return 0;
	if (a == NULL || b == NULL)
		return (a == NULL) - (b == NULL);
	return str_cmp(istr_str(a), istr_str(b));
}

int
alert_place_cmp(const struct alert_place *p, const struct labels *l)
{
	int d = cmp_values(p->job, value_at(l, l->names->job));

	if (d == 0)
		d = cmp_values(p->instance, value_at(l, l->names->instance));
	return d != 0 ? d : labels_cmp(p->labels, l);
}

/* Bits of a rank, from the top: 2 for the job, 2 for the instance, 12 for the length of the prefix, 48 for the bytes behind it. */
#define JOB_SHIFT 62
#define INSTANCE_SHIFT 60
#define PREFIX_SHIFT 48
#define PREFIX_MAX ((1u << 12) - 1)

/* Before, beside or behind. */
static uint64_t
side(int d)
{
	return d < 0 ? 0 : d == 0 ? 1 : 2;
}

static uint64_t
eight_bytes(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

static uint32_t
common_prefix(const struct istr *a, const struct istr *b)
{
	uint32_t most = a->n < b->n ? a->n : b->n, n = 0;

	for (; n + 8 <= most; n += 8) {
		uint64_t differ = eight_bytes(a->bytes + n) ^ eight_bytes(b->bytes + n);

		if (differ != 0)
			return n + (uint32_t)__builtin_clzll(differ) / 8;
	}
	while (n < most && a->bytes[n] == b->bytes[n])
		n++;
	return n;
}

static uint64_t
six_bytes(const struct istr *s, uint32_t from)
{
	uint64_t bytes = 0;

	if (from + 8 <= s->n)
		return eight_bytes(s->bytes + from) >> 16;
	for (uint32_t i = from; i < from + 6; i++)
		bytes = bytes << 8 | (i < s->n ? (unsigned char)s->bytes[i] : 0);
	return bytes;
}

uint64_t
alert_place_rank(const struct alert_place *p, const struct istr *job, const struct istr *instance)
{
	int of_job = cmp_values(p->job, job), d;
	uint64_t rank = side(of_job) << JOB_SHIFT;
	uint32_t prefix;

	if (of_job != 0)
		return rank;
	d = cmp_values(p->instance, instance);
	rank |= side(d) << INSTANCE_SHIFT;
	if (p->instance == NULL)
		return rank | ((UINT64_C(1) << INSTANCE_SHIFT) - 1);
	if (d == 0 || instance == NULL)
		return rank;
	prefix = common_prefix(p->instance, instance);
	/* The longer it is the nearer they are. */
	if (prefix >= PREFIX_MAX)
		return d < 0 ? rank | (uint64_t)PREFIX_MAX << PREFIX_SHIFT : rank;
	return rank | (uint64_t)(d < 0 ? prefix : PREFIX_MAX - prefix) << PREFIX_SHIFT | six_bytes(p->instance, prefix);
}

int
alert_cmp(const struct alert *a, const struct alert *b)
{
	struct alert_place p;

	alert_place(&p, a->labels);
	return alert_place_cmp(&p, b->labels);
}
