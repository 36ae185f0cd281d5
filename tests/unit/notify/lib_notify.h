/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_notify.h - notifications for tests: a configuration, alerts, an
 * environment with files and a cache in memory, and a transcript of what is
 * sent and answered.
 */
#ifndef LIB_NOTIFY_H
#define LIB_NOTIFY_H

#include "base/rand.h"
#include "notify/data.h"
#include "notify/notifier.h"
#include "text/yaml.h"

#define CACHE_MAX 8

struct bench {
	struct arena *arena;
	struct config *config;
	struct notify_env env;
	struct notification n;
	struct attempt attempt;
	void *about;		/* of the last request */
	struct arena *attempt_arena;
	struct kept kept;	/* by the attempts, all of which share it */
	struct rand rand;
	const struct yaml_node *files, *variables;
	struct {
		struct str key, value;
	} cache[CACHE_MAX];
	size_t cache_n;
	struct sbuf log;	/* transcript */
};

/* From a YAML text: see tests/golden/notify/README. Fails the running test on a mistake. */
struct bench *bench_new(struct str yaml, const struct yaml_node **root);
void bench_free(struct bench *b);
/* Loads config; the error's text in *e when it is refused. */
bool bench_config(struct bench *b, struct str config, struct err *e);
/* A new attempt of the notification. */
enum step bench_start(struct bench *b, struct request *out, struct err *e);
enum step bench_resume(struct bench *b, const struct response *r, struct request *out, struct err *e);
/* All attempts of the case, into b->log. */
void bench_run(struct bench *b, const struct yaml_node *root);
struct str bench_read(struct arena *a, const char *path);

#endif
