/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render.h - the configured texts of one attempt, rendered and cut to size.
 *
 * A struct render remembers the first failure: after it all texts come out
 * empty, so that a notifier renders all its fields and looks once at the end.
 * All results live in the attempt's arena, or are kept for its notification's next one (notify/kept.h).
 */
#ifndef RENDER_H
#define RENDER_H

#include "base/sbuf.h"
#include "notify/data.h"
#include "notify/kept.h"
#include "notify/notifier.h"
#include "tmpl/tmpl.h"

/* The size that one rendered text or request may have. */
#define RENDER_MAX ((size_t)16 << 20)

struct render {
	struct attempt *a;
	struct err *e;		/* of the first failure; may be NULL */
	bool failed;
};

/* The data `.` of the attempt's templates: made once, limited to a->max_alerts. */
struct value render_data(struct attempt *a);
/* How many alerts it has: the first so many of the notification's. */
size_t render_alerts_n(const struct attempt *a);
/* The environment of the attempt's executions. */
struct tmpl_env render_env(struct attempt *a);
/* The templates they are of. */
struct tmpl_set *render_set(const struct attempt *a);
/* "" for an empty source, which is not executed. */
struct str render_text(struct render *r, struct str source);
struct str render_html(struct render *r, struct str source);
/* Cuts s to `max` runes / bytes, ending in an ellipsis, and tells env->truncated. */
struct str render_cut_runes(struct render *r, struct str s, size_t max, const char *field);
struct str render_cut_bytes(struct render *r, struct str s, size_t max, const char *field);

/* The value, or, when it is empty, the content of the file without blanks at its ends. */
bool render_secret(struct attempt *a, struct str value, struct str file, struct str *out, struct err *e) MUST_CHECK;
/* The content of a file as it is. */
bool render_file(struct attempt *a, struct str file, struct str *out, struct err *e) MUST_CHECK;
/* SHA-256 of the group key in hexadecimal: what receivers know the group by. */
struct str render_key(struct attempt *a);
/* Whether any of the alerts (that templates see) is firing. */
bool render_firing(const struct attempt *a);
/* Moves the bytes of b to the arena. False when b has overflown. */
bool render_take(struct attempt *a, struct sbuf *b, struct str *out, struct err *e) MUST_CHECK;
/* The same, and they are kept as the text of that key; NULL: they are not. */
bool render_take_as(struct attempt *a, const struct kept_key *key, struct sbuf *b, struct str *out, struct err *e) MUST_CHECK;
/* The key that the attempt's texts of that source are found by. */
struct kept_key render_kept_key(const struct attempt *a, enum kept_form form, struct str source);
/* False: it has to be made. */
bool render_kept(struct attempt *a, const struct kept_key *key, struct str *out);

#endif
