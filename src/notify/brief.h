/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brief.h - a notification in brief, for people: what is worst, since when and where; what its alerts have in common, once;
 * of each alert only what it has besides.
 *
 * Templates have it as the method Brief of their data; templates/email.tmpl shows all of it. It is bounded, however many
 * alerts there are and however long their texts: alerts are listed whole, the worst first, until what a mail makes of them
 * (both parts, encoded) has BRIEF_BYTES; the others are counted. Each step of `brevity` halves that, and the bounds of texts.
 *
 * COMPAT: Alertmanager's default mail has all labels and annotations of all alerts, in their order, under "N alerts for …".
 */
#ifndef BRIEF_H
#define BRIEF_H

#include "base/compiler.h"
#include "data_view.h"

#define BRIEF_BYTES ((size_t)72 << 10)
#define BRIEF_BREVITY_MAX 6

extern const struct value_type brief_type;

/* Lives in d's arena; borrows what d has. */
struct value brief_of(const struct data_view *d) MUST_CHECK;

#endif
