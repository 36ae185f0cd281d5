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

struct event_base;
struct hook;
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

struct hook *hook_new(const struct hook_options *o);
/* "webhook:https://host/path", without credentials and query. */
const char *hook_name(const struct hook *h);
/* Copies one event's JSON; false: the queue is full. */
bool hook_push(struct hook *h, struct str json);
/* Events that wait or are under way. */
size_t hook_pending(const struct hook *h);
/* No more will be pushed: a batch that waits to be filled goes out now. */
void hook_close(struct hook *h);
/* Cancels what is under way. Sets *h to NULL. */
void hook_free(struct hook **h);

#endif
