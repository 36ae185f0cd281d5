/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SMTP by libESMTP 1.1, in a mail worker only. Its pitfalls, and what is done:
 *
 *  - smtp_start_session returns success for what was not delivered, and the
 *    last error stays for ever: the dialog (smtp_dialog.h) decides.
 *  - With no mechanism left it goes on unauthenticated: the dialog stops it.
 *  - Its own TLS context is freed while in use: we always give it ours.
 *  - With TLS 1.3 a session ticket makes it wait for answers to commands it has
 *    not sent: 1.2 at most.
 *  - It sends no SNI: done when the handshake starts.
 *  - It checks the certificate against the DNS canonical name: OpenSSL checks
 *    the configured name instead, and its verdict is overruled.
 *  - It keeps what came in clear text behind the answer to STARTTLS: the dialog
 *    stops.
 *  - It frees a client certificate that is not its own: one more reference.
 *  - connect() and name resolution have no time limit: the parent has.
 *  - It knows its messages before the session begins: one that is added while
 *    the answer to the last one is told of is sent in the same session.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <auth-client.h>
#include <libesmtp.h>

#include "loop/clock_real.h"
#include "loop/errno_text.h"
#include "mail_session.h"
#include "tls/certificate.h"
#include "tls/files.h"
#include "tls/store.h"

#define SOCKETS_MAX 256		/* what a worker has open is in the lowest few */

struct run {
	struct mail_session *s;
	struct smtp_dialog *d;
	smtp_session_t session;
	smtp_message_t message;
	struct str server_name;
	size_t given;		/* of the message, to the library */
	size_t bytes;		/* of the message, as reported while they went out */
	bool sent;		/* … and then the end of it */
	long verify_result;
	bool skip_verify;
	bool by_address;	/* server_name is one */
	struct mono last;	/* when something was last heard or said */
	span patience;		/* the shortest wait for an answer */
};

static void add_message(struct run *r);

static struct mono
mono_now(void)
{
	return clock_real()->now(clock_real()).mono;
}

static void
say_body(const struct run *r)
{
	if (r->d->offers_8bitmime && (r->d->tls || !r->d->r->require_tls))
		smtp_8bitmime_set_body(r->message, E8bitmime_8BITMIME);
}

static void
on_monitor(const char *buf, int n, int writing, void *arg)
{
	struct run *r = arg;
	char *inside;

	r->last = mono_now();
	if (n <= 0 || writing == SMTP_CB_HEADERS)
		return;
	if (writing == SMTP_CB_WRITING) {
		smtp_dialog_sent(r->d, buf, (size_t)n);
		return;
	}
	/* It is the library's own read buffer, which it parses after this. */
	memcpy(&inside, &buf, sizeof(inside));
	smtp_dialog_got(r->d, inside, (size_t)n);
	mail_session_connected(r->s);
	say_body(r);
}

/* Does the server's answer say that it took the message, and was it said after the message? */
static bool
was_taken(const struct run *r)
{
	return r->d->final_code / 100 == 2 && r->sent && r->bytes > 0 &&
	    smtp_message_transfer_status(r->message)->code / 100 == 2;
}

static void
accept_client_certificate(SSL *ssl)
{
	X509 *x = SSL_get_certificate(ssl);

	if (x != NULL)
		X509_up_ref(x);
}

/*
 * The end of a message is a small segment behind others, which would wait until
 * those are acknowledged: 40 ms. The library does not say which socket is its own;
 * a worker has no other one to the network.
 */
