/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_ask.h - requests as values against an engine in a fake world.
 */
#ifndef LIB_ASK_H
#define LIB_ASK_H

#include "api/api.h"
#include "fake_world.h"

#define JSON_TYPE "Content-Type: application/json"

extern struct fake_world world;
extern struct api *api;
extern struct arena *arena;
extern unsigned reloads;
/* The principal that asks; may do all, unless a test says otherwise. */
extern struct principal asker;
/* For the next start: POSTs go on later, in the smallest slices, and keep next to nothing of what they read. */
extern bool sliced;
/* For the next starts: fills in more of the API's environment. */
extern void (*more_env)(struct api_env *env);

void start(const char *prefix);
void stop(void);

struct answer {
	struct http_response r;
};

/* One request, to its end; headers are "Name: value" lines. */
struct answer ask(const char *method, const char *target, const char *headers, const char *body);
/* The rest of an answer. */
void read_all(struct http_response *r);
struct str header(const struct answer *a, const char *name);
/* Asks, compares the status, and looks for a piece of the body. */
void expect(const char *method, const char *target, const char *headers, const char *body, int status, const char *piece);

#endif
