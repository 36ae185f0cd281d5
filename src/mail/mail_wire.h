/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail/mail_wire.h - what parent and mail worker say to each other.
 *
 * Frames over a socketpair between two processes of the same program: a
 * length, a kind, and the members in order, all in the machine's own form.
 */
#ifndef MAIL_MAIL_WIRE_H
#define MAIL_MAIL_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/time.h"
#include "notify/notifier.h"

enum frame_kind {
	FRAME_JOB,		/* to the worker */
	FRAME_CONNECTED,	/* from it: the server answers */
	FRAME_RESULT,		/* from it, once per job */
	FRAME_FREE,		/* from it: when it has started and after a result with WORKER_QUITS, it can take a job */
	FRAME_MAY,		/* from it, once for a job that is gated: may the message be ended? */
	FRAME_GO,		/* to the worker: it may */
	FRAME_LEAVE,		/* to one that keeps a session: end it, and say FREE */
	FRAMES,
};

/* The further way of a worker after it told a result. */
enum worker_next {
	WORKER_FREE,	/* waits for a job */
	WORKER_QUITS,	/* takes leave of the server, then says that it is free */
	WORKER_KEEPS,	/* keeps the session, for a job that is the same but for its message and recipients, or for LEAVE */
	WORKER_ENDS,
};

#define FRAME_HEAD 5		/* bytes: u32 length of what follows the head, u8 kind */
#define FRAME_MAX ((size_t)128 << 20)

struct mail_job {
	struct mail_request r;
	span time;		/* left for it */
	bool gated;
};

struct mail_result {
	bool ok;		/* the message was taken for all or some recipients */
	struct str error;
	int code;		/* final reply to the message; 0: not reached */
	bool begun;		/* the server has asked for the message */
	bool auth_refused;	/* it did not take the password */
	enum worker_next next;
	const int *codes;	/* per recipient */
	size_t codes_n;
};

/* The part of a job that is the same for all mails of one session. */
void mail_wire_session(struct sbuf *b, const struct mail_request *r);
/* All but the message, which is long: its bytes and a zero behind them are to follow. */
void mail_wire_job(struct sbuf *b, const struct mail_request *r, span time);
/* One that has nothing to say but its kind. */
void mail_wire_word(struct sbuf *b, enum frame_kind kind);
void mail_wire_result(struct sbuf *b, const struct mail_result *r);

/* False: not a whole head yet, or (with *bad set) nonsense. */
bool mail_wire_head(struct str bytes, enum frame_kind *kind, size_t *length, bool *bad);
/* Reads the part behind the head; strings are slices of it, arrays are in a. False: nonsense. */
bool mail_wire_read_job(struct str payload, struct arena *a, struct mail_job *out) MUST_CHECK;
bool mail_wire_read_result(struct str payload, struct arena *a, struct mail_result *out) MUST_CHECK;

#endif
