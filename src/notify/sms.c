/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sms.c - which gateway is asked for which recipient, and what its answer means for it.
 *
 * A gateway that refuses a recipient is not asked for it again; one that puts it off is asked in the next attempt, and
 * after SMS_PATIENCE times in a row the next one in its place; one that cannot be reached is left for the next one at
 * once. A request without an answer may have been taken: then the gateway's on_unknown decides.
 */
#include "sms.h"

static size_t
index_of(const struct attempt *a, const struct recipient *r)
{
	return (size_t)(r - a->n->recipients.v);
}

/* The gateway that had it last, or the next one when that one's time is over. */
static size_t
first_way(const struct sms_state *state, const struct recipient *r)
{
	for (size_t i = 0; i < state->ways_n; i++)
		if (str_eq(state->ways[i].gateway->name, r->gateway))
			return r->passing >= SMS_PATIENCE ? i + 1 : i;
	return 0;
}

static bool
find_way(const struct sms_state *state, const struct recipient *r, const struct sms_turn *t, size_t *way)
{
	size_t first = first_way(state, r);

	for (size_t k = 0; k < state->ways_n; k++) {
		size_t i = (first + k) % state->ways_n;

		if (((r->refused | t->asked) >> i & 1) != 0 || state->ways[i].away)
			continue;
		*way = i;
		return true;
	}
	return false;
}

static bool
may_be_asked(const struct attempt *a, const struct recipient *r, size_t *way)
{
	const struct sms_state *state = a->state;
	const struct sms_turn *t = &state->turns[index_of(a, r)];

	return r->state == RECIPIENT_PENDING && !t->under_way && !t->over && find_way(state, r, t, way);
}

struct recipient *
sms_next(struct attempt *a, size_t *way)
{
	const struct recipients *all = &a->n->recipients;
	struct recipient *best = NULL;
	size_t by;

	for (size_t i = 0; i < all->n; i++) {
		struct recipient *r = &all->v[i];

		if ((best == NULL || r->tries < best->tries) && may_be_asked(a, r, &by)) {
			best = r;
			*way = by;
		}
	}
	return best;
}

size_t
sms_left(const struct attempt *a)
{
	const struct recipients *all = &a->n->recipients;
	size_t n = 0, way;

	for (size_t i = 0; i < all->n; i++)
		n += may_be_asked(a, &all->v[i], &way);
	return n;
}

void
sms_leaves(struct attempt *a, struct recipient *r, size_t way)
{
	struct sms_state *state = a->state;
	struct sms_turn *t = &state->turns[index_of(a, r)];
	struct str name = state->ways[way].gateway->name;

	if (!str_eq(r->gateway, name))
		r->passing = 0;
	recipients_tried(a->n, r, name);
	t->asked |= 1u << way;
	t->way = way;
	t->under_way = true;
	state->under_way++;
}

/* Numbers are people's: errors show the ends only of those that are longer than a service's. */
#define MASKED_BEYOND 6

static struct str
mask(struct arena *a, struct str to)
{
	return to.n > MASKED_BEYOND ? arena_printf(a, "...%.*s", STR_ARG(str_sub(to, to.n - 4, to.n))) : to;
}

/* Gateways like to repeat the number, with or without what stands in front of its digits. */
static struct str
mask_inside(struct arena *a, struct str text, struct str to)
{
	struct str digits = gateway_number(a, NUMBER_PLAIN, to);

	return digits.n > MASKED_BEYOND ? arena_replace(a, text, digits, mask(a, to)) : text;
}

static struct str
answer_text(struct arena *a, const struct response *r, struct str why)
{
	struct str body = why.n > 0 ? why : str_trim(r->body);

	body = str_sub(body, 0, 500);
	if (r->transport_error)
		return r->error;
	return arena_printf(a, "unexpected answer with status code %d%s%.*s", r->status, body.n > 0 ? ": " : "", STR_ARG(body));
}

static void
note_error(struct attempt *a, const struct recipient *to, const struct response *r, struct str why, struct sms_error *out)
{
	const struct sms_state *state = a->state;
	const struct sms_settings *s = a->settings;
	struct str name = state->ways[state->turns[index_of(a, to)].way].gateway->name;
	struct str shown = mask(a->arena, to->to), text = mask_inside(a->arena, answer_text(a->arena, r, why), to->to);

	out->failure = r->transport_error ? FAILURE_OTHER : judge_failure(r->status);
	if (s->gateways.n > 0)
		text = arena_printf(a->arena, "gateway %.*s: %.*s", STR_ARG(name), STR_ARG(text));
	out->text = arena_printf(a->arena, "recipient %.*s: %.*s", STR_ARG(shown), STR_ARG(text));
}

/* Another attempt, or another gateway in this one, may do better. */
static void
put_off(struct attempt *a, struct recipient *r, struct sms_turn *t, const struct response *response, struct str why)
{
	struct sms_state *state = a->state;

	note_error(a, r, response, why, &state->temporary);
	recipients_note(a->n, r, state->temporary.text);
	if (response->retry_after > a->retry_after)
		a->retry_after = response->retry_after;
	t->over = r->passing < SMS_PATIENCE;
}

static void
refused(struct attempt *a, struct recipient *r, const struct sms_turn *t, const struct response *response, struct str why)
{
	struct sms_state *state = a->state;

	note_error(a, r, response, why, &state->final);
	r->refused |= 1u << t->way;
	r->passing = SMS_PATIENCE;
	if (r->refused == (1u << state->ways_n) - 1)
		recipients_failed(a, r, state->final.text);
	else
		recipients_note(a->n, r, state->final.text);
}

static void
unknown(struct attempt *a, struct recipient *r, struct sms_turn *t, const struct response *response)
{
	struct sms_state *state = a->state;

	switch (state->ways[t->way].gateway->on_unknown) {
	case UNKNOWN_GIVE_UP:
		note_error(a, r, response, STR_NONE, &state->final);
		recipients_unknown(a, r, state->final.text);
		return;
	case UNKNOWN_NEXT_GATEWAY:
		r->passing = SMS_PATIENCE;
		break;
	case UNKNOWN_RETRY:
	default:
		r->passing++;
		break;
	}
	put_off(a, r, t, response, STR_NONE);
}

static void
answered(struct attempt *a, struct recipient *r, struct sms_turn *t, const struct response *response)
{
	struct sms_state *state = a->state;
	const struct sms_way *way = &state->ways[t->way];
	struct gateway_answer answer = { 0 };

	switch (way->preset->judge(a->arena, way->gateway, response, &answer)) {
	case GATEWAY_ACCEPTED:
		if (way->preset->own_ids && way->gateway->hear.reports)
			answer.id = gateway_reference(a, r->to);
		recipients_done(a->n, r, answer.id);
		break;
	case GATEWAY_REFUSED:
		refused(a, r, t, response, answer.why);
		break;
	case GATEWAY_LATER:
	default:
		r->passing++;
		put_off(a, r, t, response, answer.why);
		break;
	}
}

void
sms_back(struct attempt *a, struct recipient *r, const struct response *response)
{
	struct sms_state *state = a->state;
	struct sms_turn *t = &state->turns[index_of(a, r)];

	state->under_way--;
	t->under_way = false;
	recipients_answered(r, response->unanswered || response->status == 504);
	if (response->suppressed) {
		recipients_suppressed(r);
	} else if (!response->transport_error) {
		answered(a, r, t, response);
	} else if (response->unanswered) {
		unknown(a, r, t, response);
	} else {
		state->ways[t->way].away = true;
		r->passing = SMS_PATIENCE;
		put_off(a, r, t, response, STR_NONE);
	}
}
