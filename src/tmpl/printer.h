/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpl/printer.h - Go's fmt over template values, by kind and verb.
 *
 * Source: Go fmt print.go.
 */
#ifndef TMPL_PRINTER_H
#define TMPL_PRINTER_H

#include <stdbool.h>
#include <stdint.h>

#include "format.h"
#include "tmpl/value.h"

struct printer {
	struct format f;
	bool erroring;		/* inside a %!verb(type=value) */
	bool reordered;		/* the format used %[n] */
	bool good_index;
};

/* One operand with the flags of p->f. Nested too deeply, it marks the buffer as overflown. */
void printer_arg(struct printer *p, struct value v, uint32_t verb);
/* The fields that Go's time.Time has inside, for verbs that know no times. */
#define TIME_FIELDS 3
void time_fields(struct value time, struct value out[TIME_FIELDS]);

#endif
