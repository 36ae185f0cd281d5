/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/ext_groups_by.h (private) - GET groups?group_by=a,b: alerts by their values of some labels, whatever their routes are.
 */
#ifndef API_EXT_GROUPS_BY_H
#define API_EXT_GROUPS_BY_H

#include "ext_sums.h"

/* Alerts that are shown of each group. */
#define GROUP_ALERTS_MAX 100
#define GROUP_ALERTS_SHOWN 5

/* False: the question is for the groups of routes. Else it was answered. */
bool groups_by_labels(struct call *c, enum groups_sort sort, size_t alerts);

#endif
