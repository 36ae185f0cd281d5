/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpl/env.h - the world around the execution of a template, and its bounds.
 */
#ifndef TMPL_ENV_H
#define TMPL_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "base/time.h"
#include "base/tz.h"

struct tmpl_env {
	struct wall now;		/* what `now` gives and `since` counts to */
	const struct zone *local;	/* zone of `now` and of .Local; NULL: UTC */
	/*
	 * The function routeLabels: the rendered label in *out (valid as long as the
	 * arena), "" for an unknown one; false with e filled is an error of the
	 * template. NULL: always "".
	 */
	bool (*route_label)(void *arg, struct str name, struct str *out, struct err *e);
	void *route_label_arg;
	uint64_t max_steps;	/* 0: TMPL_MAX_STEPS */
	uint64_t *steps_used;	/* by executions that share this budget, and by this one; NULL: it has one of its own */
	size_t max_output;	/* bytes; 0: TMPL_MAX_OUTPUT */
	bool *of_its_time;	/* set when the result depends on `now`; NULL: nobody asks */
};

/*
 * Steps take some 25 ns each, so that the dearest execution takes a fifth of a
 * second; a mail of 9000 alerts with ten labels fits.
 */
#define TMPL_MAX_STEPS UINT64_C(8000000)
#define TMPL_MAX_OUTPUT ((size_t)16 << 20)

#endif
