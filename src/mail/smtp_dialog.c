/* SPDX-License-Identifier: Apache-2.0 */
#include "smtp_dialog.h"

#include <assert.h>
#include <string.h>

#define LINE_MAX_BYTES 4096
#define REPLY_MAX 1500

void
smtp_dialog_begin(struct smtp_dialog *d)
{
	d->line = (struct sbuf)SBUF_INIT(LINE_MAX_BYTES);
	d->reply = (struct sbuf)SBUF_INIT(REPLY_MAX);
	d->mech_errors = (struct sbuf)SBUF_INIT(REPLY_MAX);
	d->rcpt_codes = ARENA_ARRAY(d->arena, d->r->to_n, int);
	d->pending[0] = SMTP_GREETING;
	d->pending_n = 1;
}

void
smtp_dialog_next(struct smtp_dialog *d)
{
	d->rcpt_codes = ARENA_ARRAY(d->arena, d->r->to_n, int);
	d->rcpt_n = d->accepted = 0;
	d->begun = false;
	d->final_code = 0;
	d->err.kind = ERR_NONE;
}

void
smtp_dialog_end(struct smtp_dialog *d)
{
	sbuf_fini(&d->line);
	sbuf_fini(&d->reply);
	sbuf_fini(&d->mech_errors);
}

enum smtp_step
smtp_dialog_waiting(const struct smtp_dialog *d)
{
	return !d->connected ? SMTP_CONNECT : d->pending_n > 0 ? d->pending[0] : SMTP_OTHER;
}

const char *
smtp_step_name(const struct smtp_dialog *d, enum smtp_step s)
{
	switch (s) {
	case SMTP_CONNECT:
		return d->r->implicit_tls ? "establish TLS connection to server" : "establish connection to server";
	case SMTP_GREETING:
		return "create SMTP client";
	case SMTP_EHLO:
	case SMTP_HELO:
		return "send EHLO command";
	case SMTP_STARTTLS:
		return "send STARTTLS command";
	case SMTP_AUTH:
		return d->mechanism == MECH_CRAM_MD5 ? "*smtp.cramMD5Auth auth" :
		    d->mechanism == MECH_LOGIN ? "*email.loginAuth auth" : "*smtp.plainAuth auth";
	case SMTP_MAIL:
		return "send MAIL command";
	case SMTP_RCPT:
		return "send RCPT command";
	case SMTP_DATA:
		return "send DATA command";
	case SMTP_END:
	case SMTP_OTHER:
		break;
	}
	return "delivery failure";
}

static void
blame(struct smtp_dialog *d, enum smtp_step s, const char *text)
{
	if (d->err.kind != ERR_NONE)
		return;
	err_set(&d->err, ERR_IO, "%s", text);
	err_ctx(&d->err, "%s", smtp_step_name(d, s));
}

static void
stop(struct smtp_dialog *d)
{
	assert(d->err.kind != ERR_NONE);
	d->stop(d);
}

static bool
is_local(struct str host)
{
	return str_is(host, "localhost") || str_is(host, "127.0.0.1") || str_is(host, "::1");
}

static void
note_mechanism_error(struct smtp_dialog *d, const char *text, struct str name)
{
	if (d->mech_errors.n > 0)
		sbuf_putc(&d->mech_errors, '\n');
	sbuf_puts(&d->mech_errors, text);
	sbuf_str(&d->mech_errors, str_sub(name, 0, 40));
}

/* One mechanism of the AUTH line: whether it is the one to use. The first that we have the means for wins. */
static bool
choose(struct smtp_dialog *d, struct str name)
{
	bool secret = d->r->secret.n > 0, password = d->r->password.n > 0;
	enum smtp_mechanism m;

	if (d->mechanism != MECH_NONE || d->r->username.n == 0)
		return false;
	if (str_caseeq(name, STR("CRAM-MD5")))
		m = secret ? MECH_CRAM_MD5 : MECH_NONE;
	else if (str_caseeq(name, STR("PLAIN")))
		m = password ? MECH_PLAIN : MECH_NONE;
	else if (str_caseeq(name, STR("LOGIN")))
		m = password ? MECH_LOGIN : MECH_NONE;
	else {
		note_mechanism_error(d, "unknown auth mechanism: ", name);
		return false;
	}
	if (m == MECH_NONE)
		note_mechanism_error(d, str_caseeq(name, STR("CRAM-MD5")) ? "missing secret for CRAM-MD5 auth mechanism" :
		    str_caseeq(name, STR("PLAIN")) ? "missing password for PLAIN auth mechanism" :
		    "missing password for LOGIN auth mechanism", STR_NONE);
	d->mechanism = m;
	return m != MECH_NONE;
}

