/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_silence.h - silences with what only this router knows: they end with their alerts, or come again.
 */
#ifndef LIB_SILENCE_H
#define LIB_SILENCE_H

#include "lib_core.h"

/* A world with one route and one receiver, which has started. */
void world_begin_plain(struct fake_world *w);
/* … whose calls do no more work than that each; 0: as usual. */
void world_begin_plain_turns(struct fake_world *w, int64_t turn_work);
struct wall world_in(const struct fake_world *w, span d);
uint64_t world_fingerprint(const char *alert);
const struct silence *world_get(const struct fake_world *w, const char *id);
/* Right behind this moment. */
bool world_is_active(const struct fake_world *w, const char *id);
/* A silence of these matchers, with what x says; x is taken. */
bool world_set(struct fake_world *w, const char *id, const char *matchers, struct silence_extra *x, span lasts,
    char id_out[SILENCE_ID_MAX], struct err *e);
struct silence_extra *extra_with_alert(bool notify);
/* Every day between these minutes, in UTC; the world begins on a Monday at midnight. */
struct silence_extra *extra_daily(int from, int to);

#endif
