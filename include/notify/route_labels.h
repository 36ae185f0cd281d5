/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify/route_labels.h - the labels that routes give to their groups.
 */
#ifndef NOTIFY_ROUTE_LABELS_H
#define NOTIFY_ROUTE_LABELS_H

#include "notify/notifier.h"
#include "tmpl/tmpl.h"

/*
 * Renders r->labels as text templates with the group's data (Alertmanager
 * dispatch route labels): the function routeLabels "x" gives another rendered
 * one, cycles are errors. A label that fails is left out and told to
 * env->route_label_failed. Returns a new reference; borrows the rest.
 */
struct labels *notify_route_labels(const struct notify_env *env, const struct config *c, const struct route *r,
    struct labels *group_labels, struct noted_alert *alerts, size_t alerts_n, struct moment now);

/*
 * Labels that are still templates, rendered as the function routeLabels asks
 * for them, each once. All borrowed; lives in the arena.
 */
struct route_rendering *notify_route_rendering(struct tmpl_set *set, const struct str_pairs *labels, bool html,
    struct value data, const struct tmpl_env *env, struct arena *a);
/* tmpl_env.route_label; arg is the rendering. Unknown names are empty. */
bool notify_route_label(void *arg, struct str name, struct str *out, struct err *e);

#endif
