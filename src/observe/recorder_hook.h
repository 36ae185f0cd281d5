/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe/recorder_hook.h (private) - a web hook that recorded events are POSTed to.
 *
 * Several requests at a time, each tried again with doubled pauses; events
 * singly or, with batch, in JSON arrays (Alertmanager eventrecorder/webhook.go).
 */
#ifndef OBSERVE_RECORDER_HOOK_H
#define OBSERVE_RECORDER_HOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"
#include "base/str.h"
#include "config/config.h"
#include "config/outputs.h"
#include "poster.h"

struct event_base;
struct http_client;

struct hook_options {
	struct event_base *base;	/* borrowed, as are the rest but the configuration */
	struct clock *clock;
	const struct log *log;
	struct http_client *http;
	struct str user_agent;
	struct config *config;		/* a reference is taken: `conf` lives in it */
	const struct webhook_output *conf;
};

/* Its events are pushed to the poster. */
struct hook {
	struct poster *poster;
	char *name;		/* "webhook:https://host/path", without credentials and query */
	const struct log *log;
	const struct webhook_output *conf;
};

struct hook *hook_new(const struct hook_options *o);
/* Cancels what is under way. Sets *h to NULL. */
void hook_free(struct hook **h);

#endif