/* A word of a line of EHLO's answer (not of its first line, which is a greeting). */
static void
on_ehlo_word(struct smtp_dialog *d, struct str word)
{
	bool keep;

	if (d->words == 0) {
		d->auth_line = str_caseeq(word, STR("AUTH"));
		d->offers_auth = d->offers_auth || d->auth_line;
		d->offers_starttls = d->offers_starttls || str_caseeq(word, STR("STARTTLS"));
		d->offers_8bitmime = d->offers_8bitmime || str_caseeq(word, STR("8BITMIME"));
		d->offers_smtputf8 = d->offers_smtputf8 || str_caseeq(word, STR("SMTPUTF8"));
		/* Without the others, libESMTP sends one command at a time and the message by DATA. */
		keep = d->auth_line || str_caseeq(word, STR("STARTTLS")) || str_caseeq(word, STR("8BITMIME"));
	} else if (d->auth_line) {
		keep = choose(d, word);
	} else {
		return;
	}
	if (!keep && d->rewrite && d->word != NULL)
		memset(d->word, 'X', word.n);
}

/* EHLO's answer is complete. */
static void
after_ehlo(struct smtp_dialog *d)
{
	const struct mail_request *r = d->r;

	if (r->require_tls && !d->tls) {
		if (!d->offers_starttls)
			err_set(&d->err, ERR_IO, "'require_tls' is true (default) but \"%.*s:%.*s\" does not advertise the"
			    " STARTTLS extension", STR_ARG(r->smarthost.host), STR_ARG(r->smarthost.port));
		return;
	}
	if (r->username.n == 0)
		return;
	if (!d->offers_auth) {
		/* COMPAT: Alertmanager sends without, to whoever is there. */
		if (r->auth_optional)
			return;
		err_set(&d->err, ERR_AUTH, "a username is set but \"%.*s:%.*s\" does not offer the AUTH extension",
		    STR_ARG(r->smarthost.host), STR_ARG(r->smarthost.port));
		stop(d);
		return;
	}
	if (d->mechanism == MECH_NONE) {
		err_set(&d->err, ERR_AUTH, "find auth mechanism: %s", sbuf_cstr(&d->mech_errors));
		stop(d);
	} else if (d->mechanism == MECH_PLAIN && !d->tls && !is_local(r->smarthost.host)) {
		blame(d, SMTP_AUTH, "unencrypted connection");
		stop(d);
	} else if (d->mechanism == MECH_PLAIN && d->rewrite && (r->username.n > 255 || r->password.n > 255)) {
		/* More would overflow a buffer of libESMTP's. */
		blame(d, SMTP_AUTH, "username or password is longer than 255 bytes");
		stop(d);
	}
}

static void
refused(struct smtp_dialog *d, enum smtp_step s, int code)
{
	struct sbuf b = SBUF_INIT(REPLY_MAX + 16);

	sbuf_printf(&b, "%03d %s", code, sbuf_cstr(&d->reply));
	blame(d, s, sbuf_cstr(&b));
	sbuf_fini(&b);
}

static enum smtp_step
take_pending(struct smtp_dialog *d)
{
	enum smtp_step s = d->pending_n > 0 ? d->pending[0] : SMTP_OTHER;

	if (d->pending_n > 0)
		memmove(d->pending, d->pending + 1, --d->pending_n * sizeof(d->pending[0]));
	return s;
}

static void
expect(struct smtp_dialog *d, enum smtp_step s)
{
	/* With more than this unanswered, only the texts of errors suffer. */
	if (d->pending_n < SMTP_PENDING_MAX)
		d->pending[d->pending_n++] = s;
}

static void
forget_offers(struct smtp_dialog *d)
{
	d->offers_starttls = d->offers_auth = d->offers_8bitmime = d->offers_smtputf8 = false;
}

static void
on_helo(struct smtp_dialog *d, int code)
{
	/* EHLO's refusal is forgiven; there are no extensions. */
	d->err.kind = ERR_NONE;
	if (code / 100 != 2) {
		refused(d, SMTP_HELO, code);
		return;
	}
	forget_offers(d);
	after_ehlo(d);
}

