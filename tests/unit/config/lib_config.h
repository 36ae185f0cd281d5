/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_config.h - what the tests of this room share: three kinds of receivers
 * that behave as Alertmanager's of the same name, and files in memory.
 */
#ifndef LIB_CONFIG_H
#define LIB_CONFIG_H

#include <check.h>

#include "config/config.h"

struct file_in_memory {
	const char *path, *text;
};

/* Ends with a NULL path; what read_file and glob of the test's environment see. */
extern const struct file_in_memory *test_files;
extern const struct integration_kind *const test_kinds[];

struct webhook_settings {
	struct integration_common common;
	struct str url, url_file;
	uint64_t max_alerts;
	span timeout;
	const struct yaml_node *payload;
};

struct email_settings {
	struct integration_common common;
	struct str to, from, hello;
	struct host_port smarthost;
	struct str auth_username, auth_password, auth_password_file, auth_secret, auth_secret_file, auth_identity;
	struct str_pairs headers;
	struct str html, text;
	enum tristate require_tls;
	struct tls_config *tls_config;
	enum tristate force_implicit_tls;
};

struct chat_field {
	struct str title, value;
	enum tristate short_;
};

struct chat_confirm {
	struct str text;
	bool present;
};

struct chat_action {
	struct str type, text, url;
	struct chat_confirm confirm;
};

/* Called "slack". */
struct chat_settings {
	struct integration_common common;
	struct str api_url, api_url_file, channel, title, token_file;
	struct struct_list fields, actions;
	struct str_list mrkdwn_in;
	span timeout;
};

/* An environment with the kinds and files above; naming and matchers as by default. */
struct config_env test_env(void);
/* Loads text as /etc/am/am.yml, or fails the test. */
struct config *test_load(const char *text);
/* Has to be refused: the error's text, static. */
const char *test_refused(const char *text);

#endif
