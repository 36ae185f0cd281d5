/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/replies.h - which replies of people have been heard.
 *
 * Gateways send a reply again when they got no answer in time, and who has seen a request of theirs could do the same: a reply acts
 * once. Durable, up to a number.
 */
#ifndef CORE_REPLIES_H
#define CORE_REPLIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "base/time.h"

struct engine;

/* So many are remembered, the last ones. */
#define REPLIES_KEPT 10000
/* Longer ids are none. */
#define REPLY_ID_MAX 300

/* As it is stored. */
struct reply_mark {
	uint64_t number;	/* running */
	struct str gateway, id;
};

/* Was a reply with that id of that gateway heard? One without an id never was. */
bool view_reply_heard(const struct engine *e, struct str gateway, struct str id);
/* It is heard now. */
void engine_hear_reply(struct engine *e, struct str gateway, struct str id, struct moment now);

#endif
