/* SPDX-License-Identifier: Apache-2.0 */
#include "web_config.h"

#include <assert.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>

#include "base/hash.h"
#include "base/mem.h"
#include "http_response.h"
#include "web_credentials.h"
#include "web_file.h"
#include "web_passwords.h"

/* Files are looked at again so often at most: it may hold the loop when the disk is slow. */
#define LOOK_EVERY SPAN_S

/* When and what a file was. */
struct trace {
	struct timespec mtime;
	dev_t dev;
	ino_t ino;
	off_t size;
};

struct web_config {
	struct clock *clock;
	const struct log *log;
	char *path;
	/* In force. */
	struct arena *arena;
	struct web_file file;
	SSL_CTX *tls;
	struct trace traces[4];		/* the file itself, certificate, key, authorities */
	bool failed;			/* the last attempt to read it again failed: was logged */
	/* Rate limit: a bucket that fills with time. */
	double tokens;
	struct mono filled;
	struct passwords *passwords;
	struct mono looked;		/* when the files were last looked at */
};

/* A request that waits for its password to be looked at. */
struct admission_wait {
	void *look;
	struct http_response *denial;
	void (*done)(void *arg, enum admission a);
	void *arg;
};

static struct trace
trace_of(const char *path)
{
	struct trace t = { 0 };
	struct stat st;

	if (path != NULL && *path != '\0' && stat(path, &st) == 0)
		t = (struct trace){ st.st_mtim, st.st_dev, st.st_ino, st.st_size };
	return t;
}

static bool
same(const struct trace *a, const struct trace *b)
{
	return a->mtime.tv_sec == b->mtime.tv_sec && a->mtime.tv_nsec == b->mtime.tv_nsec && a->dev == b->dev &&
	    a->ino == b->ino && a->size == b->size;
}

static void
take_traces(const char *path, const struct web_file *f, struct trace out[4])
{
	out[0] = trace_of(path);
	out[1] = trace_of(f->cert_file.p);
	out[2] = trace_of(f->key_file.p);
	out[3] = trace_of(f->client_ca_file.p);
}

static bool
load(struct web_config *w, struct err *e)
{
	struct arena *a = arena_new();
	struct web_file f;
	struct trace traces[4];
	SSL_CTX *tls = NULL;

	if (!web_file_read(w->path, a, &f, e) || (f.tls && (tls = web_file_tls(&f, e)) == NULL)) {
		arena_free(&a);
		return false;
	}
	take_traces(w->path, &f, traces);
	/* While the users that were are still there. */
	passwords_users(w->passwords, f.users, f.users_n);
	arena_free(&w->arena);
	SSL_CTX_free(w->tls);	/* connections have references of their own */
	w->arena = a;
	w->file = f;
	w->tls = tls;
	memcpy(w->traces, traces, sizeof(traces));
	w->failed = false;
	return true;
}

/*
 * Reads it all again if something looks different than when it was read.
 * COMPAT: the original does so at each request and handshake.
 */
static void
refresh(struct web_config *w, bool at_once)
{
	struct mono began = w->clock->now(w->clock).mono;
	struct trace now[4];
	struct err e = { 0 };
	bool changed = false, was_tls = w->file.tls;

	if (!at_once && mono_sub(began, w->looked) < LOOK_EVERY)
		return;
	w->looked = began;
	take_traces(w->path, &w->file, now);
	for (size_t i = 0; i < ARRAY_LEN(now); i++)
		changed = changed || !same(&now[i], &w->traces[i]);
	if (!changed)
		return;
	if (!load(w, &e)) {
		if (!w->failed)
			LOG(w->log, LOG_ERROR, "Unable to read the changed web configuration, the old one stays",
			    F_CSTR("file", w->path), F_ERR(&e));
		w->failed = true;
	} else if (w->file.tls != was_tls) {
		LOG(w->log, LOG_WARN, "TLS was switched by a change of the web configuration", F_BOOL("tls", w->file.tls));
	}
}

struct web_config *
web_config_new(struct event_base *base, struct clock *clock, const struct log *log, struct str path, struct err *e)
{
	struct web_config *w = NEW(struct web_config);

	w->clock = clock;
	w->log = log;
	w->path = mem_strndup(path.p, path.n);
	w->looked = clock->now(clock).mono;
	if ((w->passwords = passwords_new(base, e)) == NULL || !load(w, e)) {
		web_config_free(&w);
		return NULL;
	}
	w->tokens = (double)w->file.burst;
	w->filled = clock->now(clock).mono;
	if (w->file.limited)
		LOG(log, LOG_INFO, "Rate Limiter is enabled.", F_INT("burst", w->file.burst), F_SPAN("interval", w->file.interval));
	return w;
}

void
web_config_free(struct web_config **wp)
{
	struct web_config *w = *wp;

	if (w == NULL)
		return;
	*wp = NULL;
	passwords_free(&w->passwords);
	SSL_CTX_free(w->tls);
	arena_free(&w->arena);
	mem_free(w->path);
	mem_free(w);
}

