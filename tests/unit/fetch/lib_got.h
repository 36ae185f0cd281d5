/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_got.h - what came of a request, kept.
 */
#ifndef LIB_GOT_H
#define LIB_GOT_H

#include "base/sbuf.h"
#include "http/fetch.h"

struct got {
	bool answered;
	int answers;			/* so far */
	struct fetch_response resp;	/* the last one; its texts are: */
	struct sbuf body, error;
};

/* Zeroed before. */
void got_init(struct got *g);
void got_fini(struct got *g);
/* `done` of http_client_start; arg: the struct got. */
void got_answer(void *arg, const struct fetch_response *r);

#endif
