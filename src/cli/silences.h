/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli/silences.h (private) - what the commands of silences share.
 */
#ifndef CLI_SILENCES_H
#define CLI_SILENCES_H

#include "cli.h"

/* n silences: a table, ids or JSON, as --output says. */
void cli_print_silences(struct cli *c, const struct json *const *silences, size_t n, bool quiet);
/* A list, one silence a line, so that two exports can be compared. */
void cli_print_silences_json(const struct json *const *silences, size_t n);

struct silences_wanted {
	bool expired;	/* those that have ended instead of those that have not */
	bool quiet;
	struct str created_by, id;	/* empty: of everybody, all */
	span within;	/* of their end; 0: whenever */
};

/* Those of the server that fit, also to c->args as matchers, the next to end first. */
bool cli_silences_get(struct cli *c, const struct silences_wanted *w, const struct json ***out, size_t *n_out) MUST_CHECK;

/* DELETEs c->args as ids below the path; `what` they are. Returns the exit status. */
int cli_end_all(struct cli *c, const char *path, const char *what);
/* The user who calls the program. */
struct str cli_user_name(struct cli *c);
/* "matchers":[…] */
void cli_put_matchers(struct json_writer *w, const struct matchers *ms);
/* The same list for a column. */
struct str cli_show_matchers(struct cli *c, const struct json *value);
/* A span as a number of seconds. */
void cli_put_seconds(struct json_writer *w, const char *key, span s);

/* The API's path of a silence. */
struct str cli_silence_path(struct cli *c, struct str id) MUST_CHECK;
/* Posts one silence to a path that takes them; the id it has then. */
bool cli_silence_post(struct cli *c, const char *path, struct str body, struct str *id_out) MUST_CHECK;
/* The part of a silence that a client may set in one the server knows, but for the times and the comment. */
void cli_put_silence_kept(struct json_writer *w, const struct json *s, bool with_id);

/* Times as the flags --start, --end and --duration say. */
struct silence_times {
	struct str start, end;
	span duration;
};

/* From when to when; what *starts and *ends hold is the default. */
bool cli_silence_times(struct cli *c, const struct silence_times *t, struct wall *starts, struct wall *ends) MUST_CHECK;

#endif
