/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_email.c - mail over SMTP: one message to all its recipients.
 *
 * Source: Alertmanager notify/email. Addresses that a server refuses do not
 * keep the mail from the others (COMPAT: there they do).
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/hash.h"
#include "base/tz.h"
#include "brief.h"
#include "http/header.h"
#include "mail_account.h"
#include "mail_message.h"
#include "recipients.h"
#include "render.h"
#include "settings.h"
#include "text/mime.h"

struct email_threading {
	bool enabled;
	struct str thread_by_date;
};

struct email_settings {
	struct integration_common common;
	struct str to, from, hello;
	struct host_port smarthost;
	struct str auth_username, auth_password, auth_password_file, auth_secret, auth_secret_file, auth_identity;
	struct str_pairs headers;
	struct str html, text;
	enum tristate auth_optional, require_tls;
	struct tls_config *tls_config;
	enum tristate force_implicit_tls;
	struct email_threading threading;
	struct str language, time_zone;
	enum tristate extras;
};

static const struct field threading_fields[] = {
	BOOL_FIELD(struct email_threading, enabled, .flags = F_OMIT_EMPTY,
	    .doc = "Whether mails of a group make a thread."),
	STRING_FIELD(struct email_threading, thread_by_date, .flags = F_OMIT_EMPTY,
	    .doc = "daily: a new thread each day; none: one thread for ever."),
	{ 0 },
};

#define DEFAULT_HTML "{{ template \"email.default.html\" . }}"

static const struct field email_fields[] = {
	SEND_RESOLVED_FIELD(struct email_settings, "false"),
	STRING_FIELD(struct email_settings, to, .flags = F_TEMPLATE | F_OMIT_EMPTY, .doc = "Addresses of the recipients."),
	STRING_FIELD(struct email_settings, from, .flags = F_TEMPLATE | F_OMIT_EMPTY, .inherit = "smtp_from",
	    .doc = "Address of the sender."),
	STRING_FIELD(struct email_settings, hello, .flags = F_OMIT_EMPTY, .inherit = "smtp_hello",
	    .doc = "Name given in EHLO."),
	HOST_PORT_FIELD(struct email_settings, smarthost, .flags = F_OMIT_EMPTY, .inherit = "smtp_smarthost",
	    .doc = "The mail server."),
	STRING_FIELD(struct email_settings, auth_username, .flags = F_OMIT_EMPTY, .inherit = "smtp_auth_username",
	    .doc = "User for CRAM-MD5, PLAIN and LOGIN."),
	STRING_FIELD(struct email_settings, auth_password, .flags = F_SECRET | F_OMIT_EMPTY,
	    .doc = "Password for PLAIN and LOGIN."),
	STRING_FIELD(struct email_settings, auth_password_file, .flags = F_PATH_CWD | F_OMIT_EMPTY,
	    .doc = "File that holds auth_password."),
	STRING_FIELD(struct email_settings, auth_secret, .flags = F_SECRET | F_OMIT_EMPTY, .doc = "For CRAM-MD5."),
	STRING_FIELD(struct email_settings, auth_secret_file, .flags = F_PATH_CWD | F_OMIT_EMPTY,
	    .doc = "File that holds auth_secret."),
	STRING_FIELD(struct email_settings, auth_identity, .flags = F_OMIT_EMPTY, .inherit = "smtp_auth_identity",
	    .doc = "Identity for PLAIN."),
	TRISTATE_FIELD(struct email_settings, auth_optional, .flags = F_EXTENSION | F_OMIT_EMPTY,
	    .doc = "Send without a password where the mail server asks for none."),
	PAIRS_FIELD(struct email_settings, headers, .flags = F_TEMPLATE | F_OMIT_EMPTY,
	    .doc = "Further headers, Subject too; they replace those of the same name."),
	STRING_FIELD(struct email_settings, html, .flags = F_TEMPLATE | F_HTML | F_OMIT_EMPTY,
	    .fallback = DEFAULT_HTML, .doc = "The part in HTML."),
	STRING_FIELD(struct email_settings, text, .flags = F_TEMPLATE | F_OMIT_EMPTY,
	    .doc = "The part in plain text."),
	TRISTATE_FIELD(struct email_settings, require_tls, .flags = F_OMIT_EMPTY,
	    .doc = "Refuse to send over a connection that cannot be encrypted."),
	TLS_FIELD(struct email_settings, tls_config, .flags = F_OMIT_EMPTY | F_PATH_CWD, .inherit = "smtp_tls_config",
	    .doc = "TLS towards the mail server."),
	TRISTATE_FIELD(struct email_settings, force_implicit_tls, .flags = F_OMIT_EMPTY,
	    .doc = "TLS from the first byte; unset: with port 465."),
	STRUCT_FIELD(struct email_settings, threading, struct email_threading, threading_fields, .flags = F_OMIT_EMPTY,
	    .doc = "Mails of a group as a thread."),
	STRING_FIELD(struct email_settings, language, .flags = F_OMIT_EMPTY, .inherit = "smtp_language",
	    .doc = "Of the default texts: en, tr, ko, or another that has templates email.LANGUAGE.html, .text and .subject."),
	STRING_FIELD(struct email_settings, time_zone, .flags = F_OMIT_EMPTY, .inherit = "smtp_time_zone",
	    .doc = "The local time of its templates, as Europe/Istanbul; unset: the server's."),
	TRISTATE_FIELD(struct email_settings, extras, .flags = F_OMIT_EMPTY,
	    .doc = "Plain text beside the default HTML, List-Id, Auto-Submitted, a thread for each group."),
	{ 0 },
};

