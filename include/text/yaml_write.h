/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/yaml_write.h - YAML in the shape of yaml.v2's Marshal.
 *
 *	yaml_writer_init(&w, &out);
 *	yaml_map_begin(&w);
 *	yaml_key(&w, STR("route"));
 *	yaml_map_begin(&w);
 *	yaml_put_str(&w, "receiver", STR("a"));
 *	yaml_map_end(&w);
 *	yaml_map_end(&w);
 *
 * Two blanks of indentation, sequences not indented; empty maps and sequences
 * as {} and []. Strings are plain where they read back as the same string,
 * double-quoted where they would be taken for another type, literal blocks
 * when they have several lines, else single- or double-quoted as needed. Lines
 * are folded at 80 columns where a scalar's style allows it. Strings that are
 * no UTF-8 become !!binary.
 *
 * Text may reach the buffer late: only when the outermost value has ended is
 * all of it there, and the writer's memory freed. So whatever was begun has to
 * be ended, also after the buffer has overflowed.
 */
#ifndef TEXT_YAML_WRITE_H
#define TEXT_YAML_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sbuf.h"
#include "base/str.h"

/* The members are the writer's. */
struct yaml_writer {
	struct sbuf *b;		/* borrowed */
	struct yaml_output *emitter;
	unsigned depth;
};

/* Ready for one document; nothing is allocated before its first value. */
void yaml_writer_init(struct yaml_writer *w, struct sbuf *b);
void yaml_map_begin(struct yaml_writer *w);
void yaml_map_end(struct yaml_writer *w);
void yaml_seq_begin(struct yaml_writer *w);
/* [a, b] */
void yaml_flow_seq_begin(struct yaml_writer *w);
void yaml_seq_end(struct yaml_writer *w);
void yaml_key(struct yaml_writer *w, struct str key);

void yaml_str(struct yaml_writer *w, struct str s);
void yaml_int(struct yaml_writer *w, int64_t v);
void yaml_double(struct yaml_writer *w, double v);
void yaml_bool(struct yaml_writer *w, bool v);
void yaml_null(struct yaml_writer *w);
/* A scalar that is plain wherever YAML can write it so, whatever type it would be read as. */
void yaml_raw(struct yaml_writer *w, struct str text);

/* A key and its value. */
void yaml_put_str(struct yaml_writer *w, const char *key, struct str v);
void yaml_put_bool(struct yaml_writer *w, const char *key, bool v);

#endif
