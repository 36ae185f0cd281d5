/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify/route_labels.h - the labels that routes give to their groups.
 */
#ifndef NOTIFY_ROUTE_LABELS_H
#define NOTIFY_ROUTE_LABELS_H

#include "notify/notifier.h"

/*
 * Renders r->labels as text templates with the group's data (Alertmanager
 * dispatch route labels): the function routeLabels "x" gives another rendered
 * one, cycles are errors. A label that fails is left out and told to
 * env->route_label_failed. Returns a new reference; borrows the rest.
 */
struct labels *notify_route_labels(const struct notify_env *env, const struct config *c, const struct route *r,
    struct labels *group_labels, struct noted_alert *alerts, size_t alerts_n, struct moment now);

#endif