static int
pair_cmp(const void *a, const void *b)
{
	const struct str_pair *x = a, *y = b;

	return str_cmp(x->key, y->key);
}

static const struct str *
find_header(const struct email_settings *s, const char *name)
{
	for (size_t i = 0; i < s->headers.n; i++)
		if (str_is(s->headers.v[i].key, name))
			return &s->headers.v[i].value;
	return NULL;
}

static bool
check_threading(const struct email_settings *s, struct err *e)
{
	if (!s->threading.enabled)
		return true;
	if (find_header(s, "References") != NULL)
		return err_set(e, ERR_INVALID,
		    "conflicting configuration: threading.enabled conflicts with custom References header");
	if (find_header(s, "In-Reply-To") != NULL)
		return err_set(e, ERR_INVALID,
		    "conflicting configuration: threading.enabled conflicts with custom In-Reply-To header");
	if (!str_is(s->threading.thread_by_date, "none") && !str_is(s->threading.thread_by_date, "daily"))
		return err_set(e, ERR_INVALID, "threading.thread_by_date must be either 'none' or 'daily'");
	return true;
}

static bool
email_check(void *settings, struct arena *a, struct err *e)
{
	struct email_settings *s = settings;
	struct str_pair *h = s->headers.v;

	if (s->to.n == 0)
		return err_set(e, ERR_INVALID, "missing to address in email config");
	for (size_t i = 0; i < s->headers.n; i++)
		h[i].key = http_canonical_name(a, h[i].key);
	if (s->headers.n > 0)
		qsort(h, s->headers.n, sizeof(*h), pair_cmp);
	for (size_t i = 0; i < s->headers.n; i++) {
		if (i > 0 && str_eq(h[i].key, h[i - 1].key))
			return err_set(e, ERR_INVALID, "duplicate header \"%.*s\" in email config", STR_ARG(h[i].key));
	}
	return check_threading(s, e);
}

/* A template's name is made of it. */
static bool
check_language(struct str language, struct err *e)
{
	for (size_t i = 0; i < language.n; i++)
		if (!ascii_alnum(language.p[i]) && language.p[i] != '-' && language.p[i] != '_')
			return err_set(e, ERR_INVALID, "unknown language \"%.*s\" (wanted: en, tr, ko, or another in letters and digits)",
			    STR_ARG(language));
	return true;
}

/* The call of one of the shipped templates: email.tr.html. */
static struct str
template_call(const struct email_settings *s, const char *part, struct arena *a)
{
	return arena_printf(a, "{{ template \"email.%.*s.%s\" . }}", STR_ARG(s->language.n > 0 ? s->language : STR("default")), part);
}

