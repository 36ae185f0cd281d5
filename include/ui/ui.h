/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ui/ui.h - the files of the web page, which are part of the program.
 *
 * Their sources lie beside ui.c. All have one hash: where that is in the address, a browser may keep what it
 * got for ever. index.html is a template, all others are sent as they are.
 */
#ifndef UI_UI_H
#define UI_UI_H

#include <stdbool.h>

#include "base/sbuf.h"
#include "base/str.h"

/* All of it is static. */
struct ui_file {
	const char *type;	/* for Content-Type */
	struct str plain;
	struct str packed;	/* as gzip */
};

/* 12 hexadecimal digits that change when a file does. */
struct str ui_hash(void);
/* A file other than index.html by its name; false: there is none. */
bool ui_file(struct str name, struct ui_file *out);
/*
 * Appends index.html. `boot` is JSON for the page to begin with; any characters may be in its strings, for they
 * are escaped here as an element of HTML wants it.
 */
void ui_index(struct sbuf *out, struct str boot);

#endif
