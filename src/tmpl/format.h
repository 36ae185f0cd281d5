/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpl/format.h - one formatted datum, with flags, width and precision.
 *
 * Source: Go fmt format.go.
 */
#ifndef TMPL_FORMAT_H
#define TMPL_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sbuf.h"
#include "base/str.h"

/* Larger widths and precisions are none (Go fmt tooLarge). */
#define FORMAT_MAX_NUMBER 1000000

struct format {
	struct sbuf *b;
	int width, precision;
	bool has_width, has_precision;
	bool minus, plus, sharp, space, zero;
	bool plus_v, sharp_v;	/* %+v, %#v */
};

void format_clear(struct format *f);
/* Pads to the width, counted in runes. */
void format_pad(struct format *f, struct str s);
void format_bool(struct format *f, bool v);
/* digits: base of 2 to 16, in the case of verb. u is two's complement where it is_signed. */
void format_integer(struct format *f, uint64_t u, unsigned base, bool is_signed, char verb);
/* precision: what holds when the format gives none; -1 the shortest. verb: b e E f g G x X. */
void format_float(struct format *f, double v, char verb, int precision);
void format_complex(struct format *f, const double c[2], char verb, int precision);
void format_string(struct format *f, struct str s);
void format_quoted(struct format *f, struct str s);
void format_hex(struct format *f, struct str s, bool upper);
void format_char(struct format *f, uint64_t c);
void format_quoted_char(struct format *f, uint64_t c);
/* Can s be written between ` ` (strconv.CanBackquote)? */
bool format_can_backquote(struct str s);
void format_unicode(struct format *f, uint64_t u);

#endif