static void
send_at_once(void)
{
	static const int yes = 1;
	struct sockaddr_storage peer;

	for (int fd = STDERR_FILENO + 1; fd < SOCKETS_MAX; fd++) {
		socklen_t n = sizeof(peer);

		if (getpeername(fd, (struct sockaddr *)&peer, &n) == 0 && (peer.ss_family == AF_INET || peer.ss_family == AF_INET6))
			(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	}
}

static void
on_event(smtp_session_t session, int event, void *arg, ...)
{
	struct run *r = arg;
	va_list ap;
	int *ok;

	(void)session;
	va_start(ap, arg);
	switch (event) {
	case SMTP_EV_CONNECT:
		send_at_once();
		mail_session_connected(r->s);
		break;
	case SMTP_EV_INVALID_PEER_CERTIFICATE:
		(void)va_arg(ap, long);
		ok = va_arg(ap, int *);
		*ok = r->skip_verify;
		break;
	case SMTP_EV_NO_PEER_CERTIFICATE:
	case SMTP_EV_WRONG_PEER_CERTIFICATE:
		/* The name was checked by OpenSSL during the handshake. */
		ok = va_arg(ap, int *);
		*ok = event == SMTP_EV_WRONG_PEER_CERTIFICATE || r->skip_verify;
		break;
	case SMTP_EV_STARTTLS_OK:
		accept_client_certificate(va_arg(ap, SSL *));
		break;
	case SMTP_EV_MESSAGEDATA:
		(void)va_arg(ap, smtp_message_t);
		r->bytes += (size_t)va_arg(ap, int);
		break;
	case SMTP_EV_MESSAGESENT:
		/* The end of it, and the server's answer to that. */
		r->sent = true;
		if (was_taken(r)) {
			mail_session_accepted(r->s);
			if (mail_session_next(r->s))
				add_message(r);
		}
		break;
	default:
		break;
	}
	va_end(ap);
}

static const char *
on_message(void **ctx, int *n, void *arg)
{
	struct run *r = arg;
	struct str message = r->d->r->message;
	const char *p = message.p + r->given;
	size_t left = message.n - r->given;

	(void)ctx;
	if (n == NULL) {
		r->given = 0;
		return NULL;
	}
	if (left > 65536)
		left = 65536;
	if (left == 0)
		mail_session_ends_message(r->s);
	r->given += left;
	*n = (int)left;
	errno = 0;	/* which it looks at, at the end of the message */
	return left > 0 ? p : NULL;
}

static int
on_auth(auth_client_request_t request, char **result, int fields, void *arg)
{
	const struct mail_request *m = arg;
	const char *password = m->password.p;

	for (int i = 0; i < fields; i++) {
		/* CRAM-MD5's secret is the only one that does not travel in clear text. */
		if ((request[i].flags & AUTH_PASS) && !(request[i].flags & AUTH_CLEARTEXT))
			password = m->secret.p;
		if (request[i].flags & AUTH_USER)
			memcpy(&result[i], &m->username.p, sizeof(result[i]));
		else if (request[i].flags & AUTH_PASS)
			memcpy(&result[i], &password, sizeof(result[i]));
		else
			return 0;
	}
	return 1;
}

/*
 * Asked for by its own name, the library looks for a file that is called
 * otherwise. Once loaded it is found; each load would stay for ever.
 */
static void
load_cram_md5(auth_context_t auth)
{
	static bool loaded;

	if (!loaded)
		(void)auth_set_mechanism(auth, "CRAMMD5");
	loaded = true;
}

/* SNI: the library creates the SSL object itself and lets nobody near it before the handshake. */
static void
on_tls_info(const SSL *ssl, int where, int ret)
{
	struct run *r = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	SSL *inside;

	(void)ret;
	/* RFC 6066 3: names, not addresses. */
	if (!(where & SSL_CB_HANDSHAKE_START) || r == NULL || r->by_address)
		return;
	memcpy(&inside, &ssl, sizeof(inside));
	SSL_set_tlsext_host_name(inside, r->server_name.p);
}

static int
on_verify(int ok, X509_STORE_CTX *ctx)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct run *r = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (!ok && r->verify_result == X509_V_OK)
		r->verify_result = X509_STORE_CTX_get_error(ctx);
	return ok || r->skip_verify;
}

/* Parsed once, by the helper. */
static void
use_system_authorities(SSL_CTX *ctx)
{
	X509_STORE *system = tls_store_system();

	if (system != NULL)
		SSL_CTX_set_cert_store(ctx, system);
}

