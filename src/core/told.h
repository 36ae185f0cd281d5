/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/told.h - what listeners were told of the condition of alerts: an event comes only when it changes.
 *
 * An entry remembers what was told last, as bits 1 << enum alert_condition. After a restart it is known that what
 * fires was told of; whether it was silenced or inhibited is told anew with its first flush.
 */
#ifndef CORE_TOLD_H
#define CORE_TOLD_H

#include <stdbool.h>

#include "alert_entry.h"
#include "base/time.h"
#include "core/event.h"

struct engine;

/* r fires, or has ended. */
void told_fires(struct engine *e, struct alert_entry *r, bool fires, struct moment now);
/* r was restored from disk: told of before. */
void told_restored(struct alert_entry *r, struct moment now);
/* A stage that judges single alerts has judged r, which fires. */
void told_verdict(struct engine *e, struct alert_entry *r, const struct verdict *v, struct moment now);

#endif
