/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SMTP by libcurl, in a mail worker only: for what libESMTP cannot do, that is
 * TLS from the first byte on, an authorization identity, servers' addresses of IPv6, and mail
 * addresses that are not ASCII.
 */
#include <assert.h>
#include <string.h>

#include <curl/curl.h>
#include <openssl/ssl.h>

#include "loop/errno_text.h"
#include "mail_session.h"
#include "tls/certificate.h"
#include "tls/curl.h"

#define SET(easy, option, value)                                             \
	do {                                                                 \
		CURLcode code_ = curl_easy_setopt((easy), (option), (value)); \
		assert(code_ == CURLE_OK);                                   \
	} while (0)

struct run {
	struct mail_session *s;
	CURL *easy;
	X509_STORE *authorities;
	struct curl_slist *to;
	size_t given;
	char error[CURL_ERROR_SIZE];
};

static int
on_debug(CURL *easy, curl_infotype type, char *p, size_t n, void *arg)
{
	struct run *r = arg;

	(void)easy;
	if (type == CURLINFO_HEADER_OUT) {
		smtp_dialog_sent(&r->s->d, p, n);
	} else if (type == CURLINFO_HEADER_IN) {
		mail_session_connected(r->s);
		/* One line at a time: nothing is ever behind it. */
		smtp_dialog_got(&r->s->d, p, n);
		if (r->s->d.final_code / 100 == 2)
			mail_session_accepted(r->s);
	}
	return 0;
}

static size_t
on_read(char *to, size_t size, size_t n, void *arg)
{
	struct run *r = arg;
	struct str message = r->s->job->r.message;
	size_t left = message.n - r->given;

	if (left > size * n)
		left = size * n;
	if (left == 0)
		mail_session_ends_message(r->s);
	memcpy(to, message.p + r->given, left);
	r->given += left;
	return left;
}

static size_t
on_write(char *p, size_t size, size_t n, void *arg)
{
	(void)p;
	(void)arg;
	return size * n;
}

static bool
set_tls(struct run *r, struct err *e)
{
	if (!tls_curl_set(r->easy, r->s->job->r.tls, r->s->arena, &r->authorities, e))
		return err_ctx(e, "parse TLS configuration");
	SET(r->easy, CURLOPT_USE_SSL, r->s->job->r.require_tls ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_NONE);
	return true;
}

/*
 * libcurl takes the mechanism that it likes best among those allowed, and has
 * one secret: with both a password and a secret, the password is used.
 */
static void
set_auth(struct run *r)
{
	const struct mail_request *m = &r->s->job->r;

	if (m->username.n == 0)
		return;
	SET(r->easy, CURLOPT_USERNAME, m->username.p);
	SET(r->easy, CURLOPT_PASSWORD, m->password.n > 0 ? m->password.p : m->secret.p);
	if (m->identity.n > 0)
		SET(r->easy, CURLOPT_SASL_AUTHZID, m->identity.p);
	SET(r->easy, CURLOPT_SASL_IR, 1L);
	SET(r->easy, CURLOPT_LOGIN_OPTIONS, m->password.n == 0 ? "AUTH=CRAM-MD5" : "AUTH=PLAIN;AUTH=LOGIN");
}

static void
describe(struct run *r, CURLcode code)
{
	struct smtp_dialog *d = &r->s->d;
	const struct host_port *h = &r->s->job->r.smarthost;
	long result = 0, os = 0;
	curl_off_t connected = 0;
	enum smtp_step waiting;

	if (d->err.kind != ERR_NONE)
		return;
	curl_easy_getinfo(r->easy, r->s->job->r.implicit_tls ? CURLINFO_APPCONNECT_TIME_T : CURLINFO_CONNECT_TIME_T, &connected);
	d->connected |= connected > 0;
	waiting = smtp_dialog_waiting(d);
	curl_easy_getinfo(r->easy, CURLINFO_SSL_VERIFYRESULT, &result);
	curl_easy_getinfo(r->easy, CURLINFO_OS_ERRNO, &os);
	if (code == CURLE_PEER_FAILED_VERIFICATION)
		certificate_error(result, h->host, &d->err);
	else if (code == CURLE_COULDNT_RESOLVE_HOST)
		err_set(&d->err, ERR_IO, "dial tcp: lookup %.*s: no such host", STR_ARG(h->host));
	else if (code == CURLE_COULDNT_CONNECT && os > 0)
		err_set(&d->err, ERR_IO, "dial tcp %.*s:%.*s: connect: %s", STR_ARG(h->host), STR_ARG(h->port),
		    errno_text((int)os).s);
	else if (code == CURLE_OPERATION_TIMEDOUT)
		err_set(&d->err, ERR_TIMEOUT, "i/o timeout");
	else
		err_set(&d->err, ERR_IO, "%s", r->error[0] != '\0' ? r->error : curl_easy_strerror(code));
	err_ctx(&d->err, "%s", smtp_step_name(d, waiting));
}

