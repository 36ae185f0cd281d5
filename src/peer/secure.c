/* SPDX-License-Identifier: Apache-2.0 */
#include "secure.h"

#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>

#include <openssl/err.h>

#include "base/mem.h"
#include "config/cluster_conf.h"
#include "loop/errno_text.h"
#include "loop/file.h"
#include "tls/client.h"
#include "tls/server.h"

/* It may hold the loop when the disk is slow. */
#define LOOK_EVERY SPAN_S

enum { FILES = 7 };

struct secure {
	struct event_base *base;
	struct clock *clock;
	struct log log;
	char *path;
	/* In force. */
	struct arena *arena;
	struct cluster_tls conf;
	SSL_CTX *server, *client;
	struct file_stamp stamps[FILES];
	bool failed; /* the last attempt to read them again failed: was logged */
	struct mono looked;
};

static void
take_stamps(const char *path, const struct cluster_tls *t, struct file_stamp out[FILES])
{
	const struct tls_config *c = t->client;
	const char *const paths[FILES] = { path, t->server.cert_file.p, t->server.key_file.p, t->server.client_ca_file.p,
		c != NULL ? c->ca_file.p : NULL, c != NULL ? c->cert_file.p : NULL, c != NULL ? c->key_file.p : NULL };

	for (size_t i = 0; i < FILES; i++)
		out[i] = file_stamp(paths[i] != NULL ? paths[i] : "");
}

static bool
load(struct secure *s, struct err *e)
{
	struct arena *a = arena_new(), *old = s->arena;
	SSL_CTX *server = NULL, *client = NULL;
	struct cluster_tls conf;
	struct str text;

	if (!file_read(s->path, FILE_SMALL_MAX, a, &text, e) || !cluster_tls_read(text, s->path, a, &conf, e))
		goto bad;
	server = tls_server_new(&conf.server, e);
	if (server == NULL) {
		err_ctx(e, "invalid TLS server config");
		goto bad;
	}
	client = tls_client_new(conf.client, e);
	if (client == NULL) {
		err_ctx(e, "invalid TLS client config");
		goto bad;
	}
	/* Nobody takes a session up again, and a ticket that is never read makes the end of a connection a reset. */
	SSL_CTX_set_num_tickets(server, 0);
	take_stamps(s->path, &conf, s->stamps);
	SSL_CTX_free(s->server); /* connections have references of their own */
	SSL_CTX_free(s->client);
	s->server = server;
	s->client = client;
	s->conf = conf;
	s->arena = a;
	s->failed = false;
	arena_free(&old);
	return true;
bad:
	SSL_CTX_free(server);
	arena_free(&a);
	return false;
}

static void
refresh(struct secure *s)
{
	struct mono now = s->clock->now(s->clock).mono;
	struct file_stamp stamps[FILES];
	struct err e = { 0 };
	bool changed = false;

	if (mono_sub(now, s->looked) < LOOK_EVERY)
		return;
	s->looked = now;
	take_stamps(s->path, &s->conf, stamps);
	for (size_t i = 0; i < FILES; i++)
		changed = changed || !file_stamp_same(&stamps[i], &s->stamps[i]);
	if (!changed || load(s, &e))
		return;
	if (!s->failed)
		LOG(&s->log, LOG_ERROR, "Unable to read the changed TLS configuration of the cluster, the old one stays",
		    F_CSTR("file", s->path), F_ERR(&e));
	s->failed = true;
}

struct secure *
secure_new(struct event_base *base, struct clock *clock, const struct log *log, struct str path, struct err *e)
{
	struct secure *s = NEW(struct secure);

	s->base = base;
	s->clock = clock;
	s->log = *log;
	s->path = mem_strndup(path.p, path.n);
	s->looked = clock->now(clock).mono;
	if (!load(s, e))
		secure_free(&s);
	return s;
}

void
secure_free(struct secure **secure)
{
	struct secure *s = *secure;

	if (s == NULL)
		return;
	SSL_CTX_free(s->server);
	SSL_CTX_free(s->client);
	arena_free(&s->arena);
	mem_free(s->path);
	mem_free(s);
	*secure = NULL;
}

static struct bufferevent *
bufferevent_of(struct event_base *base, int fd, SSL *ssl, enum bufferevent_ssl_state state)
{
	struct bufferevent *bev = NULL;

	if (ssl != NULL)
		bev = bufferevent_openssl_socket_new(base, fd, ssl, state, BEV_OPT_CLOSE_ON_FREE);
	if (bev != NULL)
		bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	else if (ssl != NULL)
		SSL_free(ssl);
	return bev;
}

int64_t
secure_certificate_ends(const struct secure *s)
{
	return tls_certificate_ends(s->server);
}

struct bufferevent *
secure_accept(struct secure *s, int fd)
{
	struct bufferevent *bev;

	refresh(s);
	bev = bufferevent_of(s->base, fd, SSL_new(s->server), BUFFEREVENT_SSL_ACCEPTING);
	if (bev == NULL)
		close(fd);
	return bev;
}

struct bufferevent *
secure_dial(struct secure *s, const struct gossip_address *to)
{
	struct str ip = { (const char *)to->ip, to->n };

	refresh(s);
	return bufferevent_of(s->base, -1, tls_client_to(s->client, s->conf.client, ip), BUFFEREVENT_SSL_CONNECTING);
}

static void
release(const void *bytes, size_t n, void *arg)
{
	(void)bytes;
	(void)n;
	mem_free(arg);
}

void
secure_put(struct bufferevent *bev, struct str bytes)
{
	char *copy = mem_strndup(bytes.p, bytes.n);

	/* A reference is a link of its own in the chain of the buffer, and each link a record. */
	if (evbuffer_add_reference(bufferevent_get_output(bev), copy, bytes.n, release, copy) != 0)
		mem_free(copy);
}

void
secure_error(struct bufferevent *bev, int why, struct err *e)
{
	unsigned long reason = bufferevent_get_openssl_error(bev);
	SSL *ssl = bufferevent_openssl_get_ssl(bev);
	long verdict = ssl != NULL ? SSL_get_verify_result(ssl) : X509_V_OK;

	if (verdict != X509_V_OK)
		err_set(e, ERR_IO, "tls: %s", X509_verify_cert_error_string(verdict));
	else if (reason != 0 && ERR_reason_error_string(reason) != NULL)
		err_set(e, ERR_IO, "tls: %s", ERR_reason_error_string(reason));
	else
		err_set(e, ERR_IO, "%s", why != 0 ? errno_text(why).s : "EOF");
	ERR_clear_error();
}
