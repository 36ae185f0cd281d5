/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/gzip.h - gzip (RFC 1952), one member, whole buffers.
 */
#ifndef TEXT_GZIP_H
#define TEXT_GZIP_H

#include "base/sbuf.h"
#include "base/str.h"

/* Appends `in` compressed to out. */
void gzip_compress(struct sbuf *out, struct str in);

#endif
