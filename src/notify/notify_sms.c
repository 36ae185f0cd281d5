/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_sms.c - short messages by way of a gateway: Kannel, or any that speaks HTTP.
 *
 * An extension: Alertmanager has no such kind. One request per recipient, some at a
 * time, each judged alone: a number whose request hangs or breaks off holds back
 * nobody. Recipients that have been served are remembered, so that another attempt
 * serves only the rest.
 */
#include "base/ascii.h"
#include "config/gateways.h"
#include "http.h"
#include "recipients.h"
#include "settings.h"
#include "sms.h"
#include "text/gsm7.h"
#include "text/regex.h"
#include "text/url.h"

#define GATEWAY_FLAGS (F_SECRET | F_TEMPLATE | F_OWN_DATA | F_OMIT_EMPTY)
#define TEXT_DEFAULT "{{ template \"sms.default.text\" . }}"

static const struct field sms_fields[] = {
	COMMON_FIELDS(struct sms_settings, "true"),
	STRING_FIELD(struct sms_settings, provider, .fallback = "http", .doc = "kannel or http."),
	URL_FIELD(struct sms_settings, url, .flags = F_SECRET | F_OMIT_EMPTY, .doc = "Of the gateway."),
	STRING_FIELD(struct sms_settings, url_file, .flags = F_PATH_CWD | F_OMIT_EMPTY, .doc = "File that holds url."),
	STRING_FIELD(struct sms_settings, username, .flags = F_OMIT_EMPTY, .doc = "kannel: of the sendsms user."),
	STRING_FIELD(struct sms_settings, password, .flags = F_SECRET | F_OMIT_EMPTY,
	    .doc = "Password of the gateway."),
	STRING_FIELD(struct sms_settings, password_file, .flags = F_PATH_CWD | F_OMIT_EMPTY,
	    .doc = "File that holds password."),
	STRING_FIELD(struct sms_settings, from, .flags = F_TEMPLATE | F_OMIT_EMPTY, .doc = "Sender."),
	STRINGS_FIELD(struct sms_settings, to, .flags = F_TEMPLATE,
	    .doc = "Recipients: each gives one number, several with commas between, or none."),
	STRING_FIELD(struct sms_settings, text, .flags = F_TEMPLATE, .fallback = TEXT_DEFAULT,
	    .doc = "Text of the message."),
	UINT_FIELD(struct sms_settings, max_segments, .fallback = "2", .doc = "What is longer is cut."),
	BOOL_FIELD(struct sms_settings, transliterate, .fallback = "false",
	    .doc = "Replace what the GSM alphabet does not have, so that more fits into a segment; unless that loses something."),
	GO_DURATION_FIELD(struct sms_settings, timeout, .fallback = "0s", .doc = "How long one request may take."),
	STRING_FIELD(struct sms_settings, method, .flags = F_OMIT_EMPTY, .doc = "http: POST unless set."),
	PAIRS_FIELD(struct sms_settings, headers, .flags = GATEWAY_FLAGS,
	    .doc = "http: templates with .To, .From and .Text, as all below."),
	PAIRS_FIELD(struct sms_settings, query, .flags = GATEWAY_FLAGS,
	    .doc = "Parameters added to the URL."),
	PAIRS_FIELD(struct sms_settings, form, .flags = GATEWAY_FLAGS,
	    .doc = "http: the body as a form."),
	STRING_FIELD(struct sms_settings, body, .flags = GATEWAY_FLAGS,
	    .doc = "http: the body, JSON unless a header says otherwise."),
	STRINGS_FIELD(struct sms_settings, success_statuses, .flags = F_OMIT_EMPTY, .doc = "http: 2xx unless set."),
	STRING_FIELD(struct sms_settings, success_body, .flags = F_OMIT_EMPTY,
	    .doc = "http: a regular expression that the body of a success has to match."),
	STRINGS_FIELD(struct sms_settings, retry_statuses, .flags = F_OMIT_EMPTY,
	    .doc = "http: worth another attempt besides 408, 429 and 5xx."),
	STRING_FIELD(struct sms_settings, retry_body, .flags = F_OMIT_EMPTY,
	    .doc = "http: a failure whose body matches is worth another attempt."),
	{ 0 },
};

