/* SPDX-License-Identifier: Apache-2.0 */
#include "web_config.h"

#include <assert.h>
#include <crypt.h>
#include <string.h>
#include <sys/stat.h>

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>

#include "base/mem.h"
#include "http_response.h"
#include "loop/work.h"
#include "text/base64.h"
#include "text/digest.h"
#include "web_file.h"

#define VERDICTS_MAX 128	/* remembered */
#define CHECKS_MAX 64		/* of passwords, waiting or under way */

/* What a nobody's password is compared with, so that nobody takes as long as somebody. */
#define NOBODYS_HASH "$2y$10$abcdefghijklmnopqrstuuAQ41bZmyB0eV5QMU2h9rvPak6XsZD62"

/* When and what a file was. */
struct trace {
	struct timespec mtime;
	dev_t dev;
	ino_t ino;
	off_t size;
};

struct verdict {
	unsigned char key[SHA256_SIZE];
	bool ok, set;
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
	/* Passwords. */
	struct work *work;
	struct verdict verdicts[VERDICTS_MAX];
	size_t next_verdict;
};

struct check {
	struct job job;
	struct web_config *w;
	char *password, *hash;
	bool known_user, ok;
	unsigned char key[SHA256_SIZE];
	struct api_response *denial;
	void (*done)(void *arg, enum admission a);	/* NULL: abandoned */
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
	arena_free(&w->arena);
	SSL_CTX_free(w->tls);	/* connections have references of their own */
	w->arena = a;
	w->file = f;
	w->tls = tls;
	memcpy(w->traces, traces, sizeof(traces));
	w->failed = false;
	return true;
}

