/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli/manual.h (private) - pages of the manual, in roff's man macros.
 */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include "cli.h"

/* One page by its name, tocsin.1; false with c->e set when there is none of that name. */
bool manual_page(struct cli *c, struct str page, struct sbuf *b) MUST_CHECK;
/* The head of a page, up to its description. */
void manual_begin(struct sbuf *b, const char *page, const char *section, const char *about);
/* Text as it is, without a line's end; nothing in it is taken for roff's. */
void manual_text(struct sbuf *b, const char *text);
/* A macro on a line of its own with text as its one argument: .SH, .B … */
void manual_line(struct sbuf *b, const char *macro, const char *text);

/* tocsin.yml(5), every key of the configuration; manual_fields.c. */
void manual_configuration(struct sbuf *b);

#endif