static bool
is_kannel(const struct sms_settings *s)
{
	return str_is(s->provider, "kannel");
}

static bool
parse_status(struct str s, int *out)
{
	if (s.n != 3)
		return false;
	*out = 0;
	for (size_t i = 0; i < 3; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		*out = *out * 10 + (s.p[i] - '0');
	}
	return *out >= 100;
}

static bool
check_answer_rules(const struct sms_settings *s, struct err *e)
{
	const struct str_list *lists[] = { &s->success_statuses, &s->retry_statuses };
	struct str patterns[] = { s->success_body, s->retry_body };
	int status;

	for (size_t k = 0; k < ARRAY_LEN(lists); k++)
		for (size_t i = 0; i < lists[k]->n; i++)
			if (!parse_status(lists[k]->v[i], &status))
				return err_set(e, ERR_INVALID, "\"%.*s\" is no HTTP status in sms_config",
				    STR_ARG(lists[k]->v[i]));
	for (size_t k = 0; k < ARRAY_LEN(patterns); k++) {
		struct regex *re = regex_compile(patterns[k], REGEX_SEARCH, e);

		if (re == NULL)
			return false;
		regex_free(&re);
	}
	return true;
}

static bool
check_kannel(const struct sms_settings *s, struct err *e)
{
	if (s->username.n == 0)
		return err_set(e, ERR_INVALID, "missing username in sms_config");
	if (s->password.n == 0 && s->password_file.n == 0)
		return err_set(e, ERR_INVALID, "missing password or password_file in sms_config");
	if (s->method.n > 0 || s->headers.n > 0 || s->form.n > 0 || s->body.n > 0 || s->success_statuses.n > 0 ||
	    s->success_body.n > 0 || s->retry_statuses.n > 0 || s->retry_body.n > 0)
		return err_set(e, ERR_INVALID, "method, headers, form, body and the rules for answers "
		    "are for provider http in sms_config");
	return true;
}

static bool
sms_check(void *settings, struct arena *a, struct err *e)
{
	static const char *const methods[] = { "", "GET", "POST", "PUT", "PATCH" };
	struct sms_settings *s = settings;
	bool method = false;

	(void)a;
	if (!is_kannel(s) && !str_is(s->provider, "http"))
		return err_set(e, ERR_INVALID, "unknown provider \"%.*s\" in sms_config, must be kannel or http",
		    STR_ARG(s->provider));
	if (!settings_exactly_one(s->url, s->url_file, "url", "url_file", e) ||
	    !settings_at_most_one(s->password, s->password_file, "password", "password_file", e))
		return false;
	if (s->to.n == 0)
		return err_set(e, ERR_INVALID, "missing to in sms_config");
	if (s->max_segments < 1 || s->max_segments > SMS_SEGMENTS_MAX)
		return err_set(e, ERR_INVALID, "max_segments must be between 1 and %d in sms_config", SMS_SEGMENTS_MAX);
	if (is_kannel(s))
		return check_kannel(s, e);
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		method |= str_is(s->method, methods[i]);
	if (!method)
		return err_set(e, ERR_INVALID, "unknown method \"%.*s\" in sms_config", STR_ARG(s->method));
	if (s->form.n > 0 && s->body.n > 0)
		return err_set(e, ERR_INVALID, "at most one of form & body must be configured");
	if (str_is(s->method, "GET") && s->form.n + s->body.n > 0)
		return err_set(e, ERR_INVALID, "a GET has no form or body in sms_config");
	return check_answer_rules(s, e);
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

static struct str
fit_text(struct attempt *a, struct str text)
{
	const struct sms_settings *s = a->settings;
	struct sbuf plain = SBUF_INIT(RENDER_MAX), b = SBUF_INIT(RENDER_MAX);
	struct str out;

	text = str_trim(text);
	/* A text that cannot be transliterated stays as it is. */
	if (s->transliterate && sms_transliterate(&plain, text))
		text = sbuf_get(&plain);
	sms_cut(&b, text, (size_t)s->max_segments);
	if (sbuf_get(&b).n != text.n && a->env->truncated != NULL && a->number <= 1)
		a->env->truncated(a->env->arg, a->n, "text", (size_t)s->max_segments);
	out = arena_str(a->arena, sbuf_get(&b));
	sbuf_fini(&plain);
	sbuf_fini(&b);
	return out;
}

static enum step
verdict(struct attempt *a, struct err *e)
{
	const struct sms_state *state = a->state;
	const struct sms_error *error = recipients_pending(a->n, 0) != NULL ? &state->temporary : &state->final;
	enum step step = recipients_verdict(a, error->text, e);

	if (step != STEP_RETRY)
		a->retry_after = 0;
	a->failure = error->failure;
	return step;
}

/* A recipient that was tried least, of those not served nor asked in this attempt. NULL: none. */
static struct recipient *
least_tried(const struct attempt *a)
{
	const struct sms_state *state = a->state;
	const struct recipients *all = &a->n->recipients;
	struct recipient *best = NULL;

	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].state == RECIPIENT_PENDING && !state->asked[i] &&
		    (best == NULL || all->v[i].tries < best->tries))
			best = &all->v[i];
	return best;
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
	size_t rest = state->under_way + 1;
	span share;

	for (size_t i = 0; i < a->n->recipients.n; i++)
		rest += a->n->recipients.v[i].state == RECIPIENT_PENDING && !state->asked[i];
	share = a->left / (span)((rest + ATTEMPT_REQUESTS_MAX - 1) / ATTEMPT_REQUESTS_MAX + 1);
	if (share < REQUEST_MIN)
		share = REQUEST_MIN;
	r->timeout = s->timeout > 0 ? s->timeout : a->left > 0 ? REQUEST_MAX : 0;
	if (a->left > 0 && share < r->timeout)
		r->timeout = share;
	r->timeout_name = r->timeout == s->timeout ? "sms" : NULL;
}

