/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe/event_log.h - what the engine reports, as log lines.
 */
#ifndef OBSERVE_EVENT_LOG_H
#define OBSERVE_EVENT_LOG_H

#include "base/log.h"
#include "core/ports.h"

/* Words one event as Alertmanager logs it; silences only with `log_silences`. */
void event_log(const struct log *log, const struct event *ev, bool log_silences);

#endif
