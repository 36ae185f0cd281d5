/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve/web_passwords.h - who has the right password, when looking takes long.
 *
 * A look at a password takes as long as its hash's cost says, mostly a part of a
 * second, and is done by one thread. So verdicts are remembered, the right one
 * of each user by itself: wrong ones, however many, do not push it out. Requests
 * that bring the same password share one look. Those who wait are served in
 * turn: addresses that brought a right password lately come first, then whose
 * address, then whose user was served longest ago. Only so many of one address
 * wait, and when there are too many in all, the address that has the most gives
 * way. None of this depends on whether there is a user of that name, nor does
 * the time a look takes. Loop thread only.
 */
#ifndef SERVE_WEB_PASSWORDS_H
#define SERVE_WEB_PASSWORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "config/web_conf.h"

struct event_base;
struct passwords;

enum password { PASSWORD_RIGHT, PASSWORD_WRONG, PASSWORD_TOO_MANY, PASSWORD_LATER };

struct passwords *passwords_new(struct event_base *base, struct err *e) MUST_CHECK;
/* Nobody may be waiting. Sets *p to NULL; *p may be NULL already. */
void passwords_free(struct passwords **p);
/* Sets the users from now on; the array is borrowed until the next call is over. Those who wait are judged as before. */
void passwords_users(struct passwords *p, const struct web_user *users, size_t n);
/*
 * Judges at once, or says PASSWORD_LATER: then *pending is set, and `done` will be
 * called from the loop with one of the others. `address`: says where the request comes
 * from, for turns. The password has no NUL.
 */
enum password passwords_judge(struct passwords *p, struct str user, struct str password, uint64_t address,
    void (*done)(void *arg, enum password verdict), void *arg, void **pending);
/* Would it be judged right at once? */
bool passwords_know(const struct passwords *p, struct str user, struct str password);
/* `done` will not be called. Sets *pending to NULL, which it may be already. */
void passwords_abandon(void **pending);
/* How many looks were begun so far. */
uint64_t passwords_looks(const struct passwords *p);

#endif
