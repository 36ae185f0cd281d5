/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload.h (private) - configurations come into force, one after another.
 *
 * A worker reads, parses, compiles and checks; the loop goes on meanwhile, takes
 * the result over in slices and hands it to the engine. Those who ask while one
 * is on its way share the next. Loop thread only.
 */
#ifndef APP_RELOAD_H
#define APP_RELOAD_H

#include <stdbool.h>

#include "api/api.h"
#include "base/err.h"
#include "base/time.h"

struct http_stream;
struct config;
struct expo;
struct reload;
struct server;

/* `c` is the first configuration, adopted and to be applied by the caller; a reference is taken. `s` is borrowed. */
struct reload *reload_new(struct server *s, struct config *c, struct err *e) MUST_CHECK;
/* Loads the file anew. Failures are in the log. */
void reload_request(struct reload *r);
/* The same for who waits for the end (struct api_env). */
struct http_stream *reload_stream(struct reload *r, struct api_actor actor);
/* The engine has put c in force; r may be NULL. */
void reload_applied(struct reload *r, struct config *c);
/* How many configurations are in memory; `server`: a struct server (struct metrics_source). */
void reload_expose(void *server, struct expo *x, struct moment now);
/* No more of it: whoever waits is told. May be NULL. */
void reload_stop(struct reload *r);
/*
 * Frees, after the engine. False: a worker still reads files, on a disk that may be gone, and is
 * not waited for; nothing that it uses may be freed any more. *r may be NULL already.
 */
bool reload_free(struct reload **r) MUST_CHECK;

#endif
