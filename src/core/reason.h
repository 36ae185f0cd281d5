/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/reason.h - must an integration be told of a group, and why.
 *
 * A pure decision (Alertmanager notify/dedup_stage.go needsUpdate).
 */
#ifndef CORE_REASON_H
#define CORE_REASON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"
#include "core/nflog.h"
#include "core/notification.h"

/* The group as it is now: label hashes, each list sorted. */
struct reason_facts {
	const uint64_t *firing, *resolved;
	size_t firing_n, resolved_n;
	bool send_resolved;
	span repeat_interval, group_interval;
	struct wall tick;	/* time of the flush */
};

/* REASON_NONE: nothing to tell. `entry` is what was told last; NULL: nothing yet. */
enum reason reason_to_notify(const struct log_entry *entry, const struct reason_facts *f);

/*
 * Has the receiver perhaps heard all of f already: by what the entry knows to be told, and by what may have been told?
 * False when nothing of f is in doubt.
 */
bool reason_perhaps_known(const struct log_entry *entry, const struct reason_facts *f);

/*
 * The tick, that of f or a later one of the same group, at which what was told at the tick `told` is told again,
 * if nothing changes until then.
 */
struct wall reason_repeat_tick(struct wall told, const struct reason_facts *f);

#endif