static void
on_starttls(struct smtp_dialog *d, int code, bool more)
{
	if (code / 100 != 2) {
		refused(d, SMTP_STARTTLS, code);
	} else if (more) {
		blame(d, SMTP_STARTTLS, "the server sent data in clear text behind its answer");
		stop(d);
	} else {
		/* All that was said before counts no more. */
		d->tls = true;
		d->offers_auth = false;
		d->mechanism = MECH_NONE;
		sbuf_reset(&d->mech_errors);
	}
}

static void
on_rcpt(struct smtp_dialog *d, int code)
{
	if (d->rcpt_n < d->r->to_n)
		d->rcpt_codes[d->rcpt_n++] = code;
	if (code / 100 == 2)
		d->accepted++;
	else
		refused(d, SMTP_RCPT, code);
}

/* Nobody waits for it: the greeting of another connection, or nothing that matters. */
static void
on_other(struct smtp_dialog *d, int code)
{
	if (code != 220)
		return;
	d->tls = d->r->implicit_tls;
	forget_offers(d);
	d->authenticated = false;
	d->mechanism = MECH_NONE;
}

/* A reply is complete; `more`: the same chunk has something behind it. */
static void
on_reply(struct smtp_dialog *d, int code, bool more)
{
	enum smtp_step s = take_pending(d);
	bool positive = code / 100 == 2;

	d->continuing = false;
	switch (s) {
	case SMTP_GREETING:
		if (code != 220)
			refused(d, s, code);
		break;
	case SMTP_EHLO:
		if (positive)
			after_ehlo(d);
		else
			refused(d, s, code);
		break;
	case SMTP_HELO:
		on_helo(d, code);
		break;
	case SMTP_STARTTLS:
		on_starttls(d, code, more);
		break;
	case SMTP_AUTH:
		d->continuing = code == 334;
		d->authenticated = positive;
		d->auth_refused = code / 100 == 5;
		if (code >= 400)
			refused(d, s, code);
		break;
	case SMTP_MAIL:
		if (!positive)
			refused(d, s, code);
		break;
	case SMTP_RCPT:
		on_rcpt(d, code);
		break;
	case SMTP_DATA:
		d->begun = code == 354;
		if (d->begun)
			expect(d, SMTP_END);
		else
			refused(d, s, code);
		break;
	case SMTP_END:
		d->final_code = code;
		if (!positive) {
			d->err.kind = ERR_NONE;
			refused(d, s, code);
		}
		break;
	case SMTP_OTHER:
		on_other(d, code);
		break;
	case SMTP_CONNECT:
		break;
	}
}

static void
end_word(struct smtp_dialog *d)
{
	if (d->line.n > d->word_at && d->word_at >= 4) {
		struct str word = str_sub(sbuf_get(&d->line), d->word_at, d->line.n);

		if (d->reply_lines > 0 && d->pending_n > 0 && d->pending[0] == SMTP_EHLO)
			on_ehlo_word(d, word);
		d->words++;
	}
	/* It ended: what comes behind it (CR, LF) ends nothing more. */
	d->word_at = d->line.n;
	d->word = NULL;
}

static void
begin_word(struct smtp_dialog *d, char *at)
{
	d->word = at;
	d->word_at = d->line.n;
}

static void
next_line(struct smtp_dialog *d)
{
	sbuf_fini(&d->line);
	d->line = (struct sbuf)SBUF_INIT(LINE_MAX_BYTES);
	d->words = 0;
	d->auth_line = false;
	begin_word(d, NULL);
}

static void
not_smtp(struct smtp_dialog *d, struct str line)
{
	enum smtp_step s = d->pending_n > 0 ? d->pending[0] : SMTP_OTHER;
	struct sbuf b = SBUF_INIT(REPLY_MAX);

	sbuf_printf(&b, "invalid response code: \"%.*s\"", STR_ARG(str_sub(line, 0, 200)));
	d->err.kind = ERR_NONE;
	blame(d, s, sbuf_cstr(&b));
	sbuf_fini(&b);
	stop(d);
}

