/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/commands.h - the commands beside the server: alert, silence, routes, template …
 */
#ifndef APP_COMMANDS_H
#define APP_COMMANDS_H

#include <stdbool.h>

struct sbuf;

/* Runs the command that argv[1] (and argv[2]) name; false when they name none. *status_out is the exit status. */
bool commands_run(int argc, char *const *argv, int *status_out);
/* The list of commands for --help. */
void commands_help(struct sbuf *out);

#endif
