/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_sms.c - short messages by way of gateways (gateways/gateway.h): of the receiver's own, or named ones in turn.
 *
 * An extension: Alertmanager has no such kind. One request per recipient, some at a
 * time, each judged alone: a number whose request hangs or breaks off holds back
 * nobody. Recipients that have been served are remembered, so that another attempt
 * serves only the rest.
 */
#include "base/ascii.h"
#include "config/gateway_fields.h"
#include "settings.h"
#include "sms.h"
#include "text/gsm7.h"

#define TEXT_DEFAULT "{{ template \"sms.default.text\" . }}"
#define S struct sms_settings

static const struct field sms_fields[] = {
	COMMON_FIELDS(S, "true"),
	STRINGS_FIELD(S, gateways, .flags = F_OMIT_EMPTY,
	    .doc = "Names of gateways, the first to be asked first; instead of provider and what goes with it."),
	GATEWAY_ROW_(S, "provider", FIELD_STRING, own.preset, struct str, .fallback = "http",
	    .doc = "The preset of a gateway of its own: kannel, http, or another that gateways has."),
	GATEWAY_ACCESS_ROWS(S, own.),
	STRING_FIELD(S, from, .flags = F_TEMPLATE | F_OMIT_EMPTY, .doc = "Sender; the gateway's, if it is not set."),
	STRINGS_FIELD(S, to, .flags = F_TEMPLATE,
	    .doc = "Recipients: each gives one number, several with commas between, or none."),
	STRING_FIELD(S, text, .flags = F_TEMPLATE, .fallback = TEXT_DEFAULT, .doc = "Text of the message."),
	UINT_FIELD(S, max_segments, .fallback = "2", .doc = "What is longer is cut."),
	BOOL_FIELD(S, transliterate, .fallback = "false",
	    .doc = "Replace what the GSM alphabet does not have, so that more fits into a segment; unless that loses something."),
	GO_DURATION_FIELD(S, timeout, .fallback = "0s", .doc = "How long one request may take."),
	GATEWAY_HTTP_ROWS(S, own.),
	GATEWAY_RULE_ROWS(S, own.),
	{ 0 },
};

/* A word for what stands beside the names of gateways, and would have no effect; NULL: nothing does. */
static const char *
beside_names(const struct gateway *g)
{
	if (g->url.n > 0 || g->url_file.n > 0)
		return "url";
	if (g->username.n + g->password.n + g->password_file.n + g->token.n + g->token_file.n > 0)
		return "username, password or token";
	if (g->account.n + g->service.n + g->region.n + g->spool.n > 0)
		return "account, service, region or spool";
	if (g->budget.per_second + g->budget.per_person_hour + g->budget.per_day > 0 || g->exempt_texts.n > 0)
		return "a budget";
	if (g->validity > 0 || g->unknown_word.n > 0)
		return "validity or on_unknown";
	return g->headers.n + g->query.n + g->form.n + g->body.n > 0 ? "headers, query, form or body" : NULL;
}

static bool
sms_check(void *settings, struct arena *a, struct err *e)
{
	struct sms_settings *s = settings;
	const char *beside = s->gateways.n > 0 ? beside_names(&s->own) : NULL;

	(void)a;
	if (beside != NULL)
		return err_set(e, ERR_INVALID, "at most one of gateways & %s must be configured in sms_config", beside);
	if (s->gateways.n > SMS_GATEWAYS_MAX)
		return err_set(e, ERR_INVALID, "more than %d gateways in sms_config", SMS_GATEWAYS_MAX);
	if (s->gateways.n == 0 && !gateway_check(&s->own, e))
		return false;
	if (s->to.n == 0)
		return err_set(e, ERR_INVALID, "missing to in sms_config");
	if (s->max_segments < 1 || s->max_segments > SMS_SEGMENTS_MAX)
		return err_set(e, ERR_INVALID, "max_segments must be between 1 and %d in sms_config", SMS_SEGMENTS_MAX);
	return true;
}

static const struct str_list *
sms_gateways(void *settings, struct gateway **own)
{
	struct sms_settings *s = settings;

	*own = s->gateways.n > 0 ? NULL : &s->own;
	return &s->gateways;
}

/* Characters that people write into telephone numbers: +90 (532) 123-45-67. Other addresses stay as they are. */
static struct str
clean_number(struct arena *a, struct str s)
{
	struct str usual = STR("+0123456789 -()./");
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		if (str_chr(usual, s.p[i]) == usual.n)
			return s;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '+' || ascii_digit(s.p[i]))
			p[n++] = s.p[i];
	return (struct str){ p, n };
}