static void
end_line(struct smtp_dialog *d, bool more)
{
	struct str line = sbuf_get(&d->line);
	int code = 0;
	bool valid = line.n >= 3 && (line.n == 3 || line.p[3] == ' ' || line.p[3] == '-');

	for (size_t i = 0; i < 3 && valid; i++) {
		valid = line.p[i] >= '0' && line.p[i] <= '9';
		code = code * 10 + (line.p[i] - '0');
	}
	/* The libraries may wait for another one. */
	if (!valid) {
		not_smtp(d, line);
		next_line(d);
		return;
	}
	if (d->reply_lines++ > 0)
		sbuf_putc(&d->reply, '\n');
	sbuf_str(&d->reply, str_trim(str_sub(line, 4, line.n)));
	if (line.n < 4 || line.p[3] != '-') {
		on_reply(d, code, more);
		sbuf_fini(&d->reply);
		d->reply = (struct sbuf)SBUF_INIT(REPLY_MAX);
		d->reply_lines = 0;
	}
	next_line(d);
}

/*
 * A server that refuses EHLO, with whatever code, is greeted by HELO as Go's
 * net/smtp does; but for 421, by which it hangs up. libESMTP does so after 500
 * and a few others. `code` is where the three digits stand.
 */
static void
make_refusal_usual(const struct smtp_dialog *d, char *code)
{
	if (d->rewrite && d->pending_n > 0 && d->pending[0] == SMTP_EHLO && code[0] != '2' && memcmp(code, "421", 3) != 0)
		memcpy(code, "500", 3);
}

void
smtp_dialog_got(struct smtp_dialog *d, char *p, size_t n)
{
	/* A word that began in another chunk is out of reach. */
	d->word = d->line.n == d->word_at ? p : NULL;
	for (size_t i = 0; i < n; i++) {
		char c = p[i];

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || (c == '-' && d->line.n == 3))
			end_word(d);
		if (c == '\n') {
			end_line(d, i + 1 < n);
			continue;
		}
		if (c != '\r')
			sbuf_putc(&d->line, c);
		if (d->line.n == 3 && c != '\r' && i >= 2)
			make_refusal_usual(d, &p[i - 2]);
		if (c == ' ' || c == '\t' || d->line.n == 4)
			begin_word(d, i + 1 < n ? &p[i + 1] : NULL);
	}
}

static bool
is_command(struct str line, const char *name)
{
	size_t n = strlen(name);

	return line.n >= n && str_caseeq(str_sub(line, 0, n), str_from(name)) &&
	    (line.n == n || line.p[n] == ' ' || line.p[n] == ':');
}

/* Lines that must not be sent are stopped here. */
static enum smtp_step
on_command(struct smtp_dialog *d, struct str line)
{
	if (d->continuing)
		return SMTP_AUTH;	/* whatever it may look like */
	if (is_command(line, "EHLO")) {
		d->offers_auth = d->offers_8bitmime = d->offers_smtputf8 = false;
		return SMTP_EHLO;
	}
	if (is_command(line, "HELO"))
		return SMTP_HELO;
	if (is_command(line, "STARTTLS"))
		return SMTP_STARTTLS;
	if (is_command(line, "AUTH"))
		return SMTP_AUTH;
	if (is_command(line, "MAIL FROM")) {
		if (d->r->require_tls && !d->tls) {
			blame(d, SMTP_STARTTLS, "the connection is not encrypted");
			stop(d);
		}
		if (d->r->username.n > 0 && d->offers_auth && !d->authenticated) {
			blame(d, SMTP_AUTH, "not authenticated");
			stop(d);
		}
		if (d->needs_smtputf8 && !d->offers_smtputf8) {
			blame(d, SMTP_MAIL, "an address is not ASCII, and the server does not offer the SMTPUTF8 extension");
			stop(d);
		}
		return SMTP_MAIL;
	}
	if (is_command(line, "RCPT TO"))
		return SMTP_RCPT;
	if (is_command(line, "DATA")) {
		if (d->rcpt_n == d->r->to_n && d->accepted == 0) {
			blame(d, SMTP_RCPT, "no recipient was accepted");
			stop(d);
		}
		return SMTP_DATA;
	}
	return SMTP_OTHER;
}

void
smtp_dialog_sent(struct smtp_dialog *d, const char *p, size_t n)
{
	struct str rest = { p, n };

	while (rest.n > 0) {
		size_t end = str_chr(rest, '\n');

		expect(d, on_command(d, str_trim(str_sub(rest, 0, end))));
		rest = str_sub(rest, end + 1, rest.n);
	}
}
