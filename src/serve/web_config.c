/* SPDX-License-Identifier: Apache-2.0 */
#include "web_config.h"

#include <string.h>

#include "admission.h"
#include "base/mem.h"
#include "config/web_conf.h"
#include "loop/file.h"
#include "tls/server.h"
#include "web_tls.h"

/* Files are looked at again so often at most: it may hold the loop when the disk is slow. */
#define LOOK_EVERY SPAN_S

struct web_config {
	struct clock *clock;
	const struct log *log;
	char *path;
	/* In force. */
	struct arena *arena;
	struct web_conf conf;
	SSL_CTX *tls;
	struct admission *admission;
	struct file_stamp stamps[4];		/* the file itself, certificate, key, authorities */
	bool failed;			/* the last attempt to read it again failed: was logged */
	struct mono looked;		/* when the files were last looked at */
};

static void
take_stamps(const char *path, const struct web_tls *t, struct file_stamp out[4])
{
	const char *const paths[] = { path, t->cert_file.p, t->key_file.p, t->client_ca_file.p };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		out[i] = file_stamp(paths[i] != NULL ? paths[i] : "");
}

static bool
load(struct web_config *w, struct err *e)
{
	struct arena *a = arena_new(), *old = w->arena;
	struct web_conf conf;
	struct file_stamp stamps[4];
	SSL_CTX *tls = NULL;
	struct str text;

	if (!file_read(w->path, FILE_SMALL_MAX, a, &text, e) || !web_conf_read(text, w->path, a, &conf, e) ||
	    (conf.uses_tls && (tls = web_tls_new(&conf.tls, e)) == NULL)) {
		arena_free(&a);
		return false;
	}
	take_stamps(w->path, &conf.tls, stamps);
	w->arena = a;
	w->conf = conf;
	/* While the users that were are still there. */
	admission_rules(w->admission, &w->conf);
	arena_free(&old);
	SSL_CTX_free(w->tls);	/* connections have references of their own */
	w->tls = tls;
	memcpy(w->stamps, stamps, sizeof(stamps));
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
	struct file_stamp now[4];
	struct err e = { 0 };
	bool changed = false, was_tls = w->conf.uses_tls;

	if (!at_once && mono_sub(began, w->looked) < LOOK_EVERY)
		return;
	w->looked = began;
	take_stamps(w->path, &w->conf.tls, now);
	for (size_t i = 0; i < ARRAY_LEN(now); i++)
		changed = changed || !file_stamp_same(&now[i], &w->stamps[i]);
	if (!changed)
		return;
	if (!load(w, &e)) {
		if (!w->failed)
			LOG(w->log, LOG_ERROR, "Unable to read the changed web configuration, the old one stays",
			    F_CSTR("file", w->path), F_ERR(&e));
		w->failed = true;
	} else if (w->conf.uses_tls != was_tls) {
		LOG(w->log, LOG_WARN, "TLS was switched by a change of the web configuration", F_BOOL("tls", w->conf.uses_tls));
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
	if ((w->admission = admission_new(base, clock, e)) == NULL || !load(w, e)) {
		web_config_free(&w);
		return NULL;
	}
	if (w->conf.rate.interval != 0 || w->conf.rate.burst != 0)
		LOG(log, LOG_INFO, "Rate Limiter is enabled.", F_INT("burst", w->conf.rate.burst),
		    F_SPAN("interval", w->conf.rate.interval));
	return w;
}

void
web_config_free(struct web_config **wp)
{
	struct web_config *w = *wp;

	if (w == NULL)
		return;
	*wp = NULL;
	admission_free(&w->admission);
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

int64_t
web_config_certificate_ends(const struct web_config *w)
{
	return web_config_tls(w) ? tls_certificate_ends(w->tls) : 0;
}

struct bufferevent *
web_config_accept(struct web_config *w, struct event_base *base, int fd)
{
	if (w != NULL)
		refresh(w, false);
	return web_tls_accept(w != NULL ? w->tls : NULL, base, fd);
}

struct admission *
web_config_admission(struct web_config *w)
{
	refresh(w, false);
	return w->admission;
}

static struct http_header *
find_header(struct http_response *r, struct str name)
{
	for (size_t i = 0; i < r->headers_n; i++)
		if (str_caseeq(r->headers[i].name, name))
			return &r->headers[i];
	return NULL;
}

/* Browsers pass over X-Frame-Options where a policy speaks of frames (CSP 3, 6.4.2.2): ours leaves that to the administrator. */
static void
yield_frames(struct http_response *r, struct arena *a)
{
	const struct str ours = STR("frame-ancestors 'self'; ");
	struct http_header *policy = find_header(r, STR("Content-Security-Policy"));
	size_t at = policy != NULL ? str_find(policy->value, ours) : 0;

	if (policy != NULL && at < policy->value.n)
		policy->value = arena_printf(a, "%.*s%.*s", STR_ARG(str_sub(policy->value, 0, at)),
		    STR_ARG(str_sub(policy->value, at + ours.n, policy->value.n)));
}

void
web_config_headers(const struct web_config *w, struct http_response *r, struct arena *a)
{
	for (size_t i = 0; w != NULL && i < w->conf.http.headers.n; i++) {
		const struct str_pair *h = &w->conf.http.headers.v[i];
		struct http_header *present = find_header(r, h->key);

		if (str_is(h->key, "X-Frame-Options"))
			yield_frames(r, a);
		if (present != NULL)
			present->value = h->value;
		else
			http_response_header(r, h->key.p, h->value);
	}
}