/* The body that the operator left to us is in the language, and in plain text as well; else it stays as it is. */
static void
finish_body(struct email_settings *s, struct arena *a)
{
	if (!str_is(s->html, DEFAULT_HTML))
		return;
	if (s->language.n > 0)
		s->html = template_call(s, "html", a);
	if (s->extras == TRI_TRUE && s->text.n == 0)
		s->text = template_call(s, "text", a);
}

static bool
email_finish(void *settings, const struct global *g, struct arena *a, struct err *e)
{
	struct email_settings *s = settings;

	if (s->smarthost.host.n == 0 && s->smarthost.port.n == 0)
		s->smarthost = g->smtp_smarthost;
	if (s->smarthost.host.n == 0 && s->smarthost.port.n == 0)
		return err_set(e, ERR_INVALID, "no global SMTP smarthost set");
	inherit_str(&s->from, g->smtp_from);
	if (s->from.n == 0)
		return err_set(e, ERR_INVALID, "no global SMTP from set");
	inherit_str(&s->hello, g->smtp_hello);
	inherit_str(&s->auth_username, g->smtp_auth_username);
	inherit_str(&s->auth_identity, g->smtp_auth_identity);
	/* COMPAT: what is set here wins, also over a global one of the other form, as in Alertmanager after 0.34. */
	settings_inherit_pair(&s->auth_password, &s->auth_password_file, g->smtp_auth_password,
	    g->smtp_auth_password_file);
	settings_inherit_pair(&s->auth_secret, &s->auth_secret_file, g->smtp_auth_secret, g->smtp_auth_secret_file);
	if (s->tls_config == NULL)
		s->tls_config = g->smtp_tls_config;
	if (s->auth_optional == TRI_UNSET && g->smtp_auth_optional)
		s->auth_optional = TRI_TRUE;
	if (s->require_tls == TRI_UNSET)
		s->require_tls = g->smtp_require_tls ? TRI_TRUE : TRI_FALSE;
	if (s->force_implicit_tls == TRI_UNSET)
		s->force_implicit_tls = g->smtp_force_implicit_tls;
	if (s->extras == TRI_UNSET && g->smtp_extras)
		s->extras = TRI_TRUE;
	if (s->time_zone.n > 0 && zone_find(s->time_zone) == NULL)
		return err_set(e, ERR_INVALID, "unknown time zone \"%.*s\" (wanted: UTC, Europe/Istanbul ...)", STR_ARG(s->time_zone));
	if (!check_language(s->language, e))
		return false;
	finish_body(s, a);
	return true;
}

/* COMPAT: the configuration shows the headers of receivers in use. */
static void
email_used(void *settings, struct arena *a)
{
	struct email_settings *s = settings;
	const struct str_pair defaults[] = { { STR("From"), s->from },
		{ STR("Subject"), template_call(s, "subject", a) }, { STR("To"), s->to } };
	struct str_pair *h = ARENA_ARRAY(a, s->headers.n + ARRAY_LEN(defaults), struct str_pair);
	size_t n = s->headers.n;

	if (n > 0)
		memcpy(h, s->headers.v, n * sizeof(*h));
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++) {
		if (find_header(s, defaults[i].key.p) == NULL)
			h[n++] = defaults[i];
	}
	qsort(h, n, sizeof(*h), pair_cmp);
	s->headers = (struct str_pairs){ h, n };
}

/* The same in all attempts of one notification, so that a mail that arrives twice can be told. */
static void
put_message_id(struct sbuf *b, const struct attempt *a)
{
	const struct notification *n = a->n;
	uint64_t h = fnv64(FNV64_INIT, n->group_key.p, n->group_key.n);

	/* Whichever member of a cluster sends it. */
	if (n->decision.hi != 0 || n->decision.lo != 0) {
		sbuf_printf(b, "Message-Id: <%016" PRIx64 "%016" PRIx64 "@tocsin>\r\n", n->decision.hi, n->decision.lo);
		return;
	}
	h = fnv64(h, n->receiver->name.p, n->receiver->name.n);
	h = fnv64(h, &n->integration->ordinal, sizeof(n->integration->ordinal));
	h = fnv64(h, &n->id, sizeof(n->id));
	sbuf_printf(b, "Message-Id: <%" PRId64 ".%" PRIu64 "@%.*s>\r\n", wall_to_ns(n->flushed), h,
	    STR_ARG(a->env->hostname));
}

