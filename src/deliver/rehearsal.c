/* SPDX-License-Identifier: Apache-2.0 */
#include "core/rehearsal.h"

#include "base/mem.h"
#include "outbox_private.h"

/* Numbers that the engine does not come to. */
#define FIRST_NUMBER (UINT64_C(1) << 63)
/* So much is shown of what the other side says. */
#define ANSWER_MAX 1000

struct rehearsing {
	struct rehearsal *who;
	struct arena *arena;		/* the attempt's may be in the hands of another thread */
	struct mono began;
	int status;
	struct str answer;
	bool transport_error;
	struct rehearsed_recipient recipients[REHEARSED_RECIPIENTS_MAX];
	size_t recipients_n;
};

void
rehearsing_free(struct rehearsing **r)
{
	if (*r == NULL)
		return;
	arena_free(&(*r)->arena);
	mem_free(*r);
	*r = NULL;
}

static struct rehearsed_recipient *
recipient(struct rehearsing *r, struct str to)
{
	if (r->recipients_n == REHEARSED_RECIPIENTS_MAX)
		return NULL;
	r->recipients[r->recipients_n] = (struct rehearsed_recipient){ .to = arena_str(r->arena, to) };
	return &r->recipients[r->recipients_n++];
}

static struct str
words_of(struct rehearsing *r, const struct response *a)
{
	struct str words = a->transport_error ? a->error : a->body;

	return arena_str(r->arena, str_sub(str_trim(words), 0, ANSWER_MAX));
}

static void
mail_answer(struct rehearsing *r, const struct mail_request *q, const struct response *a)
{
	bool taken = !a->transport_error && a->smtp_code / 100 == 2;

	r->status = a->smtp_code;
	for (size_t i = 0; i < q->to_n; i++) {
		struct rehearsed_recipient *to = recipient(r, q->to[i]);

		if (to == NULL)
			return;
		to->status = a->smtp_recipient_codes != NULL ? a->smtp_recipient_codes[i] : 0;
		to->ok = taken && (to->status == 0 || to->status / 100 == 2);
	}
}

void
rehearsing_answer(struct sending *d, const struct request *q, const struct response *a)
{
	struct rehearsing *r = d->rehearsing;
	struct rehearsed_recipient *to;

	r->transport_error = a->transport_error;
	r->answer = words_of(r, a);
	r->status = a->status;
	if (q->kind == REQUEST_MAIL) {
		mail_answer(r, &q->mail, a);
	} else if (q->recipient.n > 0 && (to = recipient(r, q->recipient)) != NULL) {
		to->status = a->status;
		to->answer = r->answer;
	}
}

/* Those that the notifier keeps account of: what it made of the answers; some may have had none. */
static bool
judge_recipients(struct rehearsing *r, const struct recipients *all)
{
	bool ok = true;

	for (size_t i = 0; i < all->n; i++) {
		struct rehearsed_recipient *to = NULL;

		for (size_t k = 0; k < r->recipients_n && to == NULL; k++)
			if (str_eq(r->recipients[k].to, all->v[i].to))
				to = &r->recipients[k];
		if (to == NULL)
			to = recipient(r, all->v[i].to);
		if (to != NULL)
			to->ok = all->v[i].state == RECIPIENT_DONE;
		ok &= all->v[i].state == RECIPIENT_DONE;
	}
	for (size_t k = 0; all->n == 0 && k < r->recipients_n; k++)
		ok &= r->recipients[k].ok;
	return ok;
}

void
rehearsing_over(struct sending *d, enum step step, const struct err *e)
{
	struct rehearsing *r = d->rehearsing;
	struct outbox *o = d->outbox;
	bool all = judge_recipients(r, &d->n->recipients);
	bool ok = step == STEP_DONE && all;
	/* Some first ask for a token. An answer that is no error and did not end the attempt well may hold one. */
	bool shown = step == STEP_DONE || r->transport_error || r->status / 100 != 2;
	struct rehearsal_result result = {
		.ok = ok,
		.retry = step == STEP_RETRY,
		.status = r->status,
		.answer = shown ? r->answer : STR_NONE,
		.error = ok ? STR_NONE : step == STEP_DONE ? STR("not all recipients were served") : str_from(e->text),
		.took = mono_sub(o->o.clock->now(o->o.clock).mono, r->began),
		.recipients = r->recipients,
		.recipients_n = r->recipients_n,
	};

	r->who->number = 0;
	r->who->over(r->who, &result);
}

void
outbox_rehearse(struct outbox *o, struct rehearsal *who, struct notification *n, struct mono deadline)
{
	struct rehearsing *r = NEW(struct rehearsing);

	r->who = who;
	r->arena = arena_new();
	r->began = o->o.clock->now(o->o.clock).mono;
	who->number = FIRST_NUMBER + o->rehearsals++;
	n->id = who->number;
	delivery_begin(o, who->number, n, deadline, r);
}

void
outbox_call_off(struct outbox *o, struct rehearsal *r)
{
	if (r->number != 0)
		outbox_cancel(o, r->number);
	r->number = 0;
}