/* A request for another recipient; when there is none to be made, the end as soon as nothing is under way. */
static enum step
next_recipient(struct attempt *a, struct request *out, struct err *e)
{
	struct sms_state *state = a->state;
	const struct sms_settings *s = a->settings;
	bool over = state->gateway_away || state->broken.kind != ERR_NONE;

	state->current = over ? NULL : least_tried(a);
	if (state->current != NULL) {
		recipients_tried(a->n, state->current, state->gateway);
		state->asked[state->current - a->n->recipients.v] = true;
		if ((is_kannel(s) ? sms_kannel_request : sms_http_request)(a, out, &state->broken)) {
			out->about = state->current;
			out->recipient = state->current->to;
			out->gateway = state->gateway;
			limit_time(a, &out->http);
			out->http.secret_url = true;
			state->under_way++;
			return STEP_SEND;
		}
	}
	if (state->under_way > 0)
		return STEP_WAIT;
	if (state->broken.kind == ERR_NONE)
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

static struct str
digest_text(struct arena *a, const struct digest *d)
{
	return arena_printf(a, "%zu more alert%s, worst: %.*s%s%.*s", d->alerts, d->alerts == 1 ? "" : "s",
	    STR_ARG(d->severity), d->severity.n > 0 && d->worst.n > 0 ? " " : "", STR_ARG(d->worst));
}

static enum step
sms_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct sms_settings *s = a->settings;
	struct sms_state *state = ARENA_NEW(a->arena, struct sms_state);
	struct render r = { .a = a, .e = e };

	a->state = state;
	if (!render_secret(a, s->url, s->url_file, &state->url, e) ||
	    !render_secret(a, s->password, s->password_file, &state->password, e))
		return STEP_FAIL;
	if (!a->n->recipients.known && !find_recipients(a, &r, e))
		return STEP_FAIL;
	state->gateway = arena_printf(a->arena, "%.*s/sms[%zu]", STR_ARG(a->n->receiver->name), a->n->integration->index);
	state->from = render_text(&r, s->from);
	state->text = a->n->digest != NULL ? digest_text(a->arena, a->n->digest) : render_text(&r, s->text);
	if (r.failed)
		return STEP_FAIL;
	state->text = fit_text(a, state->text);
	state->asked = ARENA_ARRAY(a->arena, a->n->recipients.n, bool);
	if (state->text.n == 0) {
		err_set(e, ERR_INVALID, "sms text is empty after templating");
		return STEP_FAIL;
	}
	return next_recipient(a, out, e);
}

