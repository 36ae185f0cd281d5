/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/check_config.h - `tocsin check-config FILE...`: what amtool check-config says, and more.
 */
#ifndef APP_CHECK_CONFIG_H
#define APP_CHECK_CONFIG_H

/* Judges each file (standard input without any); the exit status. */
int check_config_main(int argc, char *const *argv);

#endif
