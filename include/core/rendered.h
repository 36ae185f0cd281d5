/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/rendered.h - the message that an integration would be sent, as texts: between those who render and those who show.
 */
#ifndef CORE_RENDERED_H
#define CORE_RENDERED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* Bounds: alerts that the templates see; texts of one integration; bytes of one of them. */
#define RENDERED_ALERTS_MAX 50
#define RENDERED_TEXTS_MAX 100
#define RENDERED_BYTES_MAX ((size_t)16 << 10)

struct rendered_text {
	struct str key;		/* the setting: "title", "headers.Subject"; "body" for a request that is data */
	struct str text;
	struct str error;	/* not empty: it cannot be rendered, and why */
	bool cut;		/* it is longer than RENDERED_BYTES_MAX */
};

/* In the arena of whoever asked. */
struct rendered {
	struct rendered_text *texts;
	size_t n;
	bool too_much;		/* the templates are too much work, or texts, to show all */
};

#endif
