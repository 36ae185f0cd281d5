/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frames.h (private) - what members say first on a connection with TLS, and each datagram that goes over one.
 *
 * A length of four bytes, the lowest first, and a message of Protocol Buffers (Alertmanager cluster/tls_connection.go): a
 * connection is a stream from its first frame on, or carries one datagram after the other. Any thread.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"

/* A datagram, with room for the address and what is around it. */
#define FRAME_MAX ((size_t)66000)
#define FRAME_HEAD 4

enum frame_kind { FRAME_STREAM, FRAME_PACKET };

struct frame {
	enum frame_kind kind;
	struct str from; /* "IP:port" where the sender listens; of a packet */
	struct str packet;
};

void frame_put(struct sbuf *out, const struct frame *f);
/* The length of the frame behind its first FRAME_HEAD bytes. */
size_t frame_length(const unsigned char head[FRAME_HEAD]);
/* A whole frame without its head; slices of `in`. */
bool frame_get(struct str in, struct frame *out, struct err *e) MUST_CHECK;

#endif
