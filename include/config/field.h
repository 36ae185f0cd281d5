/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config/field.h - tables that say how a YAML mapping becomes a struct.
 *
 * One table row per key. From it come the parser with its errors, the default,
 * inheritance from `global`, the masking of secrets, the dump, the manual. The
 * macros check the C type of the member, so a row of the wrong type does not
 * compile. A table ends with a row whose key is NULL. Rows are in the order in
 * which Alertmanager dumps the keys.
 */
#ifndef CONFIG_FIELD_H
#define CONFIG_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "base/time.h"

struct yaml_node;
struct http_config;
struct tls_config;

enum field_type {
	FIELD_STRING,	/* struct str; unset is p == NULL, "" is p != NULL && n == 0 */
	FIELD_BOOL,	/* bool */
	FIELD_TRISTATE,	/* enum tristate: unset, false, true */
	FIELD_INT,	/* int64_t */
	FIELD_UINT,	/* uint64_t */
	FIELD_DOUBLE,	/* double */
	FIELD_DURATION,	/* span, Prometheus grammar */
	FIELD_GO_DURATION,	/* span, Go grammar; a bare integer is nanoseconds */
	FIELD_URL,	/* struct str, an absolute http(s) URL, checked */
	FIELD_HOST_PORT,	/* struct host_port */
	FIELD_STRINGS,	/* struct str_list */
	FIELD_PAIRS,	/* struct str_pairs: mapping of strings, sorted by key */
	FIELD_STRUCT,	/* a nested struct by value, with its own table */
	FIELD_STRUCTS,	/* struct struct_list: sequence of mappings, each with its own table */
	FIELD_ANY,	/* const struct yaml_node *: any value, kept as it is */
	FIELD_HTTP,	/* struct http_config *: NULL until inherited from global */
	FIELD_TLS,	/* struct tls_config *: NULL when absent */
	FIELD_HEADERS,	/* struct struct_list of struct http_header_config: mapping of name to values; F_SECRET: to a list of secrets */
};

enum tristate { TRI_UNSET, TRI_FALSE, TRI_TRUE };

struct host_port {
	struct str host, port;	/* both empty: unset */
};

struct str_list {
	struct str *v;
	size_t n;
	bool present;	/* the key was there, maybe empty */
};

struct str_pair {
	struct str key, value;
};

struct str_pairs {
	struct str_pair *v;
	size_t n;
};

/* An array of `size`-byte structs (the row's table says which). */
struct struct_list {
	void *v;
	size_t n;
};

enum field_flag {
	F_SECRET = 1,		/* shown as <secret> */
	F_TEMPLATE = 2,		/* a text template, expanded at notification time */
	F_PATH_CONFIG = 4,	/* a path, relative to the configuration file's directory */
	F_PATH_CWD = 8,		/* a path, relative to the working directory */
	F_HTML = 16,		/* an html template */
	F_OMIT_EMPTY = 32,	/* not dumped when empty, zero or false */
	F_PRESENCE = 64,	/* `null` elements are an error rather than defaults */
	F_EXTENSION = 128,	/* Alertmanager does not know this key: never dumped */
	F_MAP = 256,		/* FIELD_ANY: has to be a mapping */
	F_TEXT_ONLY = 512,	/* FIELD_GO_DURATION: "1m", but a bare number other than 0 is an error */
	F_READ_AT_LOAD = 1024,	/* FIELD_STRING, a path: loading fails when a used receiver names an unreadable file */
	F_OWN_DATA = 2048,	/* beside F_TEMPLATE: `.` is what the kind makes of the usual data */
	F_WRITTEN = 4096,	/* FIELD_STRING, FIELD_HEADERS: written and empty is not absent (a pointer in Alertmanager) */
};

/*
 * Notes on types and flags:
 * - `null` sets any field to zero, not to its fallback (as Alertmanager does).
 * - FIELD_URL keeps the URL as Go's URL.String gives it. With F_SECRET the literal
 *   <secret> is accepted. With F_TEMPLATE a text that holds {{ is only checked as a
 *   template (with Go's functions alone), and "" is the same as absent.
 * - FIELD_HTTP: files are relative to the configuration's directory, with F_PATH_CWD
 *   to the working directory. FIELD_TLS: the other way round; F_PATH_CONFIG.
 * - F_PRESENCE is for FIELD_STRUCTS.
 * - Inheritance takes place when the value is empty, zero, unset or NULL, by copying
 *   the field of `global` with that key. A FIELD_TRISTATE may inherit a FIELD_BOOL.
 */