/* All mails of a group answer to one that never was, which mail readers show as one thread. */
static void
put_threading(struct sbuf *b, struct attempt *a, const struct email_settings *s)
{
	struct str key = str_sub(render_key(a), 0, 16), date = STR_NONE;
	struct str id;

	if (str_is(s->threading.thread_by_date, "daily")) {
		struct civil c = wall_civil(zone_apply(render_env(a).local, a->now.wall, NULL));

		date = arena_printf(a->arena, "%04d-%02d-%02d", (int)c.year, c.month, c.day);
	}
	id = arena_printf(a->arena, "<alert-%.*s-%.*s@alertmanager>", STR_ARG(key), STR_ARG(date));
	sbuf_printf(b, "References: %.*s\r\nIn-Reply-To: %.*s\r\n", STR_ARG(id), STR_ARG(id));
}

/* Lives from start to resume. */
struct email_state {
	struct err template_error;	/* the first of a header's or the body's template; ERR_NONE: all were rendered */
	struct str account;		/* empty: none is asked for */
};

/* The header's text unless an integration sets it; none: it is left out. */
static bool
default_header(struct attempt *a, const char *name, struct str *out)
{
	const struct email_settings *s = a->settings;
	struct str source = strcmp(name, "From") == 0 ? s->from : strcmp(name, "To") == 0 ? s->to :
	    template_call(s, "subject", a->arena);
	bool subject = strcmp(name, "Subject") == 0;
	struct err ignored = { 0 };

	if (!subject && strcmp(name, "From") != 0 && strcmp(name, "To") != 0)
		return false;
	if (notify_text(a, source, out, &ignored))
		return true;
	*out = arena_printf(a->arena, "%zu alerts (the template of the subject failed)", a->n->alerts_n);
	return subject;
}

/*
 * COMPAT: when a template fails, Alertmanager has begun with the message on the
 * wire: a mail that is empty, or has only its headers, arrives, and the
 * notification has failed. Here a header has its default then; it is counted
 * as a failure all the same.
 */
static void
put_header(struct attempt *a, struct sbuf *b, const char *name, struct str source)
{
	struct email_state *state = a->state;
	struct err failed = { 0 };
	struct str value;

	if (!notify_text(a, source, &value, &failed)) {
		err_ctx(&failed, "execute \"%s\" header template", name);
		if (state->template_error.kind == ERR_NONE)
			state->template_error = failed;
		if (!default_header(a, name, &value))
			return;
	}
	mail_put_header(b, str_from(name), value);
}

/* A thread, a list's name and that nobody wrote it, where the operator does not say it otherwise. */
static void
put_extras(struct attempt *a, struct sbuf *b, const struct email_settings *s, struct str from)
{
	bool own_thread = find_header(s, "References") != NULL || find_header(s, "In-Reply-To") != NULL;

	if (s->threading.enabled || (s->extras == TRI_TRUE && !own_thread))
		put_threading(b, a, s);
	if (s->extras != TRI_TRUE)
		return;
	if (find_header(s, "Auto-Submitted") == NULL)
		mail_put_automatic(b);
	if (find_header(s, "List-Id") == NULL)
		mail_put_list_id(b, a->n->receiver->name, from);
}

static void
put_headers(struct attempt *a, struct sbuf *b, const struct email_settings *s, struct str from)
{
	static const char *const ours[] = { "From", "To", "Subject", "Content-Type", "Content-Transfer-Encoding",
		"Mime-Version", "Date" };
	struct str defaults[] = { s->from, s->to, template_call(s, "subject", a->arena) };
	const struct str *date = find_header(s, "Date");
	size_t before;

	for (size_t i = 0; i < ARRAY_LEN(defaults); i++) {
		const struct str *own = find_header(s, ours[i]);

		put_header(a, b, ours[i], own != NULL ? *own : defaults[i]);
	}
	for (size_t i = 0; i < s->headers.n; i++) {
		bool known = false;

		for (size_t k = 0; k < ARRAY_LEN(ours); k++)
			known |= str_is(s->headers.v[i].key, ours[k]);
		if (!known)
			put_header(a, b, arena_str(a->arena, s->headers.v[i].key).p, s->headers.v[i].value);
	}
	if (find_header(s, "Message-Id") == NULL)
		put_message_id(b, a);
	put_extras(a, b, s, from);
	before = b->n;
	if (date != NULL)
		put_header(a, b, "Date", *date);
	if (b->n == before)
		mail_put_date(b, a->now.wall);
}

