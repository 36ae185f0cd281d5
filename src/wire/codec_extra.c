/* SPDX-License-Identifier: Apache-2.0 */
#include "codec_extra.h"

#include "base/mem.h"
#include "base/tz.h"
#include "base/vec.h"
#include "model/schedule.h"
#include "wire/proto.h"

/* Numbers of fields, of which those that are false or empty are left out. */
enum {
	EXTRA_ACK = 1,
	EXTRA_ENDS_WITH_ALERT = 2,
	EXTRA_NOTIFY_RESOLVED = 3,
	EXTRA_COVERED = 4,
	EXTRA_FINGERPRINTS = 5,	/* eight bytes each, the lowest first */
	EXTRA_SCHEDULE = 6,
};
enum {
	SCHEDULE_LOCATION = 1,
	SCHEDULE_UNTIL = 2,
	SCHEDULE_WINDOW = 3,
};
enum {
	WINDOW_WEEKDAYS = 1,
	WINDOW_FROM = 2,
	WINDOW_TO = 3,
};

static void
put_flag(struct sbuf *b, unsigned field, bool flag)
{
	if (flag)
		proto_uint(b, field, 1);
}

static void
put_fingerprints(struct sbuf *b, const struct silence_extra *x)
{
	if (x->fingerprints_n == 0)
		return;
	proto_begin(b, EXTRA_FINGERPRINTS, 8 * x->fingerprints_n);
	for (size_t i = 0; i < x->fingerprints_n; i++)
		for (unsigned k = 0; k < 8; k++)
			sbuf_putc(b, (char)(x->fingerprints[i] >> 8 * k & 0xff));
}

static void
put_schedule(struct sbuf *b, const struct schedule *s)
{
	struct sbuf in = SBUF_INIT(SBUF_UNLIMITED), window = SBUF_INIT(SBUF_UNLIMITED);

	proto_bytes(&in, SCHEDULE_LOCATION, zone_name(s->location));
	if (!wall_is_zero(s->until))
		proto_time(&in, SCHEDULE_UNTIL, s->until);
	for (size_t i = 0; i < s->n; i++) {
		sbuf_reset(&window);
		proto_uint(&window, WINDOW_WEEKDAYS, s->windows[i].weekdays);
		proto_uint(&window, WINDOW_FROM, s->windows[i].from);
		proto_uint(&window, WINDOW_TO, s->windows[i].to);
		proto_bytes(&in, SCHEDULE_WINDOW, sbuf_get(&window));
	}
	proto_bytes(b, EXTRA_SCHEDULE, sbuf_get(&in));
	sbuf_fini(&in);
	sbuf_fini(&window);
}

void
codec_put_extra(struct sbuf *b, unsigned field, const struct silence *s)
{
	struct sbuf in = SBUF_INIT(SBUF_UNLIMITED);
	const struct silence_extra *x = s->extra;

	put_flag(&in, EXTRA_ACK, x->ack);
	put_flag(&in, EXTRA_ENDS_WITH_ALERT, x->ends_with_alert);
	put_flag(&in, EXTRA_NOTIFY_RESOLVED, x->notify_resolved);
	put_flag(&in, EXTRA_COVERED, s->covered);
	put_fingerprints(&in, x);
	if (x->schedule != NULL)
		put_schedule(&in, x->schedule);
	proto_bytes(b, field, sbuf_get(&in));
	sbuf_fini(&in);
}

bool
codec_knows_of_extra(const struct proto_field *f)
{
	if (f->number == EXTRA_FINGERPRINTS || f->number == EXTRA_SCHEDULE)
		return f->type == 2;
	return f->type == 0 && f->number >= EXTRA_ACK && f->number <= EXTRA_COVERED;
}

static bool
malformed(struct err *e)
{
	return err_set(e, ERR_INVALID, "malformed extension of a silence");
}

static bool
get_fingerprints(struct str bytes, struct silence_extra *x)
{
	VEC(uint64_t) v = { 0 };

	if (bytes.n % 8 != 0 || bytes.n / 8 > SILENCE_ALERTS_MAX)
		return false;
	for (size_t i = 0; i < bytes.n; i += 8) {
		uint64_t one = 0;

		for (unsigned k = 0; k < 8; k++)
			one |= (uint64_t)(unsigned char)bytes.p[i + k] << 8 * k;
		VEC_PUSH(&v, one);
	}
	silence_extra_set_fingerprints(x, v.v, v.n);
	VEC_FINI(&v);
	return true;
}

static bool
get_window(struct str bytes, struct schedule *s, struct err *e)
{
	struct proto_reader r = { .rest = bytes };
	struct proto_field f;
	struct schedule_window w = { 0 };

	while (proto_next(&r, &f)) {
		if (f.type != 0 || f.u > UINT16_MAX)
			continue;
		if (f.number == WINDOW_WEEKDAYS && f.u <= UINT8_MAX)
			w.weekdays = (uint8_t)f.u;
		else if (f.number == WINDOW_FROM)
			w.from = (uint16_t)f.u;
		else if (f.number == WINDOW_TO)
			w.to = (uint16_t)f.u;
	}
	return r.bad ? malformed(e) : schedule_add(s, w, e);
}

static bool
get_schedule(struct str bytes, struct schedule *s, struct err *e)
{
	struct proto_reader r = { .rest = bytes };
	struct proto_field f;
	struct str location = STR_NONE;

	s->until = WALL_ZERO;
	while (proto_next(&r, &f)) {
		bool ok = true;

		if (f.type != 2)
			continue;
		if (f.number == SCHEDULE_LOCATION)
			location = f.bytes;
		else if (f.number == SCHEDULE_UNTIL)
			ok = proto_read_time(f.bytes, &s->until) || malformed(e);
		else if (f.number == SCHEDULE_WINDOW)
			ok = get_window(f.bytes, s, e);
		if (!ok)
			return false;
	}
	if (r.bad || s->n == 0)
		return malformed(e);
	if (schedule_set_location(s, location, e))
		return true;
	e->kind = ERR_NOT_FOUND;
	return false;
}

bool
codec_get_extra(struct str body, struct silence *s, struct err *e)
{
	struct proto_reader r = { .rest = body };
	struct proto_field f;
	struct silence_extra *x = s->extra;

	/* One after another is more of the same. */
	if (x == NULL)
		s->extra = x = silence_extra_new();
	while (proto_next(&r, &f)) {
		if (f.type == 0 && f.number == EXTRA_ACK)
			x->ack = f.u != 0;
		else if (f.type == 0 && f.number == EXTRA_ENDS_WITH_ALERT)
			x->ends_with_alert = f.u != 0;
		else if (f.type == 0 && f.number == EXTRA_NOTIFY_RESOLVED)
			x->notify_resolved = f.u != 0;
		else if (f.type == 0 && f.number == EXTRA_COVERED)
			s->covered = f.u != 0;
		else if (f.type == 2 && f.number == EXTRA_FINGERPRINTS && !get_fingerprints(f.bytes, x))
			return malformed(e);
		else if (f.type == 2 && f.number == EXTRA_SCHEDULE) {
			mem_free(x->schedule);
			x->schedule = NEW(struct schedule);
			if (!get_schedule(f.bytes, x->schedule, e))
				return false;
		}
	}
	return !r.bad || malformed(e);
}
