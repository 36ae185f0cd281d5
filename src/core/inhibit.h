/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/inhibit.h - which alerts are held back because others fire.
 *
 * For every rule, alerts fall into buckets by their values of the `equal`
 * labels. A record knows the buckets it is in and its role there, so asking
 * whether it is inhibited neither matches nor hashes. Exact: any source that
 * fires counts (Alertmanager inhibit/inhibit.go, which remembers but one).
 */
#ifndef CORE_INHIBIT_H
#define CORE_INHIBIT_H

#include "base/time.h"
#include "config/config.h"
#include "record.h"

struct inhibitor;

/* Borrows c. */
struct inhibitor *inhibitor_new(const struct config *c);
/* All records must have been forgotten. */
void inhibitor_free(struct inhibitor **in);

/* r holds another version of its alert, or is newly stored. */
void inhibit_observe(struct inhibitor *in, struct record *r, struct wall now);
/* r is no longer stored, or the configuration goes. */
void inhibit_forget(struct inhibitor *in, struct record *r);
/* The record of an alert that inhibits r now; NULL: none does. */
struct record *inhibit_source(struct inhibitor *in, struct record *r, struct wall now);
/* The same, and by which rule (borrowed from the configuration; set only with a source). */
struct record *inhibit_source_by(struct inhibitor *in, struct record *r, struct wall now,
    const struct inhibit_rule **rule_out);
/* The wall clock went back: what had ended may fire again. */
void inhibit_clock_stepped(struct inhibitor *in);

#endif
