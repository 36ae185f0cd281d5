/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/proto.h (private) - the little of Protocol Buffers that we need.
 *
 * Source: protobuf.dev/programming-guides/encoding. Fields are written in the
 * order of the calls; zero values are the caller's to leave out.
 */
#ifndef WIRE_PROTO_H
#define WIRE_PROTO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/time.h"

void proto_varint(struct sbuf *b, uint64_t v);
void proto_uint(struct sbuf *b, unsigned field, uint64_t v);
void proto_double(struct sbuf *b, unsigned field, double v);
void proto_bytes(struct sbuf *b, unsigned field, struct str v);
/* The head of a message of n bytes, which follow; and how many a field of n bytes takes. */
void proto_begin(struct sbuf *b, unsigned field, size_t n);
size_t proto_bytes_size(unsigned field, size_t n);
/* The bytes of a field are what is appended between the two; the latter gets what the former returned. They may nest. */
size_t proto_open(struct sbuf *b, unsigned field);
void proto_close(struct sbuf *b, size_t opened);
/* A google.protobuf.Timestamp. */
void proto_time(struct sbuf *b, unsigned field, struct wall t);

struct proto_reader {
	struct str rest;
	bool bad;		/* malformed from here on */
};

/* One field as it stands. */
struct proto_field {
	unsigned number;
	unsigned type;		/* 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes */
	uint64_t u;		/* types 0, 1, 5 */
	struct str bytes;	/* type 2: a slice of the input */
	struct str raw;		/* all of it, with its head: another slice */
};

/* False at the end or when the rest is malformed (then r->bad). */
bool proto_next(struct proto_reader *r, struct proto_field *f);
/* A varint by itself, as in packed lists and length prefixes. */
bool proto_read_varint(struct proto_reader *r, uint64_t *out);
/* Splits off a length-delimited record (length prefix as varint). */
bool proto_read_record(struct proto_reader *r, struct str *out);
/* A Timestamp message; false when malformed. */
bool proto_read_time(struct str bytes, struct wall *out) MUST_CHECK;
double proto_as_double(uint64_t bits);

#endif