static bool
find_recipients(struct attempt *a, struct render *r, struct err *e)
{
	const struct sms_settings *s = a->settings;

	for (size_t i = 0; i < s->to.n; i++) {
		struct str rest = render_text(r, s->to.v[i]);

		while (rest.n > 0) {
			struct str one = clean_number(a->arena, str_trim(str_split(&rest, ',')));

			if (one.n > 0 && !recipients_add(a->n, one, e))
				return false;
		}
	}
	if (r->failed)
		return err_ctx(e, "execute 'to' template");
	if (a->n->recipients.n == 0)
		return err_set(e, ERR_INVALID, "nobody to send to: every template of `to` came out empty");
	a->n->recipients.known = true;
	return true;
}

static enum step
verdict(struct attempt *a, struct err *e)
{
	const struct sms_state *state = a->state;
	const struct sms_error *error = recipients_pending(a->n, 0) != NULL ? &state->temporary : &state->final;
	/* Those that are left may wait for a gateway that cannot be asked now. */
	bool broken = error->text.n == 0 && state->broken.kind != ERR_NONE;
	enum step step = recipients_verdict(a, broken ? str_from(state->broken.text) : error->text, e);

	if (step != STEP_RETRY)
		a->retry_after = 0;
	a->failure = error->failure;
	return step;
}

/* Unless told otherwise a request may take so long … */
#define REQUEST_MAX (30 * SPAN_S)
/* … and in any case at least so long. */
#define REQUEST_MIN SPAN_S

/* If all of them hang, everybody is to have been asked long before the attempt is cut. */
static void
limit_time(const struct attempt *a, struct fetch_request *r)
{
	const struct sms_settings *s = a->settings;
	const struct sms_state *state = a->state;
	size_t rest = state->under_way + sms_left(a);
	span share = a->left / (span)((rest + ATTEMPT_REQUESTS_MAX - 1) / ATTEMPT_REQUESTS_MAX + 1);

	if (share < REQUEST_MIN)
		share = REQUEST_MIN;
	r->timeout = s->timeout > 0 ? s->timeout : a->left > 0 ? REQUEST_MAX : 0;
	if (a->left > 0 && share < r->timeout)
		r->timeout = share;
	r->timeout_name = r->timeout == s->timeout ? "sms" : NULL;
}

static void
cut_text(struct attempt *a, struct str text, size_t segments, struct gateway_message *m)
{
	struct sbuf b = SBUF_INIT(RENDER_MAX);
	struct sms_size size = sms_cut(&b, text, segments);

	if (sbuf_get(&b).n != text.n && a->env->truncated != NULL && a->number <= 1)
		a->env->truncated(a->env->arg, a->n, "text", segments);
	m->text = arena_str(a->arena, sbuf_get(&b));
	m->unicode = size.encoding == SMS_UCS2;
	m->segments = (unsigned)size.segments;
	sbuf_fini(&b);
}

static bool
make_request(struct attempt *a, struct recipient *r, size_t way, struct request *out)
{
	struct sms_state *state = a->state;
	struct sms_way *w = &state->ways[way];
	struct gateway_message m = w->message;

	m.to = gateway_number(a->arena, w->preset->numbers, r->to);
	m.reference = gateway_reference(a, r->to);
	if (!w->preset->request(a, &m, out, &state->broken)) {
		w->away = true;
		return false;
	}
	sms_leaves(a, r, way);
	r->segments = m.segments;
	out->about = r;
	out->recipient = r->to;
	out->gateway = w->gateway->name;
	if (out->kind != REQUEST_HTTP)
		return true;
	limit_time(a, &out->http);
	out->http.secret_url = true;
	out->http.once = w->gateway->on_unknown == UNKNOWN_GIVE_UP;
	if (w->gateway->http_config != NULL)
		out->http.http = w->gateway->http_config;
	return true;
}

static bool
all_away(const struct sms_state *state)
{
	for (size_t i = 0; i < state->ways_n; i++)
		if (!state->ways[i].away)
			return false;
	return true;
}

