/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_signal.c - Signal, by the REST interface of signal-cli (signal-cli-rest-api, POST /v2/send): a request for each
 * recipient, so that one who is not to be reached takes nothing from the others, nor is told twice for them.
 */
#include "http.h"
#include "messenger.h"
#include "recipients.h"
#include "settings.h"

#define MESSAGE_RUNES 2000	/* a longer one is shown in part, the rest on demand */

struct signal_settings {
	struct integration_common common;
	struct str url, number;
	struct str_list recipients;
	struct str message, text_mode;
};

static const struct field signal_fields[] = {
	COMMON_FIELDS(struct signal_settings, "true"),
	URL_FIELD(struct signal_settings, url, .flags = F_OMIT_EMPTY, .doc = "Where signal-cli-rest-api is."),
	STRING_FIELD(struct signal_settings, number, .flags = F_OMIT_EMPTY, .doc = "The registered number that sends."),
	STRINGS_FIELD(struct signal_settings, recipients, .flags = F_TEMPLATE,
	    .doc = "Numbers, user names and groups (group.ID); a template may give several, with commas between them."),
	STRING_FIELD(struct signal_settings, message, .flags = F_TEMPLATE | F_OMIT_EMPTY,
	    .fallback = "{{ template \"signal.default.message\" . }}", .doc = "Text of the message, cut to 2000 characters."),
	STRING_FIELD(struct signal_settings, text_mode, .fallback = "normal", .doc = "normal, or styled: *italic*, **bold**."),
	{ 0 },
};

struct signal_state {
	struct str url, text;
	size_t at;			/* recipients before it have been tried */
	struct recipient *current;
	struct str why;			/* the last error */
	enum failure failure;
};

static bool
signal_check(void *settings, struct arena *a, struct err *e)
{
	const struct signal_settings *s = settings;

	(void)a;
	if (s->url.n == 0)
		return err_set(e, ERR_INVALID, "missing url in signal_config");
	if (s->number.n == 0)
		return err_set(e, ERR_INVALID, "missing number in signal_config");
	if (s->recipients.n == 0)
		return err_set(e, ERR_INVALID, "missing recipients in signal_config");
	if (!str_is(s->text_mode, "normal") && !str_is(s->text_mode, "styled"))
		return err_set(e, ERR_INVALID, "unknown text_mode in signal_config, must be normal or styled");
	return true;
}

static bool
find_recipients(struct render *r, struct err *e)
{
	struct notification *n = r->a->n;
	const struct signal_settings *s = r->a->settings;

	for (size_t i = 0; i < s->recipients.n; i++) {
		struct str rest = render_text(r, s->recipients.v[i]);

		while (rest.n > 0) {
			struct str one = str_trim(str_split(&rest, ','));

			if (one.n > 0 && !recipients_add(n, one, e))
				return false;
		}
	}
	if (r->failed)
		return false;
	if (n->recipients.n == 0)
		return err_set(e, ERR_INVALID, "nobody to send to: every template of `recipients` came out empty");
	n->recipients.known = true;
	return true;
}

static enum step
next_recipient(struct attempt *a, struct request *out, struct err *e)
{
	const struct signal_settings *s = a->settings;
	struct signal_state *state = a->state;
	struct http_json j;
	enum step step;

	state->current = recipients_pending(a->n, state->at);
	if (state->current == NULL) {
		a->failure = state->failure;
		return recipients_verdict(a, state->why, e);
	}
	state->at = (size_t)(state->current - a->n->recipients.v) + 1;
	recipients_tried(a->n, state->current, STR_NONE);
	http_json_begin(&j);
	json_object_begin(&j.w);
	json_put_str(&j.w, "number", s->number);
	json_key(&j.w, STR("recipients"));
	json_array_begin(&j.w);
	json_str(&j.w, state->current->to);
	json_array_end(&j.w);
	json_put_str(&j.w, "message", state->text);
	json_put_str(&j.w, "text_mode", s->text_mode);
	json_object_end(&j.w);
	step = http_post_json(a, out, state->url, &j, e);
	out->recipient = state->current->to;
	return step;
}

static enum step
signal_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct signal_settings *s = a->settings;
	struct signal_state *state = ARENA_NEW(a->arena, struct signal_state);
	struct render r = { .a = a, .e = e };

	a->state = state;
	if (!messenger_url(a, s->url, "v2/send", &state->url, e) || (!a->n->recipients.known && !find_recipients(&r, e)))
		return STEP_FAIL;
	state->text = render_cut_runes(&r, render_text(&r, s->message), MESSAGE_RUNES, "message");
	if (r.failed)
		return STEP_FAIL;
	return next_recipient(a, out, e);
}

/*
 * The interface answers 400 to whatever signal-cli says, a network that is down among it: only what it says of a
 * recipient who has no account is final.
 */
static bool
is_temporary(const struct response *r)
{
	return r->status == 400 && str_find(r->body, STR("Unregistered")) == r->body.n &&
	    str_find(r->body, STR("not registered")) == r->body.n;
}

static enum step
signal_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	struct signal_state *state = a->state;
	struct err why = { 0 };
	enum step step = messenger_judge(a, r, &why);

	recipients_answered(state->current, r->unanswered || r->status == 504);
	if (step == STEP_DONE) {
		recipients_done(a->n, state->current, STR_NONE);
		return next_recipient(a, out, e);
	}
	state->why = arena_str(a->arena, str_from(why.text));
	state->failure = a->failure;
	if (step == STEP_FAIL && !is_temporary(r))
		recipients_failed(a, state->current, state->why);
	else
		recipients_note(a->n, state->current, state->why);
	if (r->retry_after > a->retry_after)
		a->retry_after = r->retry_after;
	/* Nobody else is served either by an interface that is not there. */
	if (r->transport_error && !r->unanswered)
		state->at = a->n->recipients.n;
	return next_recipient(a, out, e);
}

const struct notifier notify_signal = {
	.kind = {
		.name = "signal",
		.has_http_config = true,
		.extension = true,
		.settings_size = sizeof(struct signal_settings),
		.fields = signal_fields,
		.check = signal_check,
	},
	.start = signal_start,
	.resume = signal_resume,
	.by_status = true,
};
