/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli/routes.h (private) - route trees for people and for scripts.
 */
#ifndef CLI_ROUTES_H
#define CLI_ROUTES_H

#include "cli.h"

/* The flags of a command whose settings begin with a struct cli_config_source; no file: ask the server. */
#define ROUTES_SOURCE_FLAGS                                                                            \
	STRING_FLAG(struct cli_config_source, file, "config.file",                                     \
	    .help = "A configuration file or directory, instead of what the server has loaded."),      \
	STRING_FLAG(struct cli_config_source, extra_file, "config.extra-file",                         \
	    .help = "A further file of that configuration."),                                          \
	BOOL_FLAG(struct cli_config_source, expand_env, "config.expand-env",                           \
	    .help = "Replace ${NAME} and ${NAME:-default} in the file.")

/* The configuration, which the caller gives back; false with c->e set. */
bool cli_routes_load(struct cli *c, const struct cli_config_source *s, struct config **out) MUST_CHECK;

/* A tree on its way to the terminal. */
struct routes_drawing {
	struct sbuf out;
	struct sbuf margin;	/* what stands left of the children being drawn */
	bool extended;
	const bool *shown;	/* by route index; NULL: all, with what they say of themselves */
	const bool *final;	/* those that take the alert */
};

/* Prints the tree below the root, under a title. */
void cli_routes_draw(const char *title, struct routes_drawing *d, const struct route *root);
/* One route as an object, left open for more members; keys as in the configuration. */
void cli_routes_json_begin(struct json_writer *w, const struct route *r);

#endif
