/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/gzip.h - gzip (RFC 1952), one member, at once or piece by piece.
 */
#ifndef TEXT_GZIP_H
#define TEXT_GZIP_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/sbuf.h"
#include "base/str.h"

/* Appends `in` compressed to out. */
void gzip_compress(struct sbuf *out, struct str in);

struct gzip;

struct gzip *gzip_new(void) MUST_CHECK;
/* Sets *g to NULL, which it may be already; also before the end. */
void gzip_free(struct gzip **g);
/* Takes `in` (less than 1 GiB) and appends to out what is compressed so far; `last`: all of it, and the end. */
void gzip_put(struct gzip *g, struct sbuf *out, struct str in, bool last);

#endif
