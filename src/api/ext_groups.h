/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/ext_groups.h (private) - groups as /api/ext/v1 names them: model/group_name.h.
 */
#ifndef API_EXT_GROUPS_H
#define API_EXT_GROUPS_H

#include "ext.h"

uint64_t group_id(const struct group_item *g);

/* Where looking for the group of an id has come to. Free with group_place_fini. */
struct group_search {
	uint64_t id;
	struct group_place at;
};
/* MATCH_YES: *out is the group. MATCH_NO: there is none. MATCH_LATER: w is used up, or groups are not yet as they should be. */
enum match group_search_some(struct group_search *s, struct engine *e, struct work *w, struct group_item *out);

/*
 * For handlers about one group: looks for the group of the id in c->params[0] or elsewhere, in slices, and calls `then`, which
 * answers; or answers 404. c is a copy that lives in the request's arena; `arg` too, or it is static.
 */
void group_find_later(struct call *c, uint64_t id, void (*then)(struct call *c, const struct group_item *g, void *arg), void *arg);

#endif
