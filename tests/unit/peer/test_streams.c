/* SPDX-License-Identifier: Apache-2.0 */
/* Connections of members: how many there may be, how long they may take, and what they may send. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"
#include "base/rand.h"
#include "gossip/stream.h"
#include "lib_sockets.h"
#include "loop/clock_real.h"
#include "net.h"
#include "packing.h"
#include "streams.h"
#include "suite.h"

/* A user message of 3 bytes, as it goes out plain. */
#define USER "\x08\x81\xaaUserMsgLen\x03"
#define MESSAGE USER "abc"

static struct {
	struct event_base *base;
	struct streams *streams;
	struct gossip_address at;
	size_t requests, gone, dialled, answers, failed, bad, reply_n;
	uint64_t last;
	bool replies, keeps;
	char why[200], message[100];
	size_t message_n;
	struct kept *kept;
	struct str kept_bytes;
} rig;

static void
reply(uint64_t stream, struct str message)
{
	struct gossip_pieces whole = { .v = { message }, .n = message.n > 0 };

	streams_reply(rig.streams, stream, &whole);
}

static void
call(uint64_t number, const struct gossip_address *to, struct str message, bool answered, struct mono deadline)
{
	struct gossip_pieces whole = { .v = { message }, .n = 1 };

	streams_call(rig.streams, number, to, &whole, answered, deadline);
}

static void
on_request(void *arg, uint64_t stream, struct str message)
{
	static char large[300000];

	(void)arg;
	rig.requests++;
	rig.last = stream;
	rig.message_n = message.n;
	memcpy(rig.message, message.p, message.n < sizeof(rig.message) ? message.n : sizeof(rig.message));
	if (rig.replies)
		reply(stream, (struct str){ large, rig.reply_n });
}

static void
on_request_gone(void *arg, uint64_t stream)
{
	(void)arg;
	ck_assert_uint_eq(stream, rig.last);
	rig.gone++;
}

static void
on_dialled(void *arg, uint64_t call)
{
	(void)arg;
	rig.dialled++;
	rig.last = call;
}

static void
on_answer(void *arg, uint64_t call, struct str message)
{
	(void)arg;
	rig.answers++;
	rig.last = call;
	rig.message_n = message.n;
	if (!rig.keeps)
		return;
	/* The first part finds no room and is let go: the others are still there. */
	kept_drop(streams_keep(rig.streams));
	nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	ck_assert_int_eq(message.p[message.n - 1], 0);
	rig.kept = streams_keep(rig.streams);
	rig.kept_bytes = message;
}

static void
on_gone(void *arg, uint64_t call, struct str why)
{
	(void)arg;
	rig.failed++;
	rig.last = call;
	snprintf(rig.why, sizeof(rig.why), "%.*s", STR_ARG(why));
}

static void
on_bad(void *arg, const struct gossip_address *from, struct str why)
{
	(void)arg;
	(void)from;
	rig.bad++;
	snprintf(rig.why, sizeof(rig.why), "%.*s", STR_ARG(why));
}

static void
start(span timeout)
{
	struct streams_options o = { .clock = clock_real(), .label = STR(""), .timeout = timeout, .request = on_request,
		.request_gone = on_request_gone, .dialled = on_dialled, .answer = on_answer, .gone = on_gone, .bad = on_bad };
	struct err e = { 0 };
	int fd;

	memset(&rig, 0, sizeof(rig));
	rig.base = o.base = event_base_new();
	fd = listening(&rig.at);
	rig.streams = streams_new(&o, fd, &e);
	ck_assert_msg(rig.streams != NULL, "%s", e.text);
}

static void
stop(void)
{
	streams_free(&rig.streams);
	event_base_free(rig.base);
}

/* Until *n is `wanted`; a check of its own bounds the time. */
static void
until(const size_t *n, size_t wanted)
{
	while (*n < wanted)
		event_base_loop(rig.base, EVLOOP_ONCE);
}

/* All that is ready. */
static void
turn(void)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
}

