/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_kv.h - the records of the fake etcd (lib_etcd.h), and how they change.
 */
#ifndef LIB_KV_H
#define LIB_KV_H

#include "lib_etcd.h"

/* A copy that undup_str frees. */
struct str dup_str(struct str s);
void undup_str(struct str s);
/* Sets it, or drops it when the value is NULL. */
void fake_set(struct fake_etcd *f, struct str key, const struct str *value, int64_t lease);
/* Its records go with it. */
void fake_end_lease(struct fake_etcd *f);

#endif
