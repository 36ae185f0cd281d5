/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify/trial.h - what would fail at the first notification.
 *
 * A configuration that loads may still name templates and files that are not
 * there. Here all its templates are rendered for a sample notification, and all
 * files that its receivers name are looked for, as the field tables tell. A
 * failure that depends on labels that the sample does not have is no mistake.
 */
#ifndef NOTIFY_TRIAL_H
#define NOTIFY_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "base/time.h"
#include "config/config.h"

/* All borrowed for the call that tells it. */
struct doubt {
	const char *path;	/* of the file */
	int line, col;		/* in it; 0: unknown */
	struct str receiver;	/* empty: of the configuration as a whole */
	const char *kind;	/* of the integration; NULL likewise */
	size_t index;		/* of it, in its list */
	struct str key;		/* in it: fields[0].title */
	const char *reason;
};

struct trial_env {
	/* Whether the file could be read; nothing is read of it. */
	bool (*readable)(void *arg, const char *path, struct err *e);
	void (*tell)(void *arg, const struct doubt *d);
	void *arg;
	uint64_t max_steps;	/* of templates, and of what is done instead of them; 0: TRIAL_STEPS */
};

/* Two seconds and a half. */
#define TRIAL_STEPS UINT64_C(100000000)

/*
 * Tells all doubts, in the order of the receivers. c is nobody else's meanwhile.
 * The work is bounded: when it was too much to try all, the last doubt says so.
 */
void notify_trial(struct config *c, struct wall now, const struct trial_env *env);

/* FILE:LINE:COLUMN: receiver "NAME": KIND_configs[INDEX].KEY: REASON, in the arena. */
struct str doubt_text(const struct doubt *d, struct arena *a) MUST_CHECK;

#endif