static SSL_CTX *
make_tls(struct run *r, struct err *e)
{
	const struct tls_config *t = r->d->r->tls;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int lowest = t != NULL ? tls_version(t->min_version, TLS1_2_VERSION) : TLS1_2_VERSION;
	int highest = t != NULL ? tls_version(t->max_version, TLS1_2_VERSION) : TLS1_2_VERSION;
	X509_VERIFY_PARAM *param;
	struct tls_files f;
	bool ok;

	if (ctx == NULL) {
		err_set(e, ERR_IO, "tls: out of memory");
		return NULL;
	}
	if (highest > TLS1_2_VERSION)
		highest = TLS1_2_VERSION;
	if (lowest > TLS1_2_VERSION) {
		SSL_CTX_free(ctx);
		err_set(e, ERR_INVALID, "tls: STARTTLS with min_version TLS13 is not supported");
		return NULL;
	}
	SSL_CTX_set_app_data(ctx, r);
	SSL_CTX_set_info_callback(ctx, on_tls_info);
	SSL_CTX_set_min_proto_version(ctx, lowest);
	SSL_CTX_set_max_proto_version(ctx, highest);
	if (lowest < TLS1_2_VERSION)
		SSL_CTX_set_cipher_list(ctx, "DEFAULT@SECLEVEL=0");
	r->skip_verify = t != NULL && t->insecure_skip_verify;
	SSL_CTX_set_verify(ctx, r->skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, on_verify);
	param = SSL_CTX_get0_param(ctx);
	/* An address is compared with the certificate's addresses, a name with its names. */
	r->by_address = X509_VERIFY_PARAM_set1_ip_asc(param, r->server_name.p) == 1;
	ok = r->by_address || (r->server_name.n > 0 &&
	    X509_VERIFY_PARAM_set1_host(param, r->server_name.p, r->server_name.n) == 1);
	ERR_clear_error();
	/* Without a name any certificate would do. */
	if (!ok && !r->skip_verify) {
		SSL_CTX_free(ctx);
		err_set(e, ERR_INVALID, "tls: either ServerName or InsecureSkipVerify must be specified in the tls.Config");
		return NULL;
	}
	ok = tls_files_read(t, r->s->arena, &f, e) && (t == NULL || tls_files_check(t, &f, e));
	if (ok && f.ca.n > 0)
		ok = tls_use_ca(ctx, f.ca);
	else if (ok && !r->skip_verify)
		use_system_authorities(ctx);
	if (ok && f.cert.n > 0)
		ok = tls_use_cert(ctx, f.cert, f.key, e);
	if (!ok) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

/* The library's number for what went wrong before there was a connection. */
static void
connect_error(struct run *r, struct err *e)
{
	const struct host_port *h = &r->d->r->smarthost;
	int why = smtp_errno();

	switch (why) {
	case SMTP_ERR_EAI_NONAME:
	case SMTP_ERR_EAI_NODATA:
	case SMTP_ERR_EAI_ADDRFAMILY:
	case SMTP_ERR_EAI_FAIL:
	case SMTP_ERR_EAI_AGAIN:
		err_set(e, ERR_IO, "dial tcp: lookup %.*s: %s", STR_ARG(h->host),
		    why == SMTP_ERR_EAI_AGAIN || why == SMTP_ERR_EAI_FAIL ? "server misbehaving" : "no such host");
		break;
	case SMTP_ERR_EAI_SERVICE:
		err_set(e, ERR_IO, "dial tcp: lookup tcp/%.*s: unknown port", STR_ARG(h->port));
		break;
	default:
		err_set(e, ERR_IO, "dial tcp %.*s:%.*s: connect: %s", STR_ARG(h->host), STR_ARG(h->port),
		    why < 0 ? errno_text(-why).s : "failed");
		break;
	}
	err_ctx(e, "%s", smtp_step_name(r->d, SMTP_CONNECT));
}

static void
set_times(struct run *r)
{
	static const struct {
		int what;
		long seconds;
	} limits[] = {
		{ Timeout_GREETING, 60 }, { Timeout_ENVELOPE, 60 }, { Timeout_DATA, 60 }, { Timeout_TRANSFER, 120 },
		{ Timeout_DATA2, 300 },
	};

	span time = r->s->job->time;

	r->patience = SPAN_MAX;
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		long ms = limits[i].seconds * 1000;

		if (ms > time / SPAN_MS)
			ms = (long)(time / SPAN_MS);
		if (ms < 1000)
			ms = 1000;	/* the library's own minimum */
		smtp_set_timeout(r->session, limits[i].what | Timeout_OVERRIDE_RFC2822_MINIMUM, ms);
		if (ms * SPAN_MS < r->patience)
			r->patience = ms * SPAN_MS;
	}
}

