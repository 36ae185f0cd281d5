/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields.h - what is done with field tables (config/field.h).
 */
#ifndef CONFIG_FIELDS_H
#define CONFIG_FIELDS_H

#include "reading.h"
#include "text/yaml_write.h"

/* A flag of this room: a FIELD_ANY that is judged by whoever reads it on. */
#define F_RAW 0x40000000u

/* The fallbacks of a table into a zeroed struct. */
void fields_defaults(struct reading *r, const struct field *table, void *out);
/*
 * Reads a mapping into a struct that has its defaults. `written` (may be NULL) gets
 * the rows whose keys were there and not null. False when there was a problem;
 * all of them were noted.
 */
bool fields_read(struct reading *r, const struct yaml_node *map, const struct at *at, const struct field *table,
    void *out, struct field_presence *written);
/* The same for a struct that Go calls `type` in its errors, rather than config.plain. */
bool fields_read_as(struct reading *r, const struct yaml_node *map, const struct at *at, const struct field *table,
    const char *type, void *out, struct field_presence *written);
static inline bool
field_written(struct field_presence w, size_t row)
{
	return (w.bits >> row & 1) != 0;
}

/* The tables of the sections; part_fields is the top of a file. */
extern const struct field part_fields[], global_fields[], route_fields[], inhibit_fields[], receiver_fields[];
extern const struct field time_interval_fields[], interval_fields[], times_fields[];
extern const struct field rule_file_fields[], rule_silence_fields[], web_file_fields[];
extern const struct field web_tls_fields[], cluster_file_fields[];
extern const struct field http_fields[], http_header_fields[], tls_fields[];
extern const struct field tracing_fields[], recorder_fields[];
extern const struct field ui_fields[], ui_link_fields[], ui_template_fields[], ui_heartbeat_fields[];
/* Takes from `global` what is unset. */
void fields_inherit(const struct field *table, void *out, const struct global *global);

/* One value that is not null; fields_scalar.c. */
bool field_read_scalar(struct reading *r, const struct field *f, const struct yaml_node *n, const struct at *at,
    void *to);
/* Sorted by key. */
bool pairs_read(struct reading *r, const struct yaml_node *n, const struct at *at, bool secret, const char *type,
    struct str_pairs *out);
bool strings_read(struct reading *r, const struct yaml_node *n, const struct at *at, bool secret, const char *type,
    struct str_list *out);
/* No mapping in it has a key twice, no key is a list or mapping. */
bool any_check(struct reading *r, const struct yaml_node *n, const struct at *at);
/* The keys of `map` are unlike each other; merged ones aside. */
bool map_keys_check(struct reading *r, const struct yaml_node *map, const struct at *at);
/* The text of a key that is a scalar. */
bool key_text(struct reading *r, const struct yaml_node *key, const struct at *at, struct str *out);

/* The members of a struct as keys and values, dump_fields.c. */
void fields_dump(struct yaml_writer *w, const struct field *table, const void *s);
/* A node as it would be written anew, keys sorted. string_keys: its own keys are strings, whatever they look like. */
void node_dump(struct yaml_writer *w, const struct yaml_node *n, bool string_keys);
/* Whether a struct has nothing but zeros and empty lists. */
bool fields_empty(const struct field *table, const void *s);

/* http_conf.c. On null they set NULL. */
bool http_config_read(struct reading *r, const struct yaml_node *n, const struct at *at, bool join,
    struct http_config **out);
bool tls_config_read(struct reading *r, const struct yaml_node *n, const struct at *at, bool join,
    struct tls_config **out);
/* web_conf.c. Whether a certificate and a key are named, and all words are known. */
struct web_tls;
bool web_tls_check(const struct web_tls *t, bool *used_out, struct err *e) MUST_CHECK;
bool headers_read(struct reading *r, const struct yaml_node *n, const struct at *at, bool only_secrets,
    struct struct_list *out);
void http_config_dump(struct yaml_writer *w, const struct http_config *h);
void tls_config_dump(struct yaml_writer *w, const struct tls_config *t);
void headers_dump(struct yaml_writer *w, const struct struct_list *headers, bool only_secrets);
/* A mistake that Alertmanager finds only when it builds the client of a receiver in use. */
bool http_config_usable(const struct http_config *h, struct err *e) MUST_CHECK;

#endif
