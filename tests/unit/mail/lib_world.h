/* SPDX-License-Identifier: Apache-2.0 */
/* Mail through real worker processes (this very program) to a server on our loop. */
#ifndef UNIT_MAIL_LIB_WORLD_H
#define UNIT_MAIL_LIB_WORLD_H

#include <check.h>

#include "lib_smtpd.h"
#include "mail_pool.h"

struct event_base;

struct world {
	struct event_base *base;
	struct mail_pool *pool;
	struct smtpd d;
	char port[16];
	/* The last answer. */
	int answers;
	struct response resp;
	int codes[4];
	struct sbuf error;
};

extern struct world w;

void world_begin(struct mail_pool_options o);
void world_end(void);
/* To two recipients at the server. */
struct mail_request world_mail(void);
struct mono world_in(span d);
void world_on_done(void *arg, const struct response *r);
/* Until it is answered. */
void world_send_for(const struct mail_request *m, span d);
void world_send(const struct mail_request *m);

/* The main of a program of tests, which is its own helper of mail workers. */
int world_main(int argc, char **argv, const char *name, void (*add)(TCase *tc));

#endif