/* The session is over: was everything as it should be? */
static bool
judge(struct run *r)
{
	struct smtp_dialog *d = r->d;
	enum smtp_step waiting = smtp_dialog_waiting(d);

	if (!d->connected) {
		connect_error(r, &d->err);
		return false;
	}
	if (was_taken(r))
		return true;
	if (d->final_code / 100 == 2) {
		err_set(&d->err, ERR_IO, "delivery failure: the server's answer does not belong to the message");
		return false;
	}
	if (d->err.kind != ERR_NONE)
		return false;
	if (waiting == SMTP_OTHER && d->tls)
		waiting = SMTP_STARTTLS;	/* the handshake failed: nothing was said after it */
	if (waiting == SMTP_STARTTLS && r->verify_result != X509_V_OK)
		certificate_error(r->verify_result, r->server_name, &d->err);
	else if (mono_sub(mono_now(), r->last) >= r->patience - SPAN_S / 2)
		err_set(&d->err, ERR_TIMEOUT, "i/o timeout");
	else
		err_set(&d->err, ERR_IO, waiting == SMTP_STARTTLS ? "tls: handshake failure" : "EOF");
	err_ctx(&d->err, "%s", smtp_step_name(d, waiting));
	return false;
}

static bool
fits(struct str s, size_t max)
{
	return s.n <= max && memchr(s.n > 0 ? s.p : "", '\0', s.n) == NULL;
}

/* Lines are made of these with a buffer of fixed size. */
static bool
check_sizes(const struct mail_request *m, struct err *e)
{
	bool ok = fits(m->from, 900) && fits(m->hello, 900) && fits(m->smarthost.host, 900);

	for (size_t i = 0; i < m->to_n && ok; i++)
		ok = fits(m->to[i], 900);
	return ok || err_set(e, ERR_INVALID, "an address or name is longer than 900 bytes");
}

/* The message of the job. */
static void
add_message(struct run *r)
{
	const struct mail_request *m = &r->s->job->r;

	if (!check_sizes(m, &r->d->err))
		return;
	set_times(r);
	r->given = r->bytes = 0;
	r->sent = false;
	r->last = mono_now();
	r->message = smtp_add_message(r->session);
	smtp_set_reverse_path(r->message, m->from.p);
	for (size_t i = 0; i < m->to_n; i++)
		smtp_add_recipient(r->message, m->to[i].p);
	smtp_set_messagecb(r->message, on_message, r);
	say_body(r);
}

bool
smtp_by_esmtp(struct mail_session *s)
{
	const struct mail_request *m = &s->job->r;
	struct run r = { .s = s, .d = &s->d, .verify_result = X509_V_OK };
	smtp_session_t session;
	auth_context_t auth = NULL;
	SSL_CTX *tls = NULL;
	bool ok = false;

	/* The job may be followed by others before it is needed last. */
	r.server_name = arena_str(s->arena, m->tls != NULL && m->tls->server_name.n > 0 ? m->tls->server_name : m->smarthost.host);
	if (!check_sizes(m, &s->d.err) || (m->require_tls && (tls = make_tls(&r, &s->d.err)) == NULL)) {
		if (m->require_tls && tls == NULL && s->d.err.kind != ERR_NONE)
			err_ctx(&s->d.err, "parse TLS configuration");
		return false;
	}
	session = r.session = smtp_create_session();
	smtp_set_server(session, arena_printf(s->arena, "%.*s:%.*s", STR_ARG(m->smarthost.host),
	    STR_ARG(m->smarthost.port)).p);
	smtp_set_hostname(session, m->hello.n > 0 ? m->hello.p : "localhost");
	smtp_starttls_enable(session, m->require_tls ? Starttls_REQUIRED : Starttls_DISABLED);
	if (tls != NULL)
		smtp_starttls_set_ctx(session, tls);
	smtp_set_eventcb(session, on_event, &r);
	smtp_set_monitorcb(session, on_monitor, &r, 0);
	if (m->username.n > 0) {
		void *credentials;

		memcpy(&credentials, &m, sizeof(credentials));
		auth = auth_create_context();
		auth_set_mechanism_flags(auth, AUTH_PLUGIN_PLAIN, 0);
		auth_set_interact_cb(auth, on_auth, credentials);
		load_cram_md5(auth);
		smtp_auth_set_context(session, auth);
	}
	s->may_keep = true;
	add_message(&r);
	/* The error number is never reset: this makes it a known one. */
	(void)smtp_set_server(NULL, NULL);
	smtp_dialog_begin(&s->d);
	(void)smtp_start_session(session);
	ok = judge(&r);
	smtp_destroy_session(session);
	if (auth != NULL)
		auth_destroy_context(auth);
	SSL_CTX_free(tls);
	return ok;
}
