/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setup/load.h - a configuration as a server loads it, in any thread.
 *
 * The code it calls is made for that where it keeps anything outside of the stack and the
 * configuration: zones (base/tz.h) are published once they are complete, what is interned is of
 * the thread (model/labels.h), and the tables of rooms are constant. libyaml, PCRE2 and OpenSSL
 * have no state of their own between calls. The environment is read, and nobody writes it.
 */
#ifndef SETUP_LOAD_H
#define SETUP_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/time.h"
#include "setup/options.h"

struct config;
struct notice;

/* Findings that are worth a line of the log, but no reason to refuse a configuration. */
struct notices {
	struct arena *arena;
	struct notice *first, **end;
	size_t n;	/* more than there are in the list: the rest was left out */
};

struct load {
	const struct options *o;	/* borrowed */
	struct wall now;
	struct notices notices;
	struct config *config;	/* NULL: it failed */
	struct err e;		/* and this is why */
};

/* Reads and checks the configuration; nothing live is touched. */
void load_run(struct load *l, const struct options *o, struct wall now);
/* The notices, at the level of warnings. */
void load_log(const struct load *l, const struct log *log);
/* But for the configuration, which is the caller's. */
void load_fini(struct load *l);

#endif
