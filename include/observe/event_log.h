/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe/event_log.h - what the engine reports, as log lines.
 */
#ifndef OBSERVE_EVENT_LOG_H
#define OBSERVE_EVENT_LOG_H

#include "base/log.h"
#include "core/ports.h"

struct event_log {
	struct event_listener listener;
	const struct log *log;		/* borrowed */
};

/*
 * Words what happens as Alertmanager logs it, from here on; silences only with
 * `silences`. Hears nothing of what the log's level, which stays, leaves out.
 */
void event_log_begin(struct event_log *l, const struct log *log, bool silences, struct port *port);

#endif