/* A request for another recipient; when there is none to be made, the end as soon as nothing is under way. */
static enum step
next_recipient(struct attempt *a, struct request *out, struct err *e)
{
	struct sms_state *state = a->state;
	struct recipient *r;
	size_t way = 0;

	while ((r = sms_next(a, &way)) != NULL)
		if (make_request(a, r, way, out))
			return STEP_SEND;
	if (state->under_way > 0)
		return STEP_WAIT;
	/* A request that cannot be made cannot be made in another attempt either. */
	if (state->broken.kind == ERR_NONE || state->temporary.text.n > 0 || !all_away(state) ||
	    recipients_pending(a->n, 0) == NULL)
		return verdict(a, e);
	if (e != NULL)
		*e = state->broken;
	return STEP_FAIL;
}

static enum step
sms_more(struct attempt *a, struct request *out)
{
	return next_recipient(a, out, NULL);
}

static void
prepare_way(struct attempt *a, struct render *r, const struct gateway *g, struct str from, struct sms_way *out)
{
	struct sms_state *state = a->state;

	out->gateway = g;
	out->preset = gateway_preset(g->preset);
	out->away = !gateway_prepare(a, g, &out->message, &state->broken);
	out->message.from = from.n > 0 ? from : render_text(r, g->from);
}

static void
prepare_ways(struct attempt *a, struct render *r)
{
	const struct sms_settings *s = a->settings;
	struct sms_state *state = a->state;
	struct str from = render_text(r, s->from);

	state->ways = ARENA_ARRAY(a->arena, s->gateways.n + 1, struct sms_way);
	if (s->gateways.n == 0)
		prepare_way(a, r, &s->own, from, &state->ways[state->ways_n++]);
	for (size_t i = 0; i < s->gateways.n; i++)
		prepare_way(a, r, config_gateway(a->n->config, s->gateways.v[i]), from, &state->ways[state->ways_n++]);
}

static struct str
digest_text(struct arena *a, const struct digest *d)
{
	return arena_printf(a, "%zu more alert%s, worst: %.*s%s%.*s", d->alerts, d->alerts == 1 ? "" : "s",
	    STR_ARG(d->severity), d->severity.n > 0 && d->worst.n > 0 ? " " : "", STR_ARG(d->worst));
}

static bool
prepare_text(struct attempt *a, struct render *r)
{
	const struct sms_settings *s = a->settings;
	struct sms_state *state = a->state;
	struct sbuf plain = SBUF_INIT(RENDER_MAX);
	struct str text = a->n->digest != NULL ? digest_text(a->arena, a->n->digest) : render_text(r, s->text);

	text = str_trim(text);
	/* A text that cannot be transliterated stays as it is. */
	if (s->transliterate && sms_transliterate(&plain, text))
		text = arena_str(a->arena, sbuf_get(&plain));
	sbuf_fini(&plain);
	for (size_t i = 0; i < state->ways_n; i++) {
		size_t most = state->ways[i].preset->segments_max;

		cut_text(a, text, most > 0 && most < s->max_segments ? most : (size_t)s->max_segments, &state->ways[i].message);
	}
	return text.n > 0;
}

static enum step
sms_start(struct attempt *a, struct request *out, struct err *e)
{
	struct sms_state *state = ARENA_NEW(a->arena, struct sms_state);
	struct render r = { .a = a, .e = e };
	bool some;

	a->state = state;
	if (!a->n->recipients.known && !find_recipients(a, &r, e))
		return STEP_FAIL;
	prepare_ways(a, &r);
	some = prepare_text(a, &r);
	if (r.failed)
		return STEP_FAIL;
	if (!some) {
		err_set(e, ERR_INVALID, "sms text is empty after templating");
		return STEP_FAIL;
	}
	state->turns = ARENA_ARRAY(a->arena, a->n->recipients.n, struct sms_turn);
	return next_recipient(a, out, e);
}

static enum step
sms_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	sms_back(a, r->about, r);
	return next_recipient(a, out, e);
}

/* Presets whose requests hold templates; behind a name there may be one. */
static bool
sms_renders_later(const void *settings)
{
	const struct sms_settings *s = settings;

	return s->gateways.n > 0 || str_is(s->own.preset, "http") || s->own.query.n > 0;
}

const struct notifier notify_sms = {
	.kind = {
		.name = "sms",
		.has_http_config = true,
		.extension = true,
		.settings_size = sizeof(struct sms_settings),
		.fields = sms_fields,
		.check = sms_check,
		.gateways = sms_gateways,
		.gateway_check = gateway_check,
	},
	.start = sms_start,
	.resume = sms_resume,
	.more = sms_more,
	.renders_later = sms_renders_later,
	.own_sample = gateway_http_sample,
};
