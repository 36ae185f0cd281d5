/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/server.h - the server: everything built in order, undone in reverse.
 */
#ifndef APP_SERVER_H
#define APP_SERVER_H

#include "setup/options.h"

/* Runs until SIGTERM or SIGINT; the exit status. Logs why when it cannot start. */
int server_run(const struct options *o, struct arena *a);

#endif
