/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli/commands.h - the commands beside the server: alert, silence, routes, template …
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include <stdbool.h>

struct sbuf;

/*
 * Runs the command that the arguments name, before, behind or between flags
 * that all commands have; false when they name none. Called amtool, by a link,
 * there is nothing but commands. *status_out is the exit status.
 */
bool commands_run(int argc, char *const *argv, int *status_out);
/* The list of commands for --help. */
void commands_help(struct sbuf *out);
/* Prints the version; called alertmanager or amtool, by a path that ends so, the version of those that it stands for, in their layout. */
void commands_version(const char *path);

#endif
