/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/good_url.h - whether the URLs of alerts are some.
 *
 * The URL is the rule's, and the alerts of a rule stand side by side: each is parsed once, which takes long.
 */
#ifndef API_GOOD_URL_H
#define API_GOOD_URL_H

#include "base/arena.h"
#include "base/sbuf.h"

struct good_url {
	struct str last;	/* that was good */
	struct sbuf room;	/* for it, when texts do not stay */
};

void good_url_init(struct good_url *g);
void good_url_fini(struct good_url *g);
/* strfmt "uri": an absolute URL, a path, or nothing. passing: s goes before the next one comes, otherwise it stays. a: scratch. */
bool good_url(struct good_url *g, struct str s, struct arena *a, bool passing);

#endif
