/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams and streams over TLS: who comes in, how many, what they may say, and whose certificates count. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/mem.h"
#include "door.h"
#include "frames.h"
#include "lib_sockets.h"
#include "lib_tls.h"
#include "lines.h"
#include "loop/clock_real.h"
#include "net.h"
#include "secure.h"
#include "suite.h"

static struct {
	struct event_base *base;
	struct clock clock;
	struct mono now;
	struct log log;
	struct secure *secure;
	struct door *door;
	struct lines *lines;
	struct gossip_address at, from;
	char *cert, *key, *conf; /* paths */
	size_t packets, streams, bad, errors_logged;
	char packet[100], why[200];
	struct bufferevent *stream;
} rig;

static struct moment
now(struct clock *c)
{
	struct moment m = clock_real()->now(clock_real());

	(void)c;
	m.mono = rig.now;
	return m;
}

static void
on_line(void *arg, const char *line, size_t n)
{
	struct str s = { line, n };

	(void)arg;
	rig.errors_logged += str_find(s, STR("level=ERROR")) < n;
}

static void
on_packet(void *arg, const struct gossip_address *from, struct str packet)
{
	(void)arg;
	rig.packets++;
	rig.from = *from;
	snprintf(rig.packet, sizeof(rig.packet), "%.*s", STR_ARG(packet));
}

static void
on_stream(void *arg, struct bufferevent *bev, const struct gossip_address *from)
{
	(void)arg;
	(void)from;
	rig.streams++;
	rig.stream = bev;
}

static void
on_bad(void *arg, const struct gossip_address *from, struct str why)
{
	(void)arg;
	(void)from;
	rig.bad++;
	snprintf(rig.why, sizeof(rig.why), "%.*s", STR_ARG(why));
}

/* Writes a file anew: another one, as those are looked for. */
static void
put_file(const char *path, const char *text)
{
	char other[200];
	FILE *f;

	snprintf(other, sizeof(other), "%s.new", path);
	f = fopen(other, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(rename(other, path), 0);
}

static void
start(span timeout)
{
	struct door_options o = { .timeout = timeout, .packet = on_packet, .stream = on_stream, .bad = on_bad };
	struct err e = { 0 };
	char text[500], *cert, *key;

	memset(&rig, 0, sizeof(rig));
	rig.clock.now = now;
	rig.log = (struct log){ .level = LOG_INFO, .clock = &rig.clock, .write = on_line };
	rig.base = o.base = event_base_new();
	test_certificate("member", true, &cert, &key);
	rig.cert = test_file(cert);
	rig.key = test_file(key);
	mem_free(cert);
	mem_free(key);
	snprintf(text, sizeof(text), "tls_server_config: {cert_file: %s, key_file: %s}\ntls_client_config: {ca_file: %s}\n", rig.cert,
	    rig.key, rig.cert);
	rig.conf = test_file(text);
	rig.secure = o.secure = secure_new(rig.base, &rig.clock, &rig.log, str_from(rig.conf), &e);
	ck_assert_msg(rig.secure != NULL, "%s", e.text);
	rig.door = door_new(&o, listening(&rig.at), &e);
	ck_assert_msg(rig.door != NULL, "%s", e.text);
	rig.lines = lines_new(rig.base, rig.secure, &rig.log, 60 * SPAN_S);
}

static void
forget_file(char *path)
{
	unlink(path);
	mem_free(path);
}

static void
stop(void)
{
	if (rig.stream != NULL)
		bufferevent_free(rig.stream);
	lines_free(&rig.lines);
	door_free(&rig.door);
	secure_free(&rig.secure);
	event_base_free(rig.base);
	forget_file(rig.cert);
	forget_file(rig.key);
	forget_file(rig.conf);
}

static void
until(const size_t *what, size_t n)
{
	while (*what < n)
		event_base_loop(rig.base, EVLOOP_ONCE);
}

static void
until_lines_failed(uint64_t n)
{
	while (lines_figures(rig.lines).errors < n)
		event_base_loop(rig.base, EVLOOP_ONCE);
}

static struct gossip_address
elsewhere(void)
{
	struct gossip_address a;

	ck_assert(net_parse_ip(STR("10.1.2.3"), 9094, &a));
	return a;
}

START_TEST(packets_share_a_connection)
{
	struct gossip_address from = elsewhere();

	start(60 * SPAN_S);
	lines_send(rig.lines, &from, &rig.at, STR("one"));
	lines_send(rig.lines, &from, &rig.at, STR("two"));
	until(&rig.packets, 2);
	lines_send(rig.lines, &from, &rig.at, STR("three"));
	until(&rig.packets, 3);
	ck_assert_str_eq(rig.packet, "three");
	ck_assert(gossip_address_eq(&rig.from, &from));
	ck_assert_uint_eq(lines_figures(rig.lines).bytes, 11);
	ck_assert_uint_eq(door_figures(rig.door).packet_bytes, 11);
	ck_assert_uint_eq(rig.bad + door_figures(rig.door).errors + lines_figures(rig.lines).errors, 0);
	stop();
}
END_TEST

START_TEST(a_member_that_is_not_there)
{
	struct gossip_address from = elsewhere(), nobody;

	start(60 * SPAN_S);
	close(listening(&nobody));
	lines_send(rig.lines, &from, &nobody, STR("one"));
	until_lines_failed(1);
	/* The next one is another try. */
	lines_send(rig.lines, &from, &nobody, STR("two"));
	until_lines_failed(2);
	stop();
}
END_TEST

/* Only so much waits for one that takes nothing; the rest is lost, as datagrams are. */
START_TEST(a_member_that_does_not_listen)
{
	static char much[60000];
	struct gossip_address from = elsewhere(), silent;
	int fd;

	start(60 * SPAN_S);
	fd = listening(&silent);
	for (int i = 0; i < 100; i++) {
		lines_send(rig.lines, &from, &silent, (struct str){ much, sizeof(much) });
		event_base_loop(rig.base, EVLOOP_NONBLOCK);
	}
	ck_assert_uint_le(lines_figures(rig.lines).bytes, 256 << 10);
	ck_assert_uint_gt(lines_figures(rig.lines).bytes, 0);
	close(fd);
	stop();
}
END_TEST

static struct bufferevent *
dial(struct str first)
{
	struct bufferevent *bev = secure_dial(rig.secure, &rig.at);

	ck_assert_ptr_nonnull(bev);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
	secure_put(bev, first);
	ck_assert(net_connect(bev, &rig.at));
	return bev;
}

START_TEST(a_stream_begins)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct frame f = { .kind = FRAME_STREAM };
	struct bufferevent *bev;
	char got[4];

	start(60 * SPAN_S);
	frame_put(&b, &f);
	sbuf_puts(&b, "rest");
	bev = dial(sbuf_get(&b));
	until(&rig.streams, 1);
	ck_assert_int_eq(evbuffer_remove(bufferevent_get_input(rig.stream), got, 4), 4);
	ck_assert_int_eq(memcmp(got, "rest", 4), 0);
	ck_assert_uint_eq(door_figures(rig.door).streams, 1);
	bufferevent_free(bev);
	sbuf_fini(&b);
	stop();
}
END_TEST