struct field {
	const char *key;
	enum field_type type;
	unsigned flags;
	size_t offset;
	/*
	 * Default; NULL: zero. The value itself for scalars (FIELD_STRING: verbatim, never
	 * taken for YAML), YAML for lists and mappings.
	 */
	const char *fallback;
	const char *inherit;	/* key of `global` whose value is taken when unset; NULL: none */
	const struct field *fields;	/* FIELD_STRUCT, FIELD_STRUCTS */
	size_t size;			/* of one struct, for those two */
	/*
	 * Those two: judges (and may complete) each struct once its keys were read without
	 * a mistake. NULL: nothing to judge. Error text without place.
	 */
	bool (*check)(void *s, struct arena *a, struct err *e);
	const char *scalar;	/* those two: a bare scalar x stands for { scalar: x }; NULL: it is an error */
	const char *go_type;	/* of the field, as errors call it; NULL: as its field_type has it. FIELD_INT, FIELD_STRUCT, FIELD_PAIRS */
	size_t present;		/* FIELD_STRUCT: PRESENT_IN(S, member), a bool: was the key there and not null; 0: none */
	const char *doc;
};

#define FIELD_CHECKED_(S, member, ctype) \
	(0 * sizeof(char[_Generic(((S *)0)->member, ctype: 1, default: -1)]) + offsetof(S, member))

/* Designated initialisers may follow: .flags, .fallback, .inherit, .doc. */
#define STRING_FIELD(S, m, ...) \
	{ .key = #m, .type = FIELD_STRING, .offset = FIELD_CHECKED_(S, m, struct str), __VA_ARGS__ }
#define BOOL_FIELD(S, m, ...) { .key = #m, .type = FIELD_BOOL, .offset = FIELD_CHECKED_(S, m, bool), __VA_ARGS__ }
#define TRISTATE_FIELD(S, m, ...) \
	{ .key = #m, .type = FIELD_TRISTATE, .offset = FIELD_CHECKED_(S, m, enum tristate), __VA_ARGS__ }
#define INT_FIELD(S, m, ...) { .key = #m, .type = FIELD_INT, .offset = FIELD_CHECKED_(S, m, int64_t), __VA_ARGS__ }
#define UINT_FIELD(S, m, ...) { .key = #m, .type = FIELD_UINT, .offset = FIELD_CHECKED_(S, m, uint64_t), __VA_ARGS__ }
#define DOUBLE_FIELD(S, m, ...) { .key = #m, .type = FIELD_DOUBLE, .offset = FIELD_CHECKED_(S, m, double), __VA_ARGS__ }
#define DURATION_FIELD(S, m, ...) { .key = #m, .type = FIELD_DURATION, .offset = FIELD_CHECKED_(S, m, span), __VA_ARGS__ }
#define GO_DURATION_FIELD(S, m, ...) \
	{ .key = #m, .type = FIELD_GO_DURATION, .offset = FIELD_CHECKED_(S, m, span), __VA_ARGS__ }
#define URL_FIELD(S, m, ...) { .key = #m, .type = FIELD_URL, .offset = FIELD_CHECKED_(S, m, struct str), __VA_ARGS__ }
#define HOST_PORT_FIELD(S, m, ...) \
	{ .key = #m, .type = FIELD_HOST_PORT, .offset = FIELD_CHECKED_(S, m, struct host_port), __VA_ARGS__ }
#define STRINGS_FIELD(S, m, ...) \
	{ .key = #m, .type = FIELD_STRINGS, .offset = FIELD_CHECKED_(S, m, struct str_list), __VA_ARGS__ }
#define PAIRS_FIELD(S, m, ...) \
	{ .key = #m, .type = FIELD_PAIRS, .offset = FIELD_CHECKED_(S, m, struct str_pairs), __VA_ARGS__ }
#define STRUCT_FIELD(S, m, T, table, ...) \
	{ .key = #m, .type = FIELD_STRUCT, .offset = FIELD_CHECKED_(S, m, T), .fields = table, .size = sizeof(T), __VA_ARGS__ }
#define STRUCTS_FIELD(S, m, T, table, ...)                                                           \
	{ .key = #m, .type = FIELD_STRUCTS, .offset = FIELD_CHECKED_(S, m, struct struct_list),      \
	    .fields = table, .size = sizeof(T), __VA_ARGS__ }
#define ANY_FIELD(S, m, ...) \
	{ .key = #m, .type = FIELD_ANY, .offset = FIELD_CHECKED_(S, m, const struct yaml_node *), __VA_ARGS__ }
#define HTTP_FIELD(S, m, ...) \
	{ .key = #m, .type = FIELD_HTTP, .offset = FIELD_CHECKED_(S, m, struct http_config *), __VA_ARGS__ }
#define TLS_FIELD(S, m, ...) { .key = #m, .type = FIELD_TLS, .offset = FIELD_CHECKED_(S, m, struct tls_config *), __VA_ARGS__ }

#define HEADERS_FIELD(S, m, ...) \
	{ .key = #m, .type = FIELD_HEADERS, .offset = FIELD_CHECKED_(S, m, struct struct_list), __VA_ARGS__ }
/* For .present; the bool is in S, which holds the field, maybe inside of the nested struct. */
#define PRESENT_IN(S, m) (1 + FIELD_CHECKED_(S, m, bool))

/* Which keys of a mapping were written, by row index; rows past 63 are an assert. */
struct field_presence {
	uint64_t bits;
};

#endif
