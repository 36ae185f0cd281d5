/* SPDX-License-Identifier: Apache-2.0 */
#include "model/silence.h"

#include <assert.h>

#include "base/mem.h"
#include "base/quote.h"
#include "base/slab.h"
#include "base/utf8.h"
#include "model/schedule.h"
#include "text/regex.h"

struct silence *
silence_new(void)
{
	struct silence *s = SLAB_NEW(struct silence);

	s->refs = 1;
	s->starts = s->ends = s->updated = WALL_ZERO;
	s->created_by = istr_get(STR_NONE);
	s->comment = istr_ref(s->created_by);
	s->annotations = labels_empty();
	return s;
}

struct matchers *
silence_add_set(struct silence *s)
{
	struct matchers *set, *had = s->sets;

	if (s->sets_n == 0) {
		s->sets = &s->only;
	} else {
		s->sets = mem_realloc(had != &s->only ? had : NULL, s->sets_n + 1, sizeof(s->sets[0]));
		if (had == &s->only)
			s->sets[0] = s->only;
	}
	set = &s->sets[s->sets_n++];
	*set = (struct matchers){ 0 };
	return set;
}

struct silence *
silence_ref(struct silence *s)
{
	assert(s->refs != 0 && s->refs < UINT32_MAX);
	s->refs++;
	return s;
}

void
silence_unref(struct silence *s)
{
	if (s == NULL)
		return;
	assert(s->refs != 0);
	if (--s->refs != 0)
		return;
	for (size_t i = 0; i < s->sets_n; i++)
		matchers_fini(&s->sets[i]);
	if (s->sets != &s->only)
		mem_free(s->sets);
	istr_unref(s->created_by);
	istr_unref(s->comment);
	istr_unref(s->unknown);
	istr_unref(s->unknown_around);
	istr_unref(s->source);
	silence_extra_unref(s->extra);
	labels_unref(s->annotations);
	slab_free(s);
}

struct silence *
silence_copy(const struct silence *s)
{
	struct silence *copy = slab_alloc(sizeof(*copy));

	*copy = *s;
	copy->refs = 1;
	copy->sets = NULL;
	copy->sets_n = 0;
	for (size_t i = 0; i < s->sets_n; i++)
		matchers_copy(silence_add_set(copy), &s->sets[i]);
	istr_ref(copy->created_by);
	istr_ref(copy->comment);
	if (copy->unknown != NULL)
		istr_ref(copy->unknown);
	if (copy->unknown_around != NULL)
		istr_ref(copy->unknown_around);
	if (copy->source != NULL)
		istr_ref(copy->source);
	if (copy->extra != NULL)
		silence_extra_ref(copy->extra);
	labels_ref(copy->annotations);
	return copy;
}

enum silence_state
silence_state_at(const struct silence *s, struct wall now)
{
	if (wall_before(now, s->starts))
		return SILENCE_PENDING;
	return wall_after(now, s->ends) ? SILENCE_EXPIRED : SILENCE_ACTIVE;
}

enum silence_state
silence_state_ahead(const struct silence *s, struct wall then)
{
	enum silence_state state = silence_state_at(s, then);
	struct wall start, end;

	if (state != SILENCE_EXPIRED || silence_schedule(s) == NULL ||
	    !schedule_at(silence_schedule(s), then, &start, &end))
		return state;
	return wall_before(then, start) ? SILENCE_PENDING : SILENCE_ACTIVE;
}

const char *
silence_state_text(enum silence_state s)
{
	switch (s) {
	case SILENCE_EXPIRED:
		return "expired";
	case SILENCE_ACTIVE:
		return "active";
	case SILENCE_PENDING:
		return "pending";
	}
	assert(false);
	return "";
}

bool
silence_matches(const struct silence *s, const struct labels *l)
{
	for (size_t i = 0; i < s->sets_n; i++)
		if (matchers_match(&s->sets[i], l))
			return true;
	return false;
}

static bool
refuse(struct err *e, const char *what, struct str s)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	quote_go(&b, s);
	err_set(e, ERR_INVALID, "invalid %s %s", what, sbuf_cstr(&b));
	sbuf_fini(&b);
	return false;
}

/* On its own, not between ^(?: and )$: a)(b is no pattern. */
static bool
refuse_regex(struct err *e, struct str pattern)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct regex *re = regex_compile(pattern, REGEX_SEARCH, e);

	if (re == NULL) {
		quote_go(&b, pattern);
		err_ctx(e, "invalid regular expression %s", sbuf_cstr(&b));
	}
	sbuf_fini(&b);
	regex_free(&re);
	return false;
}

/* All but that an expression compiles. */
static bool
check_texts(enum matcher_op op, struct str name, struct str value, enum naming naming, struct err *e)
{
	if (!label_name_valid(name, naming))
		return refuse(e, "label name", name);
	return op == MATCH_RE || op == MATCH_NRE || utf8_valid(value) || refuse(e, "label value", value);
}

/* The expression is compiled already, and not a second time. */
static bool
check_matcher(const struct matcher *m, enum naming naming, struct err *e)
{
	return check_texts(m->op, istr_str(m->name), istr_str(m->value), naming, e) &&
	    (m->re == NULL || regex_stands_alone(m->re) || refuse_regex(e, istr_str(m->value)));
}

