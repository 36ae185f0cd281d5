/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /api/ext/v1/sms/GATEWAY/report and /reply: what gateways tell of messages, and what people answer to them.
 *
 * A gateway that is not told to do so is not heard. Its signature or token proves a request (notify/hear.h).
 * A reply from a number that the gateway lists acts on the group of the last message to it; the answer goes back where the
 * gateway sends on what it is answered. One number has so many answers an hour: programs answer programs.
 */
#include "base/duration.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "config/gateways.h"
#include "core/delivery.h"
#include "core/heard.h"
#include "core/replies.h"
#include "ext_groups.h"
#include "model/group_name.h"
#include "sms_words.h"

/* Deliveries that are looked at for the last one to a number, and what one of them, and a reply itself, cost (base/work.h). */
#define LOOK_MAX 20000
#define LOOK_UNITS 15
#define REPLY_UNITS 1000
#define ACK_LONGEST (24 * SPAN_HOUR)
/* Members of a group that are counted one by one. */
#define COUNT_MAX 1000
/* Runes of an answer, and of the name of a group in it. */
#define ANSWER_MAX_RUNES 300
#define NAME_MAX_RUNES 60
/* Numbers that are remembered, and answers that each may have in an hour. */
#define NUMBERS_MAX 64
#define ANSWERS_MAX 20

struct sms_answers {
	struct answered {
		uint64_t number;	/* its hash */
		struct wall since;
		unsigned n;
	} v[NUMBERS_MAX];
};

void
sms_answers_free(struct sms_answers *s)
{
	mem_free(s);
}

/* May this number have another answer? Counts it. */
static bool
may_be_answered(struct call *c, struct str number)
{
	struct sms_answers *all = c->api->sms_answers;
	uint64_t hash = hash_seeded(number.p, number.n);
	struct answered *slot;

	if (all == NULL)
		all = c->api->sms_answers = NEW(struct sms_answers);
	slot = &all->v[hash % NUMBERS_MAX];
	if (slot->number != hash || wall_sub(c->now.wall, slot->since) > SPAN_HOUR || wall_before(c->now.wall, slot->since))
		*slot = (struct answered){ .number = hash, .since = c->now.wall };
	return ++slot->n <= ANSWERS_MAX;
}

/* The gateway of the path, when it is to be heard; NULL: answered. */
static const struct gateway *
heard_gateway(struct call *c, bool reply)
{
	const struct gateway *g = config_gateway(view_config(c->api->env.engine), c->params[0]);

	if (g != NULL && (reply ? g->hear.replies.n > 0 : g->hear.reports) && c->api->env.hear != NULL)
		return g;
	reply_text(c, 404, "there is no gateway of this name that is to be heard");
	return NULL;
}

static bool
hear(struct call *c, const struct gateway *g, bool reply, struct heard *out)
{
	struct err e = { 0 };

	if (c->api->env.hear(c->api->env.arg, g, c->req, reply, c->now, c->arena, out, &e))
		return true;
	reply_text(c, e.kind == ERR_AUTH ? 403 : e.kind == ERR_INVALID ? 400 : 500, arena_strdup(c->arena, e.text));
	return false;
}

static enum delivery_state
state_of(enum heard_state s)
{
	return s == HEARD_DELIVERED ? DELIVERY_DELIVERED : s == HEARD_FAILED ? DELIVERY_FAILED : DELIVERY_ACCEPTED;
}

void
api_sms_report(struct call *c)
{
	const struct gateway *g = heard_gateway(c, false);
	struct heard heard;

	if (g == NULL || !api_has_room(c) || !hear(c, g, false, &heard))
		return;
	for (size_t i = 0; i < heard.reports_n; i++) {
		const struct heard_report *r = &heard.reports[i];

		engine_report(c->api->env.engine, g->name, r->id, state_of(r->state), r->error, c->now);
	}
	reply_empty(c, 200);
	c->resp->wait_durable = true;
}

/* A request with replies on its way: each is a question about a group, which is looked for in slices. */
struct replying {
	struct http_later later;
	struct call call;
	struct config *config;		/* owned reference: whose gateway is */
	const struct gateway *gateway;
	struct heard heard;
	size_t at;			/* of the replies */
	enum sms_wish wish;
	span length;
	struct str number, name;	/* of the sender, of the group */
	bool searching;
	struct group_search search;
	struct str answer;		/* to the last one */
};

static bool
is_listed(struct call *c, const struct gateway *g, struct str number)
{
	for (size_t i = 0; i < g->hear.replies.n; i++)
		if (str_eq(sms_digits(c->arena, g->hear.replies.v[i]), number))
			return true;
	return false;
}

