/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scene.h - behaviour as text: what is posted when, and what is sent when.
 *
 * A file is a configuration (fake_config.h) and steps, one a line, in the
 * order of time. Times are since the start (2026-01-05T00:00:00Z, a Monday);
 * what is due at the time of a step happens after steps that post, and before
 * steps that expect. All that is sent has to be expected.
 *
 *	option NAME VALUE               before the first step: reload_resets_timers, start_delay,
 *	                                alerts_per_name, max_silences, retention, alert_gc, maintenance
 *	T  post A{job=a} [from T2] [until T2]   T2 since the start, may be negative; "from" defaults to T
 *	T  resolve A{job=a}             posts it with its end now
 *	T  silence NAME job="a" for L [from T2]    NAME stands for the id from now on; again: an edit
 *	T  refuse NAME job="a" for L [from T2] TEXT   as silence, which must fail with this text
 *	T  unsilence NAME
 *	T  answer ops/hook[0] ok | fail "TEXT" | retry "TEXT" | hang [after L] [ask L], …   in turn, the last for ever
 *	T  cluster wait L | settling
 *	T  reload                       the configuration follows on the next lines
 *	T  restart
 *	T  clock L                      the wall clock is stepped (may be negative)
 *	T  expect ops/hook[0] firing [A{job=a} B] resolved [C] REASON
 *	T  expect nothing
 *	T  expect failed TEXT           a flush failed so
 *	T  expect status A{job=a} TEXT  as world_status, silences by NAME
 *	T  expect groups N
 *	T  expect canceled ops/hook[0]  its last attempt was
 */
#ifndef SCENE_H
#define SCENE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

/* False and e (with the line) when the text is wrong or things do not go as it says. */
bool scene_run(struct str text, struct err *e);

#endif