bool
silence_matcher_init(struct matcher *out, enum matcher_op op, struct str name, struct str value, enum naming naming,
    struct err *e)
{
	if (!check_texts(op, name, value, naming, e))
		return false;
	if (!matcher_init(out, op, name, value, e))
		return refuse_regex(e, value);
	if (check_matcher(out, naming, e))
		return true;
	matcher_fini(out);
	return false;
}

/* A negation does not count, even one that the empty string satisfies. */
static bool
matches_empty(const struct matcher *m)
{
	return (m->op == MATCH_EQ || m->op == MATCH_RE) && matcher_matches_value(m, STR_NONE);
}

static bool
check_set(const struct matchers *ms, size_t set, enum naming naming, struct err *e)
{
	bool all_match_empty = true;

	if (ms->n == 0)
		return err_set(e, ERR_INVALID, "matcher set %zu is empty", set);
	for (size_t i = 0; i < ms->n; i++) {
		const struct matcher *m = &ms->m[i];

		if (!check_matcher(m, naming, e))
			return err_ctx(e, "invalid label matcher %zu in set %zu", i, set);
		all_match_empty = all_match_empty && matches_empty(m);
	}
	if (all_match_empty)
		return err_set(e, ERR_INVALID, "matcher set %zu: at least one matcher must not match the empty string",
		    set);
	return true;
}

static bool
check_extra(const struct silence_extra *x, struct err *e)
{
	if (x->fingerprints_n > SILENCE_ALERTS_MAX)
		return err_set(e, ERR_INVALID, "%zu alerts are named, at most %d can be", x->fingerprints_n, SILENCE_ALERTS_MAX);
	if (x->ack && !x->ends_with_alert)
		return err_set(e, ERR_INVALID, "an acknowledgement ends with its alerts");
	if (x->schedule == NULL)
		return true;
	if (x->schedule->location == NULL || x->schedule->n == 0)
		return err_set(e, ERR_INVALID, "a schedule needs a time zone and at least one window");
	if (x->ends_with_alert)
		return err_set(e, ERR_INVALID, "a silence with a schedule cannot end with its alerts");
	return true;
}

bool
silence_validate(const struct silence *s, enum naming naming, struct err *e)
{
	if (s->sets_n == 0)
		return err_set(e, ERR_INVALID, "at least one matcher set required");
	for (size_t i = 0; i < s->sets_n; i++)
		if (!check_set(&s->sets[i], i, naming, e))
			return false;
	if (wall_is_zero(s->starts))
		return err_set(e, ERR_INVALID, "invalid zero start timestamp");
	if (wall_is_zero(s->ends))
		return err_set(e, ERR_INVALID, "invalid zero end timestamp");
	if (wall_before(s->ends, s->starts))
		return err_set(e, ERR_INVALID, "end time must not be before start time");
	return s->extra == NULL || check_extra(s->extra, e);
}

/* Sizes in protobuf's encoding. All field numbers are below 16: one byte of key. */
static size_t
varint_size(uint64_t v)
{
	/* Seven bits a byte, one at least. */
	return (size_t)(63 - __builtin_clzll(v | 1)) / 7 + 1;
}

static size_t
bytes_field(size_t n)
{
	return 1 + varint_size(n) + n;
}

/* Strings that are empty are left out, except in maps. */
static size_t
text_field(const struct istr *s)
{
	return s->n != 0 ? bytes_field(s->n) : 0;
}

static size_t
time_field(struct wall t)
{
	size_t n = 0;

	if (t.s != 0)
		n += 1 + varint_size((uint64_t)t.s);
	if (t.ns != 0)
		n += 1 + varint_size((uint64_t)t.ns);
	return bytes_field(n);
}

static size_t
set_field(const struct matchers *ms)
{
	size_t n = 0;

	for (size_t i = 0; i < ms->n; i++) {
		const struct matcher *m = &ms->m[i];

		n += bytes_field((m->op != MATCH_EQ ? 2 : 0) + text_field(m->name) + text_field(m->value));
	}
	return bytes_field(n);
}

/* The field of what only we know, which Alertmanager passes over. */
static size_t
extra_field(const struct silence_extra *x)
{
	size_t n = 8 + 8 * x->fingerprints_n;

	if (x->schedule != NULL)
		n += 40 + 8 * x->schedule->n;
	return 1 + bytes_field(n);
}

size_t
silence_wire_size(const struct silence *s, struct wall expires)
{
	size_t id = strlen(s->id);
	size_t n = id != 0 ? bytes_field(id) : 0;

	n += time_field(s->starts) + time_field(s->ends) + time_field(s->updated);
	n += text_field(s->created_by) + text_field(s->comment);
	for (size_t i = 0; i < labels_n(s->annotations); i++)
		n += bytes_field(bytes_field(labels_name(s->annotations, i)->n) + bytes_field(labels_value(s->annotations, i)->n));
	for (size_t i = 0; i < s->sets_n; i++)
		n += set_field(&s->sets[i]);
	n += istr_str(s->unknown).n;
	if (s->extra != NULL)
		n += extra_field(s->extra);
	return bytes_field(n) + time_field(expires) + istr_str(s->unknown_around).n;
}
