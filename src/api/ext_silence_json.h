/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/ext_silence_json.h (private) - how /api/ext/v1 shows a silence: API v2's object and what only we know of it.
 */
#ifndef API_EXT_SILENCE_JSON_H
#define API_EXT_SILENCE_JSON_H

#include "ext.h"

/* "silence", "ack" or "recurring". */
struct str silence_kind(const struct silence *s);
/*
 * The members of s between the braces: id, state, matchers of the first set (`sets` has all when there are several),
 * times, createdBy, comment, annotations; kind, source, read_only, ends_with, notify_resolved, schedule.
 */
void write_ext_silence(struct json_writer *w, const struct silence *s, struct wall now);

#endif