static const struct {
	struct str bytes;
	const char *why;
} nonsense[] = {
	{ { "\xff\xff\xff\x7f", 4 }, "a frame that is too long" },
	{ { "\2\0\0\0\xff\xff", 6 }, "a malformed frame" },
	{ { "\0\0\0\0", 4 }, "tls memberlist message version incompatible" },
};

START_TEST(nonsense_is_refused)
{
	struct bufferevent *bev;

	start(60 * SPAN_S);
	bev = dial(nonsense[_i].bytes);
	until(&rig.bad, 1);
	ck_assert_str_eq(rig.why, nonsense[_i].why);
	ck_assert_uint_eq(door_figures(rig.door).errors, 1);
	bufferevent_free(bev);
	stop();
}
END_TEST

START_TEST(who_does_not_speak_tls_is_refused)
{
	int fd;

	start(60 * SPAN_S);
	fd = dial_plain(&rig.at);
	ck_assert_int_gt(send(fd, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL), 0);
	until(&rig.bad, 1);
	ck_assert_msg(strncmp(rig.why, "tls: ", 5) == 0, "%s", rig.why);
	close(fd);
	stop();
}
END_TEST

START_TEST(who_says_nothing_is_closed)
{
	int fd;

	start(50 * SPAN_MS);
	fd = dial_plain(&rig.at);
	until(&rig.bad, 1);
	ck_assert_str_eq(rig.why, "i/o timeout");
	close(fd);
	stop();
}
END_TEST

START_TEST(strangers_are_counted)
{
	int fds[260];

	start(600 * SPAN_S);
	for (size_t i = 0; i < 260; i++)
		fds[i] = dial_plain(&rig.at);
	until(&rig.bad, 4);
	ck_assert_str_eq(rig.why, "too many connections at once");
	ck_assert_uint_eq(rig.bad, 4);
	for (size_t i = 0; i < 260; i++)
		close(fds[i]);
	stop();
}
END_TEST

/* Files that cannot be read any more leave what was in force; others take its place. */
START_TEST(certificates_that_change)
{
	struct gossip_address from = elsewhere();
	char *cert, *key;

	start(60 * SPAN_S);
	put_file(rig.conf, "tls_server_config: {cert_file: /nowhere}\n");
	rig.now.ns += 2 * SPAN_S;
	lines_send(rig.lines, &from, &rig.at, STR("one"));
	until(&rig.packets, 1);
	ck_assert_uint_eq(rig.errors_logged, 1);
	rig.now.ns += 2 * SPAN_S;
	close(dial_plain(&rig.at));
	until(&rig.bad, 1);
	ck_assert_uint_eq(rig.errors_logged, 1); /* it was said */
	/* A certificate that the authority does not know. */
	lines_free(&rig.lines);
	rig.lines = lines_new(rig.base, rig.secure, &rig.log, 60 * SPAN_S);
	test_certificate("another", true, &cert, &key);
	{
		char *other = test_file(cert), *other_key = test_file(key), text[500];

		snprintf(text, sizeof(text), "tls_server_config: {cert_file: %s, key_file: %s}\ntls_client_config: {ca_file: %s}\n", other,
		    other_key, rig.cert);
		put_file(rig.conf, text);
		rig.now.ns += 2 * SPAN_S;
		lines_send(rig.lines, &from, &rig.at, STR("two"));
		until_lines_failed(1);
		ck_assert_uint_eq(rig.packets, 1);
		forget_file(other);
		forget_file(other_key);
	}
	mem_free(cert);
	mem_free(key);
	stop();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, packets_share_a_connection);
	tcase_add_test(tc, a_member_that_is_not_there);
	tcase_add_test(tc, a_member_that_does_not_listen);
	tcase_add_test(tc, a_stream_begins);
	tcase_add_loop_test(tc, nonsense_is_refused, 0, ARRAY_LEN(nonsense));
	tcase_add_test(tc, who_does_not_speak_tls_is_refused);
	tcase_add_test(tc, who_says_nothing_is_closed);
	tcase_add_test(tc, strangers_are_counted);
	tcase_add_test(tc, certificates_that_change);
}

int
main(void)
{
	return run_suite("peer/door", add);
}