/* Reads it all again if something looks different than when it was read. */
static void
refresh(struct web_config *w)
{
	struct trace now[4];
	struct err e = { 0 };
	bool changed = false, was_tls = w->file.tls;

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
	if (!load(w, e) || (w->work = work_new(base, 1, CHECKS_MAX, "tocsin-auth", e)) == NULL) {
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
	work_stop(&w->work);
	SSL_CTX_free(w->tls);
	arena_free(&w->arena);
	mem_free(w->path);
	mem_free(w);
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
		refresh(w);
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
web_config_headers(const struct web_config *w, struct api_response *r)
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
deny(struct api_response *r, int status, const char *text)
{
	r->status = status;
	if (status == 401)
		http_response_header(r, "WWW-Authenticate", STR("Basic"));
	http_response_header(r, "Content-Type", STR("text/plain; charset=utf-8"));
	http_response_header(r, "X-Content-Type-Options", STR("nosniff"));
	sbuf_printf(&r->body, "%s\n", text);
}

/* The user and password of a request, decoded into b as "user\0password"; false: there are none. */
static bool
credentials(const struct api_request *r, struct sbuf *b, struct str *user, struct str *password)
{
	static const char scheme[] = "Basic ";
	struct str value = STR_NONE, plain;
	size_t colon;

	for (size_t i = 0; i < r->headers_n && value.n == 0; i++)
		if (str_caseeq(r->headers[i].name, STR("Authorization")))
			value = r->headers[i].value;
	if (value.n < strlen(scheme) || !str_caseeq(str_sub(value, 0, strlen(scheme)), str_from(scheme)) ||
	    !base64_decode(b, str_sub(value, strlen(scheme), value.n), BASE64_STD))
		return false;
	plain = sbuf_get(b);
	colon = str_chr(plain, ':');
	if (colon == plain.n)
		return false;
	*user = str_sub(plain, 0, colon);
	*password = str_sub(plain, colon + 1, plain.n);
	return true;
}

static void
make_key(struct str user, struct str hash, struct str password, unsigned char out[SHA256_SIZE])
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	sbuf_printf(&b, "%zu:%zu:", user.n, hash.n);
	sbuf_str(&b, user);
	sbuf_str(&b, hash);
	sbuf_str(&b, password);
	digest_sha256(sbuf_get(&b), out);
	explicit_bzero(b.p, b.n);
	sbuf_fini(&b);
}

/* In the worker thread: this takes as long as the hash's cost says. */
static void
run_check(struct job *j)
{
	struct check *c = (struct check *)j;
	struct crypt_data *data = mem_calloc(1, sizeof(*data));
	const char *got = crypt_r(c->password, c->hash, data);

	c->ok = got != NULL && digest_equal(str_from(got), str_from(c->hash)) && c->known_user;
	explicit_bzero(data, sizeof(*data));
	mem_free(data);
}

static void
done_check(struct job *j)
{
	struct check *c = (struct check *)j;
	struct verdict *v = &c->w->verdicts[c->w->next_verdict++ % VERDICTS_MAX];

	memcpy(v->key, c->key, sizeof(v->key));
	v->ok = c->ok;
	v->set = true;
	if (c->done != NULL && !c->ok)
		deny(c->denial, 401, "Unauthorized");
	if (c->done != NULL)
		c->done(c->arg, c->ok ? ADMISSION_GRANTED : ADMISSION_DENIED);
	explicit_bzero(c->password, strlen(c->password));
	mem_free(c->password);
	mem_free(c->hash);
	mem_free(c);
}

static const struct verdict *
remembered(const struct web_config *w, const unsigned char key[SHA256_SIZE])
{
	for (size_t i = 0; i < VERDICTS_MAX; i++)
		if (w->verdicts[i].set && memcmp(w->verdicts[i].key, key, SHA256_SIZE) == 0)
			return &w->verdicts[i];
	return NULL;
}

void
web_config_admit(struct web_config *w, const struct api_request *r, struct api_response *denial,
    void (*done)(void *arg, enum admission a), void *arg, void **pending)
{
	struct sbuf plain = SBUF_INIT(64 * 1024);
	struct str user, password, hash = STR(NOBODYS_HASH);
	const struct verdict *v;
	struct check *c = NULL;
	bool known = false, ok = true;

	refresh(w);
	if (!within_rate(w)) {
		deny(denial, 429, "Too Many Requests");
		ok = false;
		goto out;
	}
	if (w->file.users_n == 0)
		goto out;
	/* What is no C string cannot have been hashed as one. */
	if (!credentials(r, &plain, &user, &password) || memchr(password.p, '\0', password.n) != NULL) {
		deny(denial, 401, "Unauthorized");
		ok = false;
		goto out;
	}
	for (size_t i = 0; i < w->file.users_n && !known; i++)
		if (str_eq(w->file.users[i].name, user)) {
			hash = w->file.users[i].hash;
			known = true;
		}
	c = NEW(struct check);
	make_key(user, hash, password, c->key);
	v = remembered(w, c->key);
	if (v != NULL) {
		ok = v->ok;
		if (!ok)
			deny(denial, 401, "Unauthorized");
		goto out;
	}
	c->job = (struct job){ .run = run_check, .done = done_check };
	c->w = w;
	c->known_user = known;
	c->denial = denial;
	c->done = done;
	c->arg = arg;
	c->password = mem_strndup(password.p, password.n);
	c->hash = mem_strndup(hash.p, hash.n);
	if (work_submit(w->work, &c->job)) {
		*pending = c;
		if (plain.p != NULL)
			explicit_bzero(plain.p, plain.n);
		sbuf_fini(&plain);
		return;
	}
	mem_free(c->password);
	mem_free(c->hash);
	deny(denial, 503, "Too many passwords to verify");
	ok = false;
out:
	mem_free(c);
	if (plain.p != NULL)
		explicit_bzero(plain.p, plain.n);
	sbuf_fini(&plain);
	done(arg, ok ? ADMISSION_GRANTED : ADMISSION_DENIED);
}

void
web_config_abandon(void **pending)
{
	struct check *c = *pending;

	if (c != NULL)
		c->done = NULL;
	*pending = NULL;
}