static int
dial(void)
{
	int fd = dial_plain(&rig.at);

	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static void
on_time(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	*(bool *)arg = true;
}

static void
say(int fd, const char *bytes, size_t n)
{
	ck_assert_int_eq(send(fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
}

/* Until the other side has closed; returns what came before. */
static size_t
drain(int fd)
{
	static char bytes[65536];
	size_t all = 0;

	for (;;) {
		ssize_t n = recv(fd, bytes, sizeof(bytes), 0);

		if (n == 0 || (n < 0 && errno != EAGAIN))
			break;
		all += n > 0 ? (size_t)n : 0;
		if (n < 0)
			event_base_loop(rig.base, EVLOOP_NONBLOCK);
	}
	close(fd);
	return all;
}

START_TEST(a_message_by_single_bytes)
{
	int fd;

	start(60 * SPAN_S);
	fd = dial();
	for (size_t i = 0; i < sizeof(MESSAGE) - 1; i++) {
		ck_assert_uint_eq(rig.requests, 0);
		say(fd, MESSAGE + i, 1);
		turn();
	}
	until(&rig.requests, 1);
	ck_assert(rig.message_n == sizeof(MESSAGE) - 1 && memcmp(rig.message, MESSAGE, rig.message_n) == 0);
	reply(rig.last, STR_NONE);
	ck_assert_uint_eq(drain(fd), 0);
	ck_assert_uint_eq(rig.bad + rig.gone, 0);
	stop();
}
END_TEST

START_TEST(who_says_too_little_is_closed)
{
	int fd;

	start(50 * SPAN_MS);
	fd = dial();
	say(fd, MESSAGE, 5);
	ck_assert_uint_eq(drain(fd), 0);
	ck_assert_uint_eq(rig.requests, 0);
	ck_assert_uint_eq(rig.bad, 1);
	ck_assert_str_eq(rig.why, "i/o timeout: 5 bytes came, which are not the whole message");
	stop();
}
END_TEST

START_TEST(dripping_does_not_put_the_end_off)
{
	static const char head[] = "\x08\x81\xaaUserMsgLen\xce\x02\x00\x00\x00"; /* 32 MiB are to come */
	size_t said = 0;
	int fd;

	start(100 * SPAN_MS);
	fd = dial();
	say(fd, head, sizeof(head) - 1);
	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1 && recv(fd, (char[1]){ 0 }, 1, MSG_PEEK) != 0) {
		said++;
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
	}
	close(fd);
	ck_assert_uint_lt(said, 32 << 20);
	ck_assert_uint_eq(rig.requests, 0);
	stop();
}
END_TEST

START_TEST(one_that_goes_while_its_answer_is_made)
{
	int fd;

	start(60 * SPAN_S);
	fd = dial();
	say(fd, MESSAGE, sizeof(MESSAGE) - 1);
	until(&rig.requests, 1);
	streams_free(&rig.streams); /* also: nothing is called any more */
	ck_assert_uint_eq(rig.gone, 0);
	close(fd);
	event_base_free(rig.base);

	start(50 * SPAN_MS);
	fd = dial();
	say(fd, MESSAGE, sizeof(MESSAGE) - 1);
	until(&rig.gone, 1); /* nobody replies in time */
	reply(rig.last, STR("late"));
	ck_assert_uint_eq(drain(fd), 0);
	stop();
}
END_TEST

START_TEST(a_large_answer)
{
	int fd;

	start(600 * SPAN_S);
	rig.replies = true;
	rig.reply_n = 300000; /* of zeros: packed by a thread */
	fd = dial();
	say(fd, MESSAGE, sizeof(MESSAGE) - 1);
	ck_assert_uint_gt(drain(fd), 100);
	ck_assert_uint_eq(rig.requests, 1);
	stop();
}
END_TEST

START_TEST(a_large_message_stays_while_it_is_delivered)
{
	struct mono now = clock_real()->now(clock_real()).mono;
	struct kept *first = NULL;

	start(60 * SPAN_S);
	rig.replies = rig.keeps = true;
	rig.reply_n = 300000;
	for (uint64_t i = 1; i <= 2; i++) {
		call(i, &rig.at, (struct str){ MESSAGE, sizeof(MESSAGE) - 1 }, true, mono_add(now, 600 * SPAN_S));
		until(&rig.answers, i);
		ck_assert_uint_eq(rig.message_n, 300000);
		/* And as long as somebody keeps it. */
		turn();
		ck_assert_int_eq(rig.kept_bytes.p[299999], 0);
		ck_assert_ptr_ne(rig.kept, first);
		if (i == 1)
			first = rig.kept;
	}
	kept_drop(first);
	kept_drop(rig.kept);
	stop();
}
END_TEST

/* Bytes that cannot be packed. */
static struct kept *
noise(size_t n)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct rand r;

	rand_seed(&r, 1);
	while (b.n < n)
		sbuf_putc(&b, (char)rand_below(&r, 256));
	return streams_own(rig.streams, &b);
}

#define ASKERS 5
#define STATE ((size_t)3 << 20)

/* Three pieces: what is lent stands in the middle. */
static void
reply_with(struct kept *state, uint64_t stream)
{
	struct gossip_pieces p = { .v = { STR("before"), kept_bytes(state), STR("behind") }, .n = 3 };

	streams_lend(rig.streams, &state, 1);
	streams_reply(rig.streams, stream, &p);
	streams_lend(rig.streams, NULL, 0);
}

START_TEST(one_state_for_many_who_ask)
{
	size_t n = 0, got[ASKERS] = { 0 };
	uint64_t streams[ASKERS];
	struct kept *state;
	int fds[ASKERS];

	start(600 * SPAN_S);
	state = noise(STATE);
	for (size_t i = 0; i < ASKERS; i++) {
		fds[i] = dial();
		say(fds[i], MESSAGE, sizeof(MESSAGE) - 1);
		until(&rig.requests, i + 1);
		streams[i] = rig.last;
	}
	for (size_t i = 0; i < ASKERS; i++)
		reply_with(state, streams[i]);
	kept_drop(state); /* it lasts as long as it is packed */
	/* None of them is read at first: nobody is waited for. */
	for (size_t i = 0; i < ASKERS; i++, n = got[0]) {
		got[i] = drain(fds[i]);
		ck_assert(got[i] > STATE && (n == 0 || n == got[i]));
	}
	ck_assert_uint_eq(rig.gone + rig.bad, 0);
	stop();
}
END_TEST

START_TEST(what_is_lent_outlives_who_asked)
{
	struct kept *state;
	int fd;

	start(600 * SPAN_S);
	state = noise(STATE);
	fd = dial();
	say(fd, MESSAGE, sizeof(MESSAGE) - 1);
	until(&rig.requests, 1);
	reply_with(state, rig.last);
	streams_free(&rig.streams); /* while it is being packed */
	ck_assert_uint_eq(kept_bytes(state).n, STATE);
	kept_drop(state);
	close(fd);
	event_base_free(rig.base);
}
END_TEST

/* Small as it comes, and large as it is; and the other way round: by the thread, both. */
START_TEST(packed_requests)
{
	struct sbuf plain = SBUF_INIT(SBUF_UNLIMITED), packed = SBUF_INIT(SBUF_UNLIMITED);
	size_t n = _i == 0 ? 200000 : 2000000, at = 0;
	int fd;

	start(600 * SPAN_S);
	if (_i == 0) {
		sbuf_puts(&plain, "\x08\x81\xaaUserMsgLen\xce");
		for (int shift = 24; shift >= 0; shift -= 8)
			sbuf_putc(&plain, (char)(n >> shift));
		for (size_t i = 0; i < n; i++)
			sbuf_putc(&plain, 'x');
		gossip_stream_put(&packed, STR_NONE, sbuf_get(&plain));
	} else {
		/* Codes that clear the dictionary, and nothing else. */
		sbuf_puts(&packed, "\x09\x82\xa4" "Algo");
		sbuf_putc(&packed, 0);
		sbuf_puts(&packed, "\xa3" "Buf\xdb");
		for (int shift = 24; shift >= 0; shift -= 8)
			sbuf_putc(&packed, (char)(n >> shift));
		for (size_t i = 0; i < n; i++)
			sbuf_putc(&packed, (char)((const unsigned char[]){ 0, 1, 2, 4, 8, 16, 32, 64, 128 }[i % 9]));
	}
	fd = dial();
	while (at < packed.n) {
		ssize_t sent = send(fd, packed.p + at, packed.n - at, MSG_NOSIGNAL);

		at += sent > 0 ? (size_t)sent : 0;
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
	}
	until(_i == 0 ? &rig.requests : &rig.bad, 1);
	if (_i == 0)
		ck_assert_uint_eq(rig.message_n, plain.n);
	else
		ck_assert_str_eq(rig.why, "compressed data ends early");
	close(fd);
	sbuf_fini(&plain);
	sbuf_fini(&packed);
	stop();
}
END_TEST

#define BYTES(text) { text, sizeof(text) - 1 }
static const struct str garbage[] = {
	BYTES("\xff"),
	BYTES("GET / HTTP/1.1\r\n"),
	BYTES("\x16\x03\x01\x02\x00\x01"), /* TLS */
	BYTES("\x06\xa0"),
	BYTES("\x08\x81\xaaUserMsgLen\xcf\xff\xff\xff\xff\xff\xff\xff\xff"),
	BYTES("\x08\x81\xaaUserMsgLen\xce\x7f\xff\xff\xff"), /* 2 GiB */
	BYTES("\x06\x83\xa5Nodes\x01\xacUserStateLen\xce\xff\xff\xff\xff\xa4Join\xc3\x80"),
	BYTES("\x09\x82\xa4" "Algo\x00\xa3" "Buf\xda\x00\x01x"), /* no LZW */
	BYTES("\xf4\x03" "abc" MESSAGE), /* the label of another cluster */
};

START_TEST(garbage_is_refused_at_once)
{
	int fd;

	start(600 * SPAN_S);
	fd = dial();
	say(fd, garbage[_i].p, garbage[_i].n);
	until(&rig.bad, 1);
	ck_assert_uint_eq(drain(fd), 0);
	ck_assert_uint_eq(rig.requests, 0);
	stop();
}
END_TEST

START_TEST(connections_are_counted)
{
	int fds[300];

	start(600 * SPAN_S);
	for (size_t i = 0; i < 300; i++) {
		fds[i] = dial();
		turn();
	}
	until(&rig.bad, 300 - 256);
	turn();
	ck_assert_uint_eq(rig.bad, 300 - 256);
	ck_assert_str_eq(rig.why, "too many connections at once");
	/* One goes, and there is room for one. */
	close(fds[0]);
	turn();
	close(fds[299]);
	fds[299] = dial();
	say(fds[299], MESSAGE, sizeof(MESSAGE) - 1);
	until(&rig.requests, 1);
	ck_assert_uint_eq(rig.bad, 300 - 256);
	for (size_t i = 1; i < 300; i++)
		close(fds[i]);
	stop();
}
END_TEST

/* A connection that comes then waits, and the loop does nothing meanwhile. */
START_TEST(no_descriptors_left_is_no_end)
{
	struct rlimit limit, low;
	bool over = false;
	int fd, next, rounds = 0;

	start(600 * SPAN_S);
	fd = dial();
	say(fd, MESSAGE, sizeof(MESSAGE) - 1);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	next = dup(0);
	close(next);
	low = (struct rlimit){ (rlim_t)next, limit.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
	event_base_once(rig.base, -1, EV_TIMEOUT, on_time, &over, &(struct timeval){ 0, 150000 });
	for (; !over; rounds++)
		event_base_loop(rig.base, EVLOOP_ONCE);
	ck_assert_int_lt(rounds, 20);
	ck_assert_uint_eq(rig.requests, 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	until(&rig.requests, 1);
	close(fd);
	stop();
}
END_TEST

START_TEST(calls_and_their_ends)
{
	struct mono now = clock_real()->now(clock_real()).mono;
	struct gossip_address nobody, silent;
	int fd;

	start(60 * SPAN_S);
	rig.replies = true;
	rig.reply_n = 10;
	call(1, &rig.at, (struct str){ MESSAGE, sizeof(MESSAGE) - 1 }, true, mono_add(now, 600 * SPAN_S));
	ck_assert_uint_eq(rig.answers, 0);
	until(&rig.answers, 1);
	ck_assert(rig.requests == 1 && rig.last == 1 && rig.message_n == 10);
	rig.reply_n = 0;
	call(2, &rig.at, (struct str){ MESSAGE, sizeof(MESSAGE) - 1 }, true, mono_add(now, 600 * SPAN_S));
	until(&rig.failed, 1);
	ck_assert_uint_eq(rig.last, 2);
	call(3, &rig.at, (struct str){ MESSAGE, sizeof(MESSAGE) - 1 }, false, mono_add(now, 600 * SPAN_S));
	until(&rig.answers, 2);
	/* Nobody is there. */
	close(listening(&nobody));
	call(4, &nobody, STR("x"), true, mono_add(now, 600 * SPAN_S));
	ck_assert_uint_eq(rig.failed, 1);
	until(&rig.failed, 2);
	ck_assert_uint_eq(rig.last, 4);
	/* Somebody is, and says nothing. */
	fd = listening(&silent);
	now = clock_real()->now(clock_real()).mono;
	call(5, &silent, STR("x"), true, mono_add(now, 50 * SPAN_MS));
	until(&rig.failed, 3);
	ck_assert_str_eq(rig.why, "i/o timeout");
	close(fd);
	stop();
}
END_TEST

/* The message comes when somebody is there to hear it. */
START_TEST(dialled_before_there_is_a_message)
{
	struct mono now = clock_real()->now(clock_real()).mono, end = mono_add(now, 600 * SPAN_S);
	struct gossip_address nobody, silent;
	int fd;

	start(60 * SPAN_S);
	rig.replies = true;
	rig.reply_n = 10;
	streams_dial(rig.streams, 1, &rig.at, end);
	ck_assert_uint_eq(rig.dialled, 0);
	until(&rig.dialled, 1);
	ck_assert(rig.last == 1 && rig.requests == 0);
	turn();
	call(1, &rig.at, (struct str){ MESSAGE, sizeof(MESSAGE) - 1 }, true, end);
	until(&rig.answers, 1);
	ck_assert(rig.requests == 1 && rig.last == 1 && rig.message_n == 10);
	/* Nobody is there: nothing has to be made. */
	close(listening(&nobody));
	streams_dial(rig.streams, 2, &nobody, end);
	ck_assert_uint_eq(rig.failed, 0);
	until(&rig.failed, 1);
	ck_assert(rig.last == 2 && rig.dialled == 1);
	/* The message never comes. */
	fd = listening(&silent);
	streams_dial(rig.streams, 3, &silent, mono_add(clock_real()->now(clock_real()).mono, 50 * SPAN_MS));
	until(&rig.failed, 2);
	ck_assert(rig.last == 3 && rig.dialled == 2);
	ck_assert_str_eq(rig.why, "i/o timeout");
	close(fd);
	stop();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, a_message_by_single_bytes);
	tcase_add_test(tc, who_says_too_little_is_closed);
	tcase_add_test(tc, dripping_does_not_put_the_end_off);
	tcase_add_test(tc, one_that_goes_while_its_answer_is_made);
	tcase_add_test(tc, a_large_answer);
	tcase_add_test(tc, a_large_message_stays_while_it_is_delivered);
	tcase_add_test(tc, one_state_for_many_who_ask);
	tcase_add_test(tc, what_is_lent_outlives_who_asked);
	tcase_add_loop_test(tc, packed_requests, 0, 2);
	tcase_add_loop_test(tc, garbage_is_refused_at_once, 0, ARRAY_LEN(garbage));
	tcase_add_test(tc, connections_are_counted);
	tcase_add_test(tc, no_descriptors_left_is_no_end);
	tcase_add_test(tc, calls_and_their_ends);
	tcase_add_test(tc, dialled_before_there_is_a_message);
}

int
main(void)
{
	return run_suite("peer/streams", add);
}