/*
 * One that came before has no effect again. Its id is remembered with what it does, in the same turn, so that after a crash between
 * the two a gateway that sends it again is heard.
 */
static bool
is_new(struct replying *r)
{
	struct engine *e = r->call.api->env.engine;
	const struct str marks[] = { r->heard.replies[r->at].id, r->at == 0 ? r->heard.once : STR_NONE };
	bool heard = false;

	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		heard |= view_reply_heard(e, r->gateway->name, marks[i]);
		engine_hear_reply(e, r->gateway->name, marks[i], r->call.now);
	}
	if (!heard)
		return true;
	LOG(r->call.api->env.log, LOG_INFO, "A reply came again, and is not heard twice", F_STR("gateway", r->gateway->name));
	return false;
}

/* The last message to a number. */
struct last {
	struct replying *r;
	size_t looked;
	bool found;
	uint64_t group;
	struct labels *labels;
};

static bool
is_last(void *arg, const struct delivery *d)
{
	struct last *l = arg;
	struct arena *scratch;

	if (++l->looked > LOOK_MAX)
		return false;
	if (d->digest || d->state == DELIVERY_SUPPRESSED || d->recipient.n < l->r->number.n)
		return true;
	scratch = arena_new();
	l->found = str_eq(sms_digits(scratch, d->recipient), l->r->number);
	arena_free(&scratch);
	if (l->found) {
		l->group = group_name(d->receiver, d->group_key);
		l->labels = labels_ref(d->labels);
	}
	return !l->found;
}

/* "DiskFull db1": values of a group's labels, the name of the alerts first. */
static struct str
name_of(struct arena *a, struct labels *labels)
{
	struct str all = labels_get(labels, STR("alertname"));

	for (size_t i = 0; i < labels_n(labels); i++)
		if (!str_is(istr_str(labels_name(labels, i)), "alertname"))
			all = arena_printf(a, "%.*s%s%.*s", STR_ARG(all), all.n > 0 ? " " : "",
			    STR_ARG(istr_str(labels_value(labels, i))));
	return all.n > 0 ? str_sub(all, 0, utf8_prefix(all, NAME_MAX_RUNES)) : STR("the alerts");
}

static struct str
who(struct replying *r)
{
	struct str n = r->number;

	return arena_printf(r->call.arena, "phone ...%.*s", STR_ARG(n.n > 4 ? str_sub(n, n.n - 4, n.n) : n));
}

static struct str
acknowledge(struct replying *r, const struct group_item *g)
{
	struct ack_request q = { .group = g->group, .owner = who(r), .comment = STR("by text message"), .longest = ACK_LONGEST };
	struct arena *a = r->call.arena;
	struct ack_result result;
	struct err e = { 0 };

	if (engine_ack(r->call.api->env.engine, &q, r->call.now, &result, &e))
		return arena_printf(a, "ACK %.*s: %zu alert%s", STR_ARG(r->name), result.alerts, result.alerts == 1 ? "" : "s");
	if (e.kind == ERR_CONFLICT && result.held != NULL)
		return arena_printf(a, "%.*s: %.*s has it already", STR_ARG(r->name), STR_ARG(istr_str(result.held->created_by)));
	return arena_printf(a, "%.*s: %s", STR_ARG(r->name), e.kind == ERR_NOT_FOUND ? "nothing fires any more" : e.text);
}

/* By the labels of the group that the message was about. */
static struct str
silence(struct replying *r, struct labels *labels)
{
	struct silence *s = silence_new();
	struct wall now = wall_utc(r->call.now.wall);
	struct arena *a = r->call.arena;
	char id[SILENCE_ID_MAX], length[DURATION_MAX];
	struct err e = { 0 };
	bool ok = labels_n(labels) > 0 || err_set(&e, ERR_INVALID, "its group has no labels to silence by");

	silence_add_set(s);
	for (size_t i = 0; ok && i < labels_n(labels); i++) {
		struct matcher m;

		ok = matcher_init(&m, MATCH_EQ, istr_str(labels_name(labels, i)), istr_str(labels_value(labels, i)), &e);
		if (ok)
			matchers_append(&s->sets[0], &m);
	}
	istr_unref(s->created_by);
	istr_unref(s->comment);
	s->created_by = istr_get(who(r));
	s->comment = istr_get(STR("by text message"));
	s->starts = now;
	s->ends = wall_add(now, r->length);
	ok = ok && engine_silence_set(r->call.api->env.engine, s, r->call.now, id, &e);
	silence_unref(s);
	duration_format(r->length, length);
	if (ok)
		return arena_printf(a, "SIL %s: %.*s", length, STR_ARG(r->name));
	return arena_printf(a, "%.*s: not silenced: %s", STR_ARG(r->name), e.text);
}

