/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_matrix.c - Matrix: a message to a room (Client-Server API, PUT rooms/…/send).
 *
 * All attempts of a notification have one transaction id, by which the server knows a message
 * that it has already.
 */
#include <inttypes.h>

#include "base/hash.h"
#include "http.h"
#include "judge.h"
#include "messenger.h"
#include "settings.h"
#include "text/json_small.h"
#include "text/url.h"

/*
 * Events have 65,536 bytes at most, with all that the server adds and line breaks and quotes as two. HTML cannot be cut
 * anywhere: a message whose HTML is longer goes without.
 */
#define MESSAGE_BYTES 10000
#define HTML_BYTES 20000

struct matrix_settings {
	struct integration_common common;
	struct str homeserver, access_token, access_token_file, room_id, message, html, msgtype;
};

#define TEXT_FLAGS (F_TEMPLATE | F_OMIT_EMPTY)

static const struct field matrix_fields[] = {
	COMMON_FIELDS(struct matrix_settings, "true"),
	URL_FIELD(struct matrix_settings, homeserver, .flags = F_OMIT_EMPTY, .doc = "Where the server's API is."),
	STRING_FIELD(struct matrix_settings, access_token, .flags = F_SECRET | F_OMIT_EMPTY, .doc = "Token of the user who posts."),
	STRING_FIELD(struct matrix_settings, access_token_file, .flags = F_PATH_CWD | F_OMIT_EMPTY,
	    .doc = "File that holds access_token."),
	STRING_FIELD(struct matrix_settings, room_id, .flags = TEXT_FLAGS, .doc = "Id of the room, which begins with !."),
	STRING_FIELD(struct matrix_settings, message, .flags = TEXT_FLAGS,
	    .fallback = "{{ template \"matrix.default.message\" . }}", .doc = "Text of the message, cut to 10000 bytes."),
	STRING_FIELD(struct matrix_settings, html, .flags = TEXT_FLAGS | F_HTML,
	    .fallback = "{{ template \"matrix.default.html\" . }}",
	    .doc = "The same as HTML; with more than 20000 bytes, or empty: left out."),
	STRING_FIELD(struct matrix_settings, msgtype, .fallback = "m.text", .doc = "m.text, or m.notice: without a sound in most clients."),
	{ 0 },
};

static bool
matrix_check(void *settings, struct arena *a, struct err *e)
{
	const struct matrix_settings *s = settings;

	(void)a;
	if (s->homeserver.n == 0)
		return err_set(e, ERR_INVALID, "missing homeserver in matrix_config");
	if (s->room_id.n == 0)
		return err_set(e, ERR_INVALID, "missing room_id in matrix_config");
	if (!str_is(s->msgtype, "m.text") && !str_is(s->msgtype, "m.notice"))
		return err_set(e, ERR_INVALID, "unknown msgtype in matrix_config, must be m.text or m.notice");
	return settings_exactly_one(s->access_token, s->access_token_file, "access_token", "access_token_file", e);
}

static struct str
transaction(struct attempt *a)
{
	const struct notification *n = a->n;
	uint64_t h = fnv64(FNV64_INIT, n->group_key.p, n->group_key.n);

	/* Whichever member of a cluster sends it. */
	if (n->decision.hi != 0 || n->decision.lo != 0)
		return arena_printf(a->arena, "%016" PRIx64 "%016" PRIx64, n->decision.hi, n->decision.lo);
	h = fnv64(h, n->receiver->name.p, n->receiver->name.n);
	h = fnv64(h, &n->integration->ordinal, sizeof(n->integration->ordinal));
	h = fnv64(h, &n->id, sizeof(n->id));
	return arena_printf(a->arena, "%" PRId64 ".%016" PRIx64, wall_to_ns(n->flushed), h);
}

static bool
send_url(struct attempt *a, struct str room, struct str *out, struct err *e)
{
	const struct matrix_settings *s = a->settings;
	struct sbuf b = SBUF_INIT(1 << 16);
	struct str base;

	if (!messenger_url(a, s->homeserver, "_matrix/client/v3/rooms", &base, e))
		return false;
	sbuf_str(&b, base);
	sbuf_putc(&b, '/');
	url_percent_encode(&b, room, "");
	sbuf_puts(&b, "/send/m.room.message/");
	sbuf_str(&b, transaction(a));
	return render_take(a, &b, out, e);
}

static bool
put_message(struct render *r, struct str *body)
{
	const struct matrix_settings *s = r->a->settings;
	struct str html = render_html(r, s->html);
	struct http_json j;

	http_json_begin(&j);
	json_object_begin(&j.w);
	json_put_str(&j.w, "msgtype", s->msgtype);
	json_put_str(&j.w, "body", render_cut_bytes(r, render_text(r, s->message), MESSAGE_BYTES, "message"));
	if (html.n > HTML_BYTES && r->a->env->truncated != NULL)
		r->a->env->truncated(r->a->env->arg, r->a->n, "html", HTML_BYTES);
	if (html.n > 0 && html.n <= HTML_BYTES) {
		json_put_str(&j.w, "format", STR("org.matrix.custom.html"));
		json_put_str(&j.w, "formatted_body", html);
	}
	json_object_end(&j.w);
	return http_json_end(&j, r->a, body, r->failed ? NULL : r->e) && !r->failed;
}

static enum step
matrix_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct matrix_settings *s = a->settings;
	struct render r = { .a = a, .e = e };
	struct str token, url, body, room = str_trim(render_text(&r, s->room_id));

	if (!messenger_secret(a, s->access_token, s->access_token_file, &token, e))
		return STEP_RETRY;
	if (!r.failed && !str_starts(room, STR("!"))) {
		err_set(e, ERR_INVALID, "room_id \"%.*s\" does not begin with !", STR_ARG(room));
		return STEP_FAIL;
	}
	if (!put_message(&r, &body) || !send_url(a, room, &url, e))
		return STEP_FAIL;
	http_request(a, out, "PUT", url, "application/json", body);
	http_header(a, out, "Authorization", arena_printf(a->arena, "Bearer %.*s", STR_ARG(token)));
	return STEP_SEND;
}

/* Servers say in the body how long to wait; those of today in the header as well. */
static void
note_wait(struct attempt *a, const struct response *r)
{
	struct err ignored = { 0 };
	struct json_t *reply = json_small_parse(r->body, JSON_DOCUMENT, &ignored);
	int64_t ms = reply != NULL ? json_small_int(reply, "retry_after_ms", 0) : 0;

	if (ms > 0 && a->retry_after == 0)
		a->retry_after = ms < 3600000 ? ms * SPAN_MS : SPAN_HOUR;
	if (reply != NULL)
		json_small_free(&reply);
}

static enum step
matrix_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	enum step step = messenger_judge(a, r, e);

	(void)out;
	if (step == STEP_RETRY && r->status == 429)
		note_wait(a, r);
	return step;
}

const struct notifier notify_matrix = {
	.kind = {
		.name = "matrix",
		.has_http_config = true,
		.extension = true,
		.settings_size = sizeof(struct matrix_settings),
		.fields = matrix_fields,
		.check = matrix_check,
	},
	.start = matrix_start,
	.resume = matrix_resume,
	.by_status = true,
};