void
web_config_refresh(struct web_config *w)
{
	if (w != NULL)
		refresh(w, true);
}

bool
web_config_tls(const struct web_config *w)
{
	return w != NULL && w->tls != NULL;
}

struct bufferevent *
web_config_accept(struct web_config *w, struct event_base *base, int fd)
{
	struct bufferevent *bev;
	SSL *ssl;

	if (w != NULL)
		refresh(w, false);
	if (!web_config_tls(w)) {
		bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	} else {
		ssl = SSL_new(w->tls);
		assert(ssl != NULL);
		bev = bufferevent_openssl_socket_new(base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
		if (bev != NULL)
			bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	}
	assert(bev != NULL);
	return bev;
}

void
web_config_headers(const struct web_config *w, struct http_response *r)
{
	for (size_t i = 0; w != NULL && i < w->file.headers_n; i++) {
		size_t k = 0;

		while (k < r->headers_n && !str_caseeq(r->headers[k].name, w->file.header_names[i]))
			k++;
		if (k == r->headers_n)
			http_response_header(r, w->file.header_names[i].p, w->file.header_values[i]);
	}
}

static bool
within_rate(struct web_config *w)
{
	struct mono now = w->clock->now(w->clock).mono;

	if (!w->file.limited || w->file.interval <= 0)
		return true;
	w->tokens += (double)mono_sub(now, w->filled) / (double)w->file.interval;
	w->filled = now;
	if (w->tokens > (double)w->file.burst)
		w->tokens = (double)w->file.burst;
	if (w->tokens < 1)
		return false;
	w->tokens -= 1;
	return true;
}

static void
deny(struct http_response *r, int status, const char *text)
{
	if (status == 401)
		http_response_header(r, "WWW-Authenticate", STR("Basic"));
	http_response_text(r, status, str_from(text));
}

/* Who asks: the address, of IPv6 the half of it that is not a host's to choose. 0: unknown. */
static uint64_t
address_of(int fd)
{
	struct sockaddr_storage a = { 0 };
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a;
	socklen_t n = sizeof(a);

	if (fd < 0 || getpeername(fd, (struct sockaddr *)&a, &n) != 0)
		return 0;
	if (a.ss_family == AF_INET)
		return hash_seeded(&v4->sin_addr, sizeof(v4->sin_addr));
	if (a.ss_family != AF_INET6)
		return 0;
	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		return hash_seeded(&v6->sin6_addr.s6_addr[12], 4);
	return hash_seeded(&v6->sin6_addr, 8);
}

/* False: `denial` was filled in. */
static bool
admit(enum password verdict, struct http_response *denial)
{
	if (verdict == PASSWORD_WRONG)
		deny(denial, 401, "Unauthorized");
	else if (verdict == PASSWORD_TOO_MANY)
		deny(denial, 503, "Too many passwords to verify");
	return verdict == PASSWORD_RIGHT;
}

static void
on_password(void *arg, enum password verdict)
{
	struct admission_wait *a = arg;
	bool ok = admit(verdict, a->denial);
	void (*done)(void *arg, enum admission a) = a->done;

	arg = a->arg;
	mem_free(a);
	done(arg, ok ? ADMISSION_GRANTED : ADMISSION_DENIED);
}

static void
wipe(struct sbuf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->n);
	sbuf_fini(b);
}

/* PASSWORD_LATER: *pending was set. */
static enum password
judge(struct web_config *w, const struct http_request *r, int fd, struct admission_wait *a)
{
	struct sbuf plain = SBUF_INIT(64 * 1024);
	enum password verdict = PASSWORD_WRONG;
	struct str user, password;

	/* What is no C string cannot have been hashed as one. */
	if (web_credentials(r, &plain, &user, &password) && memchr(password.p, '\0', password.n) == NULL)
		verdict = passwords_judge(w->passwords, user, password, address_of(fd), on_password, a, &a->look);
	wipe(&plain);
	return verdict;
}

void
web_config_admit(struct web_config *w, const struct http_request *r, int fd, struct http_response *denial,
    void (*done)(void *arg, enum admission a), void *arg, void **pending)
{
	struct admission_wait *a;
	enum password verdict = PASSWORD_RIGHT;

	refresh(w, false);
	if (!within_rate(w)) {
		deny(denial, 429, "Too Many Requests");
		done(arg, ADMISSION_DENIED);
		return;
	}
	a = NEW(struct admission_wait);
	*a = (struct admission_wait){ .denial = denial, .done = done, .arg = arg };
	if (w->file.users_n > 0)
		verdict = judge(w, r, fd, a);
	if (verdict == PASSWORD_LATER) {
		*pending = a;
		return;
	}
	mem_free(a);
	done(arg, admit(verdict, denial) ? ADMISSION_GRANTED : ADMISSION_DENIED);
}

void
web_config_abandon(void **pending)
{
	struct admission_wait *a = *pending;

	*pending = NULL;
	if (a == NULL)
		return;
	passwords_abandon(&a->look);
	mem_free(a);
}