static void
set_url(struct run *r, struct curl_slist **connect_to)
{
	const struct mail_request *m = &r->s->job->r;
	struct str host = m->smarthost.host, port = m->smarthost.port, hello = m->hello;
	bool v6 = str_chr(host, ':') < host.n;
	char *quoted;

	/* SNI and verification follow the URL; the connection need not. */
	if (m->tls != NULL && m->tls->server_name.n > 0) {
		*connect_to = curl_slist_append(NULL, arena_printf(r->s->arena, v6 ? "%.*s:%.*s:[%.*s]:%.*s" :
		    "%.*s:%.*s:%.*s:%.*s", STR_ARG(m->tls->server_name), STR_ARG(port), STR_ARG(host),
		    STR_ARG(port)).p);
		SET(r->easy, CURLOPT_CONNECT_TO, *connect_to);
		host = m->tls->server_name;
		v6 = false;
	}
	quoted = curl_easy_escape(r->easy, hello.n > 0 ? hello.p : "localhost", 0);
	SET(r->easy, CURLOPT_URL, arena_printf(r->s->arena, v6 ? "%s://[%.*s]:%.*s/%s" : "%s://%.*s:%.*s/%s",
	    m->implicit_tls ? "smtps" : "smtp", STR_ARG(host), STR_ARG(port), quoted).p);
	curl_free(quoted);
}

/* The message of the job. */
static void
set_message(struct run *r)
{
	const struct mail_session *s = r->s;
	const struct mail_request *m = &s->job->r;
	struct curl_slist *to = NULL;

	r->given = 0;
	SET(r->easy, CURLOPT_TIMEOUT_MS, s->job->time / SPAN_MS > 1000 ? (long)(s->job->time / SPAN_MS) : 1000L);
	SET(r->easy, CURLOPT_MAIL_FROM, arena_printf(s->arena, "<%.*s>", STR_ARG(m->from)).p);
	for (size_t i = 0; i < m->to_n; i++)
		to = curl_slist_append(to, arena_printf(s->arena, "<%.*s>", STR_ARG(m->to[i])).p);
	SET(r->easy, CURLOPT_MAIL_RCPT, to);
	curl_slist_free_all(r->to);
	r->to = to;
}

/* One message after the other; libcurl finds the connection of the last one. True: all were taken. */
static bool
send_messages(struct run *r)
{
	CURLcode code;

	do {
		set_message(r);
		code = curl_easy_perform(r->easy);
		if (r->s->d.final_code / 100 != 2) {
			describe(r, code);
			return false;
		}
	} while (mail_session_next(r->s));
	return r->s->told;
}

bool
smtp_by_curl(struct mail_session *s)
{
	const struct mail_request *m = &s->job->r;
	struct run r = { .s = s };
	struct curl_slist *connect_to = NULL;
	bool ok;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	r.easy = curl_easy_init();
	assert(r.easy != NULL);
	/* Once connected, an implicit TLS session is a safe one; libcurl asks for STARTTLS itself otherwise. */
	s->d.tls = m->implicit_tls;
	smtp_dialog_begin(&s->d);
	SET(r.easy, CURLOPT_ERRORBUFFER, r.error);
	SET(r.easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	SET(r.easy, CURLOPT_PROXY, "");
	SET(r.easy, CURLOPT_NOSIGNAL, 1L);
	SET(r.easy, CURLOPT_CONNECTTIMEOUT_MS, 30000L);
	SET(r.easy, CURLOPT_VERBOSE, 1L);
	SET(r.easy, CURLOPT_DEBUGFUNCTION, on_debug);
	SET(r.easy, CURLOPT_DEBUGDATA, &r);
	SET(r.easy, CURLOPT_WRITEFUNCTION, on_write);
	SET(r.easy, CURLOPT_READFUNCTION, on_read);
	SET(r.easy, CURLOPT_READDATA, &r);
	SET(r.easy, CURLOPT_UPLOAD, 1L);
	SET(r.easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
	set_url(&r, &connect_to);
	set_auth(&r);
	ok = set_tls(&r, &s->d.err);
	s->may_keep = true;
	if (ok)
		ok = send_messages(&r);
	curl_easy_cleanup(r.easy);
	X509_STORE_free(r.authorities);
	curl_slist_free_all(r.to);
	curl_slist_free_all(connect_to);
	return ok;
}