static struct str
status(struct replying *r, const struct group_item *g)
{
	const struct alert *at = NULL;
	size_t firing = 0, looked = 0;

	while (looked++ < COUNT_MAX && (at = view_member_after(g->group, at != NULL ? at->labels : NULL)) != NULL)
		firing += !alert_resolved_at(at, r->call.now.wall);
	return arena_printf(r->call.arena, "%.*s: %zu firing", STR_ARG(r->name), looked > COUNT_MAX ? g->alerts_n : firing);
}

/* True: the group is to be looked for. */
static bool
begin_reply(struct replying *r, struct work *w)
{
	const struct heard_reply *in = &r->heard.replies[r->at];
	struct call *c = &r->call;
	struct last last = { .r = r };
	bool search = false;

	work_spend(w, REPLY_UNITS);
	r->answer = STR_NONE;
	r->number = sms_digits(c->arena, in->from);
	r->wish = sms_wish(in->text, &r->length);
	if (!is_listed(c, r->gateway, r->number)) {
		LOG(c->api->env.log, LOG_WARN, "A reply came from a number that is not listed", F_STR("gateway", r->gateway->name));
		return false;
	}
	if (r->wish == SMS_STOP)
		return false;
	view_deliveries(c->api->env.engine, UINT64_MAX, is_last, &last);
	work_spend(w, (int64_t)last.looked * LOOK_UNITS);
	search = last.found && (r->wish == SMS_ACK || r->wish == SMS_STATUS);
	if (!search && !is_new(r)) {
		labels_unref(last.labels);
		return false;
	}
	if (!last.found) {
		r->answer = STR("There was no message to this number");
		return false;
	}
	r->name = name_of(c->arena, last.labels);
	r->search.id = last.group;
	if (r->wish == SMS_UNCLEAR)
		r->answer = STR("Answer ACK, SIL 2h or STATUS");
	else if (r->wish == SMS_SILENCE)
		r->answer = silence(r, last.labels);
	labels_unref(last.labels);
	return search;
}

static void
answer(struct replying *r)
{
	struct call *c = &r->call;
	struct str type, body, text = str_sub(r->answer, 0, utf8_prefix(r->answer, ANSWER_MAX_RUNES));

	if (text.n > 0 && !may_be_answered(c, r->number))
		text = STR_NONE;
	body = c->api->env.answer(r->gateway, text, c->arena, &type);
	c->resp->status = 200;
	if (type.n > 0)
		http_response_header(c->resp, "Content-Type", type);
	sbuf_str(&c->resp->body, body);
	c->resp->wait_durable = true;
}

static bool
step(struct http_later *l, struct http_response *out, struct work *w, struct moment now)
{
	struct replying *r = CONTAINER_OF(l, struct replying, later);
	struct engine *e = r->call.api->env.engine;

	r->call.resp = out;
	r->call.now = now;
	engine_see(e, now);
	for (; r->at < r->heard.replies_n; r->at++) {
		struct group_item g;
		enum match m = MATCH_NO;

		if (!r->searching && work_used_up(w))
			return false;
		if (!r->searching && !begin_reply(r, w))
			continue;
		r->searching = true;
		m = group_search_some(&r->search, e, w, &g);
		if (m == MATCH_LATER)
			return false;
		if (!is_new(r))
			r->answer = STR_NONE;
		else if (m == MATCH_NO)
			r->answer = arena_printf(r->call.arena, "%.*s: nothing fires any more", STR_ARG(r->name));
		else
			r->answer = r->wish == SMS_ACK ? acknowledge(r, &g) : status(r, &g);
		group_place_fini(&r->search.at);
		r->search = (struct group_search){ 0 };
		r->searching = false;
	}
	answer(r);
	return true;
}

static void
drop(struct http_later *l)
{
	struct replying *r = CONTAINER_OF(l, struct replying, later);

	group_place_fini(&r->search.at);
	config_unref(r->config);
}

void
api_sms_reply(struct call *c)
{
	const struct gateway *g = heard_gateway(c, true);
	struct heard heard;
	struct replying *r;

	if (g == NULL || !api_has_room(c) || !hear(c, g, true, &heard))
		return;
	r = ARENA_NEW(c->arena, struct replying);
	*r = (struct replying){ .later = { step, drop }, .call = ext_kept(c), .config = config_ref(view_config(c->api->env.engine)),
		.gateway = g, .heard = heard };
	c->resp->later = &r->later;
}
