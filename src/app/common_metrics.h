/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COMMON_METRICS_H
#define COMMON_METRICS_H

#include "base/time.h"

struct etcd;
struct expo;
struct ledger;

/* tocsin_etcd_… */
void common_metrics(const struct etcd *e, struct ledger *l, struct expo *x, struct moment now);

#endif
