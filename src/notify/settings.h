/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - what the field tables of notifiers have in common.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "config/config.h"
#include "notify/notifier.h"

/* The first rows: struct S begins with `struct integration_common common`. */
#define SEND_RESOLVED_FIELD(S, resolved)                                                                \
	{                                                                                               \
		.key = "send_resolved", .type = FIELD_BOOL,                                             \
		.offset = FIELD_CHECKED_(S, common.send_resolved, bool), .fallback = resolved,          \
		.doc = "Whether to tell of resolved alerts as well."                                    \
	}
#define HTTP_CONFIG_FIELD(S)                                                                            \
	{                                                                                               \
		.key = "http_config", .type = FIELD_HTTP, .flags = F_OMIT_EMPTY,                        \
		.offset = FIELD_CHECKED_(S, common.http_config, struct http_config *),                  \
		.inherit = "http_config", .doc = "How to reach the receiver; replaces the global one."  \
	}
#define COMMON_FIELDS(S, resolved) SEND_RESOLVED_FIELD(S, resolved), HTTP_CONFIG_FIELD(S)

/* The URL of a channel's webhook, as it is or in a file: `hook` of struct S. */
struct settings_hook {
	struct str url, file;
};
#define HOOK_FIELDS(S, url_doc)                                                                         \
	{ .key = "webhook_url", .type = FIELD_URL, .offset = FIELD_CHECKED_(S, hook.url, struct str),   \
	    .flags = F_SECRET | F_OMIT_EMPTY, .doc = url_doc },                                         \
	{ .key = "webhook_url_file", .type = FIELD_STRING, .flags = F_PATH_CWD | F_OMIT_EMPTY,          \
	    .offset = FIELD_CHECKED_(S, hook.file, struct str), .doc = "File that holds webhook_url." }
/* One of the two is there. */
bool settings_check_hook(const struct settings_hook *h, struct err *e) MUST_CHECK;
/* The URL at use. */
bool settings_read_hook(struct attempt *a, const struct settings_hook *h, struct str *out, struct err *e) MUST_CHECK;

/* Takes *from when *to is unset or empty. */
static inline void
inherit_str(struct str *to, struct str from)
{
	if (to->n == 0)
		*to = from;
}

/* Fails when both are there: "at most one of A & B must be configured". */
bool settings_at_most_one(struct str a, struct str b, const char *a_name, const char *b_name, struct err *e) MUST_CHECK;
/* Fails as well when neither is: "one of A or B must be configured". */
bool settings_exactly_one(struct str a, struct str b, const char *a_name, const char *b_name, struct err *e) MUST_CHECK;
/* The URL that is in one of the two at use; e says which file could not be read. */
bool settings_read_url(struct attempt *a, struct str url, struct str file, const char *file_name, struct str *out,
    struct err *e) MUST_CHECK;
/* The pair (value, file) from the global pair when neither is set here. */
void settings_inherit_pair(struct str *value, struct str *file, struct str global_value, struct str global_file);
/* The URL with a slash at the end of its path. */
bool settings_slash(struct str *url, struct arena *a, struct err *e) MUST_CHECK;
static inline bool
settings_is_secret_mark(struct str s)
{
	return str_is(s, "<secret>");
}

#endif
