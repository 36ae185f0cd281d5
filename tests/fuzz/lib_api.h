/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/lib_api.h - what targets of the API have in common.
 */
#ifndef FUZZ_LIB_API_H
#define FUZZ_LIB_API_H

#include <stdlib.h>

#include "api/api.h"
#include "base/embedded.h"

static inline bool
no_file(void *arg, const char *path, size_t max, struct arena *a, struct str *out, struct err *e)
{
	(void)arg;
	(void)path;
	(void)max;
	(void)a;
	(void)out;
	return err_set(e, ERR_NOT_FOUND, "there are no files here");
}

static inline bool
no_glob(void *arg, const char *pattern, struct path_bounds *left, struct arena *a, struct str_list *out, struct err *e)
{
	(void)arg;
	(void)pattern;
	(void)left;
	(void)a;
	(void)e;
	*out = (struct str_list){ 0 };
	return true;
}

/* One receiver, and a route that groups by label a. */
static inline struct config *
load(void)
{
	static const struct integration_kind *const kinds[] = { NULL };
	static const struct embedded none[] = { { 0 } };
	struct config_env env = { .kinds = kinds, .read_file = no_file, .glob = no_glob, .builtin_templates = none };
	struct config *c = NULL;
	struct err e = { 0 };

	if (!config_load(STR("route: {receiver: a, group_by: [a]}\nreceivers: [{name: a}]\n"), "f.yml", &env, &c, &e))
		abort();
	return c;
}

/* All of an answer, made in slices of so many units: what comes later, and what is sent. */
static inline void
read_all(struct http_response *r, int64_t later_units, int64_t stream_units, struct moment now)
{
	enum http_more more = HTTP_MORE;
	struct err e = { 0 };

	while (r->later != NULL) {
		struct http_later *l = r->later;
		struct work w = { later_units };

		if (!l->step(l, r, &w, now))
			continue;
		l->drop(l);
		r->later = NULL;
	}
	while (r->stream != NULL && (more == HTTP_MORE || more == HTTP_LATER)) {
		struct work w = { stream_units };

		more = r->stream->next(r->stream, &r->body, &w, now, &e);
	}
	if (r->stream != NULL)
		http_stream_free(r->stream);
}

#endif