/*
 * A mail that shows a brief has no more bytes, if that can be: Gmail cuts what is longer than 102 KB, and shows the rest
 * behind a link.
 */
#define MAIL_BYTES ((size_t)90 << 10)

/* Both parts, as they are to be encoded; NULL when there is none. One that is configured is there, also without a text. */
static bool
render_parts(struct attempt *a, const struct email_settings *s, struct str *text, struct str *html, struct err *e)
{
	if (!notify_text(a, s->text, text, e))
		return err_ctx(e, "execute text template");
	if (!notify_html(a, s->html, html, e))
		return err_ctx(e, "execute html template");
	if (text->n == 0)
		*text = s->text.n > 0 ? STR("") : STR_NONE;
	if (html->n == 0)
		*html = s->html.n > 0 ? STR("") : STR_NONE;
	return true;
}

/*
 * COMPAT: when a template of the body fails, Alertmanager has the mail's header
 * on the wire already: an empty mail arrives, and the notification has failed.
 * Somebody at least learns that there is an alert.
 */
static bool
build_message(struct attempt *a, struct email_state *state, struct str from, struct str *out, struct err *e)
{
	const struct email_settings *s = a->settings;
	struct sbuf b = SBUF_INIT(4 * RENDER_MAX);
	struct str text = STR_NONE, html = STR_NONE;
	char boundary[MAIL_BOUNDARY];
	struct err failed = { 0 };
	size_t head;

	put_headers(a, &b, s, from);
	mail_begin_body(&b, a->rand, boundary);
	head = b.n;
	while (render_parts(a, s, &text, &html, &failed)) {
		sbuf_cut(&b, head);
		mail_put_parts(&b, boundary, text, html);
		if (b.n <= MAIL_BYTES || a->brevity == BRIEF_BREVITY_MAX || !notify_data_has_brief(render_data(a)))
			break;
		a->brevity++;
	}
	if (state->template_error.kind == ERR_NONE)
		state->template_error = failed;
	return render_take(a, &b, out, e);
}

static bool
read_addresses(struct attempt *a, struct mail_request *m, struct err *e)
{
	const struct email_settings *s = a->settings;
	struct mail_addresses list;
	struct str from, to;

	if (!notify_text(a, s->from, &from, e))
		return err_ctx(e, "execute 'from' template");
	if (!notify_text(a, s->to, &to, e))
		return err_ctx(e, "execute 'to' template");
	if (!mail_addresses_parse(a->arena, from, &list, e))
		return err_ctx(e, "parse 'from' addresses");
	if (list.n != 1)
		return err_set(e, ERR_INVALID, "must be exactly one 'from' address (got: %zu)", list.n);
	m->from = list.v[0].address;
	if (!a->n->recipients.known) {
		if (!mail_addresses_parse(a->arena, to, &list, e))
			return err_ctx(e, "parse 'to' addresses");
		for (size_t i = 0; i < list.n; i++)
			if (!recipients_add(a->n, list.v[i].address, e))
				return err_ctx(e, "parse 'to' addresses");
		a->n->recipients.known = true;
	}
	m->to = ARENA_ARRAY(a->arena, a->n->recipients.n + 1, struct str);
	for (size_t i = 0; i < a->n->recipients.n; i++)
		if (a->n->recipients.v[i].state == RECIPIENT_PENDING)
			m->to[m->to_n++] = a->n->recipients.v[i].to;
	return true;
}

