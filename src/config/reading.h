/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reading.h - one file being read, and all that is wrong with it.
 *
 * Mistakes are collected, so that an operator sees them all at once, up to
 * PROBLEMS_MAX. A problem names its file, line, column and key path; its text
 * contains the phrase that Alertmanager would use.
 */
#ifndef CONFIG_READING_H
#define CONFIG_READING_H

#include "config/config.h"
#include "text/yaml.h"

#define PROBLEMS_MAX 20

/* The way from the top of the file to a value; on the stack of the callers. */
struct at {
	const struct at *up;	/* NULL at the top */
	struct str key;		/* of a mapping; p == NULL: an element of a list */
	size_t index;
};

#define AT_KEY(above, k) (&(struct at){ .up = (above), .key = (k) })
#define AT_INDEX(above, i) (&(struct at){ .up = (above), .index = (i) })

struct problem {
	size_t part;
	int line, col;
	size_t nth;	/* in the order of discovery */
	struct str text;	/* "PATH:LINE:COL: KEY: …" */
};

struct reading {
	const struct config_env *env;
	struct arena *arena;	/* of the configuration */
	const char *path;	/* of this file, as it is named in problems */
	size_t part;		/* which one it is, of a configuration of several */
	struct str dir;		/* of the main file: the base of relative paths */
	/*
	 * Problems are worded as yaml.v2 alone would, without places and hints: for a file that is another
	 * program's, whose users search for its words.
	 */
	bool go_words;
	struct problem problems[PROBLEMS_MAX];
	size_t problems_n;	/* how many there were, maybe more than are kept */
};

/* Notes a problem; n may be NULL. Returns false. */
bool reading_problem(struct reading *r, const struct yaml_node *n, const struct at *at, const char *fmt, ...)
    PRINTF(4, 5);
/* The same with a place: line 0 is none. */
bool reading_problem_at(struct reading *r, int line, int col, const struct at *at, const char *fmt, ...) PRINTF(5, 6);
/* "cannot unmarshal !!str `x` into TYPE", with a hint behind it that may be NULL. */
bool reading_type_problem(struct reading *r, const struct yaml_node *n, const struct at *at, bool secret,
    const char *type, const char *hint);
/* True when there were none, else e tells all of them, one a line, in the order of the files. */
bool reading_end(struct reading *r, struct err *e) MUST_CHECK;

/* The values that yaml.v2 takes for null before it looks at the type: ~, null, nothing, or tagged !!null. */
bool node_is_null(const struct yaml_node *n);
/* Null, written as Null or NULL: to yaml.v2 a value whose type's own reader is asked first. */
bool node_is_null_word(const struct yaml_node *n);
/* A string, or anything that can stand for one. Not for null. */
bool node_string(struct reading *r, const struct yaml_node *n, const struct at *at, bool secret, struct str *out);

/* arena_grow of a list that was only ever made longer by this: room for `more` behind its n, by doubling. */
void *list_room(struct arena *a, void *list, size_t n, size_t more, size_t size);

/* A path of the configuration: "" and absolute ones as they are, others joined to dir and cleaned (Go filepath.Join). */
struct str path_join(struct arena *a, struct str dir, struct str path);
/* Go filepath.Dir and Base. */
struct str path_dir(struct arena *a, struct str path);
struct str path_base(struct str path);

#endif