/* Numbers are people's: errors show the ends only of those that are longer than a service's. */
#define MASKED_BEYOND 6

static struct str
mask(struct arena *a, struct str to)
{
	return to.n > MASKED_BEYOND ? arena_printf(a, "...%.*s", STR_ARG(str_sub(to, to.n - 4, to.n))) : to;
}

/* Gateways like to repeat the number, with or without the sign in front. */
static struct str
mask_inside(struct arena *a, struct str text, struct str to)
{
	struct str shown = mask(a, to);
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str out;

	if (str_starts(to, STR("+")))
		to = str_sub(to, 1, to.n);
	if (str_eq(shown, to) || to.n <= MASKED_BEYOND)
		return text;
	while (text.n > 0) {
		size_t at = str_find(text, to);

		sbuf_str(&b, str_sub(text, 0, at));
		if (at < text.n)
			sbuf_str(&b, shown);
		text = str_sub(text, at < text.n ? at + to.n : at, text.n);
	}
	out = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

static void
note_error(struct attempt *a, const struct response *r, struct sms_error *out)
{
	const struct sms_state *state = a->state;
	struct str to = state->current->to, shown = mask(a->arena, to);
	struct str body = mask_inside(a->arena, str_sub(str_trim(r->body), 0, 500), to);

	out->failure = r->transport_error ? FAILURE_OTHER : judge_failure(r->status);
	if (r->transport_error)
		out->text = arena_printf(a->arena, "recipient %.*s: %.*s", STR_ARG(shown),
		    STR_ARG(mask_inside(a->arena, r->error, to)));
	else
		out->text = arena_printf(a->arena, "recipient %.*s: unexpected answer with status code %d%s%.*s",
		    STR_ARG(shown), r->status, body.n > 0 ? ": " : "", STR_ARG(body));
}

/* One that was asked and has not answered is not asked again. */
static bool
gives_up(const struct attempt *a)
{
	const struct sms_state *state = a->state;
	const struct gateway *g = config_gateway(a->n->config, state->gateway);

	return g != NULL && g->on_unknown == UNKNOWN_GIVE_UP;
}

static enum step
sms_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	const struct sms_settings *s = a->settings;
	struct sms_state *state = a->state;
	struct str id = STR_NONE;

	state->under_way--;
	state->current = r->about;
	recipients_answered(state->current, r->unanswered || r->status == 504);
	state->gateway_away |= r->transport_error && !r->unanswered;
	if (r->suppressed) {
		recipients_suppressed(state->current);
		return next_recipient(a, out, e);
	}
	if (r->unanswered && gives_up(a)) {
		note_error(a, r, &state->final);
		recipients_unknown(a, state->current, state->final.text);
		return next_recipient(a, out, e);
	}
	switch (r->transport_error ? STEP_RETRY : is_kannel(s) ? sms_kannel_judge(r, &id) : sms_http_judge(s, r)) {
	case STEP_DONE:
		recipients_done(a->n, state->current, id);
		break;
	case STEP_FAIL:
		note_error(a, r, &state->final);
		recipients_failed(a, state->current, state->final.text);
		break;
	case STEP_RETRY:
	case STEP_SEND:
	case STEP_WAIT:
		note_error(a, r, &state->temporary);
		recipients_note(a->n, state->current, state->temporary.text);
		if (r->retry_after > a->retry_after)
			a->retry_after = r->retry_after;
		break;
	}
	return next_recipient(a, out, e);
}

static bool
sms_renders_later(const void *settings)
{
	const struct sms_settings *s = settings;

	return !is_kannel(s) || s->query.n > 0;
}

const struct notifier notify_sms = {
	.kind = {
		.name = "sms",
		.has_http_config = true,
		.extension = true,
		.settings_size = sizeof(struct sms_settings),
		.fields = sms_fields,
		.check = sms_check,
	},
	.start = sms_start,
	.resume = sms_resume,
	.more = sms_more,
	.renders_later = sms_renders_later,
	.own_sample = sms_sample,
};