/* A file that cannot be read matters only when the other secret is not there. */
static bool
read_secrets(struct attempt *a, struct mail_request *m, struct err *e)
{
	const struct email_settings *s = a->settings;
	bool password = true, secret = true;

	if (s->auth_username.n == 0)
		return true;
	m->username = s->auth_username;
	m->identity = s->auth_identity;
	m->password = s->auth_password;
	m->secret = s->auth_secret;
	if (s->auth_password_file.n > 0) {
		password = render_secret(a, STR_NONE, s->auth_password_file, &m->password, e);
		if (!password)
			err_ctx(e, "could not read %.*s", STR_ARG(s->auth_password_file));
	}
	if (s->auth_secret_file.n > 0) {
		secret = render_file(a, s->auth_secret_file, &m->secret, password ? e : NULL);
		if (!secret && password)
			err_ctx(e, "could not read %.*s", STR_ARG(s->auth_secret_file));
	}
	if ((password && secret) || m->password.n + m->secret.n > 0)
		return true;
	return err_ctx(e, "find auth mechanism");
}

/* One request is for all who are pending. */
static void
note_tried(struct attempt *a)
{
	for (size_t i = 0; i < a->n->recipients.n; i++)
		if (a->n->recipients.v[i].state == RECIPIENT_PENDING)
			recipients_tried(a->n, &a->n->recipients.v[i], STR_NONE);
}

static void
note_answered(struct attempt *a, const struct response *r)
{
	for (size_t i = 0; i < a->n->recipients.n; i++)
		if (a->n->recipients.v[i].state == RECIPIENT_PENDING)
			recipients_answered(&a->n->recipients.v[i], r->unanswered);
}

static enum step
email_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct email_settings *s = a->settings;
	struct mail_request *m = &out->mail;
	struct email_state *state = ARENA_NEW(a->arena, struct email_state);

	a->state = state;
	out->kind = REQUEST_MAIL;
	if (!read_addresses(a, m, e) || !build_message(a, state, m->from, &m->message, e))
		return STEP_FAIL;
	if (m->to_n == 0)
		return STEP_DONE;
	m->smarthost = s->smarthost;
	if (!read_secrets(a, m, e) || !mail_account_may_be_tried(a, m, e))
		return STEP_RETRY;
	state->account = mail_account_key(a, m);
	m->hello = s->hello;
	m->require_tls = s->require_tls == TRI_TRUE;
	m->implicit_tls = s->force_implicit_tls == TRI_UNSET ? str_is(s->smarthost.port, "465") :
	    s->force_implicit_tls == TRI_TRUE;
	m->tls = s->tls_config;
	m->auth_optional = s->auth_optional == TRI_TRUE;
	note_tried(a);
	return STEP_SEND;
}

/* The message was taken: who of those still pending is among its recipients? */
static void
note_recipients(struct attempt *a, const struct response *r)
{
	size_t sent = 0;

	for (size_t i = 0; i < a->n->recipients.n; i++) {
		struct recipient *to = &a->n->recipients.v[i];
		int code;

		if (to->state != RECIPIENT_PENDING)
			continue;
		code = r->smtp_recipient_codes != NULL ? r->smtp_recipient_codes[sent++] : 250;
		if (code / 100 == 2)
			recipients_done(a->n, to, STR_NONE);
		else if (code / 100 == 5)
			recipients_failed(a, to, r->error.n > 0 ? r->error :
			    arena_printf(a->arena, "refused by the mail server with code %d", code));
	}
}

static enum step
email_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	const struct email_state *state = a->state;

	(void)out;
	note_answered(a, r);
	if (r->transport_error || r->smtp_code / 100 != 2) {
		if (r->error.n > 0)
			err_set(e, r->timed_out ? ERR_TIMEOUT : ERR_IO, "%.*s", STR_ARG(r->error));
		else
			err_set(e, ERR_IO, "delivery failure: reply code %d", r->smtp_code);
		if (r->smtp_auth_refused)
			mail_account_refused(a, state->account);
		return STEP_RETRY;
	}
	/* An empty mail serves nobody, and of a template that fails somebody has to hear. */
	if (state->template_error.kind != ERR_NONE) {
		*e = state->template_error;
		return STEP_FAIL;
	}
	note_recipients(a, r);
	return recipients_verdict(a, r->error.n > 0 ? r->error : STR("recipient refused for now"), e);
}

const struct notifier notify_email = {
	.kind = {
		.name = "email",
		.settings_size = sizeof(struct email_settings),
		.fields = email_fields,
		.check = email_check,
		.finish = email_finish,
		.used = email_used,
	},
	.start = email_start,
	.resume = email_resume,
};
