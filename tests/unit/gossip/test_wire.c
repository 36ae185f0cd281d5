/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagrams and streams of two clusters of Alertmanager 0.33.1, one with a label (tests/golden/gossip/wire.txt): read, and
 * written again as the same bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "datagram.h"
#include "gossip/stream.h"
#include "lzw.h"
#include "message.h"
#include "msgpack.h"
#include "suite.h"

static unsigned char
nibble(char c)
{
	return (unsigned char)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static struct str
unhex(const char *s)
{
	size_t n = strlen(s) / 2;
	char *p = mem_alloc(n + 1);

	for (size_t i = 0; i < n; i++)
		p[i] = (char)(nibble(s[2 * i]) << 4 | nibble(s[2 * i + 1]));
	return (struct str){ p, n };
}

/* Calls `each` for every line of that kind; how many there are. */
static unsigned
golden(const char *kind, void (*each)(struct str label, struct str bytes))
{
	FILE *f = fopen(TEST_GOLDEN_DIR "/gossip/wire.txt", "r");
	char *line = NULL;
	size_t cap = 0;
	unsigned n = 0;

	ck_assert_ptr_nonnull(f);
	while (getline(&line, &cap, f) > 0) {
		char *what = strtok(line, " "), *label = strtok(NULL, " "), *hex = strtok(NULL, "\n");
		struct str bytes;

		if (strcmp(what, kind) != 0)
			continue;
		bytes = unhex(hex);
		each(strcmp(label, "-") == 0 ? STR_NONE : str_from(label), bytes);
		mem_free((void *)(uintptr_t)bytes.p);
		n++;
	}
	free(line);
	fclose(f);
	return n;
}

static unsigned types_seen;

static void
message_comes_back(struct str in)
{
	enum message_type type = (unsigned char)in.p[0];
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct message m;
	struct err e = { 0 };
	size_t used;

	types_seen |= 1u << type;
	if (type == MESSAGE_USER)
		return;
	ck_assert_msg(message_get(str_sub(in, 1, in.n), type, &m, &used, &e), "%d: %s", (int)type, e.text);
	ck_assert_uint_eq(used, in.n - 1);
	/* Nothing and no bytes are two things in Go, and one to us. */
	if (memchr(in.p, 0xc0, in.n) == NULL) {
		message_put(&b, &m);
		ck_assert(str_eq(sbuf_get(&b), in));
	}
	sbuf_fini(&b);
}

static void
datagram_comes_back(struct str label, struct str bytes)
{
	struct datagram d;
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct err e = { 0 };
	bool crc = bytes.p[label.n > 0 ? 2 + label.n : 0] == MESSAGE_CRC;

	ck_assert_msg(datagram_get(bytes, label, &d, &e), "%s", e.text);
	ck_assert_uint_gt(d.n, 0);
	for (size_t i = 0; i < d.n; i++)
		message_comes_back(d.messages[i]);
	datagram_put(&b, label, crc, d.messages, d.n);
	ck_assert(str_eq(sbuf_get(&b), bytes));
	datagram_fini(&d);
	ck_assert(!datagram_get(bytes, STR("other"), &d, &e));
	datagram_fini(&d);
	sbuf_fini(&b);
}

START_TEST(datagrams_come_back)
{
	types_seen = 0;
	ck_assert_uint_gt(golden("datagram", datagram_comes_back), 30);
	for (int type = MESSAGE_PING; type <= MESSAGE_DEAD; type++)
		ck_assert_msg(types_seen >> type & 1, "type %d", type);
	ck_assert(types_seen >> MESSAGE_USER & 1);
	ck_assert(types_seen >> MESSAGE_NACK & 1);
}
END_TEST

/* However it arrives, a stream's message is whole with its last byte. */
static void
scans(struct str bytes)
{
	struct gossip_scan scan = { 0 }, at_once = { 0 };
	struct err e = { 0 };

	for (size_t n = 0; n < bytes.n; n++)
		ck_assert_int_eq(gossip_scan(&scan, str_sub(bytes, 0, n), &e), GOSSIP_MORE);
	ck_assert_int_eq(gossip_scan(&scan, bytes, &e), GOSSIP_WHOLE);
	ck_assert_int_eq(gossip_scan(&at_once, bytes, &e), GOSSIP_WHOLE);
}

static void
stream_comes_back(struct str label, struct str bytes)
{
	struct sbuf plain = SBUF_INIT(GOSSIP_STREAM_MAX), again = SBUF_INIT(SBUF_UNLIMITED), small = SBUF_INIT(8);
	struct err e = { 0 };

	scans(bytes);
	ck_assert_msg(gossip_stream_get(&plain, bytes, label, &e), "%s", e.text);
	scans(sbuf_get(&plain));
	gossip_stream_put(&again, label, sbuf_get(&plain));
	ck_assert(str_eq(sbuf_get(&again), bytes));
	ck_assert(!gossip_stream_get(&small, bytes, label, &e));
	ck_assert_int_eq(e.kind, ERR_LIMIT);
	types_seen |= 1u << plain.p[0];
	sbuf_fini(&plain);
	sbuf_fini(&again);
	sbuf_fini(&small);
}

static void
answer_comes_back(struct str label, struct str bytes)
{
	(void)label;
	stream_comes_back(STR_NONE, bytes);
}

START_TEST(streams_come_back)
{
	types_seen = 0;
	ck_assert_uint_gt(golden("stream", stream_comes_back), 5);
	ck_assert_uint_gt(golden("answer", answer_comes_back), 5);
	ck_assert(types_seen >> MESSAGE_PUSH_PULL & 1);
	ck_assert(types_seen >> MESSAGE_USER & 1);
	ck_assert(types_seen >> MESSAGE_PING & 1);
}
END_TEST

static void
lzw_comes_back(struct str in)
{
	struct sbuf packed = SBUF_INIT(SBUF_UNLIMITED), out = SBUF_INIT(in.n);
	struct err e = { 0 };

	lzw_pack(&packed, in);
	ck_assert_msg(lzw_unpack(&out, sbuf_get(&packed), &e), "%s", e.text);
	ck_assert(str_eq(sbuf_get(&out), in));
	if (in.n > 0) {
		struct sbuf less = SBUF_INIT(in.n - 1);

		ck_assert(!lzw_unpack(&less, sbuf_get(&packed), &e));
		ck_assert_int_eq(e.kind, ERR_LIMIT);
		ck_assert(!lzw_unpack(&out, str_sub(sbuf_get(&packed), 0, packed.n - 2), &e));
		sbuf_fini(&less);
	}
	sbuf_fini(&packed);
	sbuf_fini(&out);
}

START_TEST(compression_comes_back)
{
	static char same[100000], noise[100000], text[100000];

	memset(same, 'a', sizeof(same));
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)(i * UINT32_C(2654435761) >> 13);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "silences and notification log\n"[(i + i / 97) % 30];
	for (size_t n = 0; n < 600; n += 7)
		lzw_comes_back((struct str){ text, n });
	lzw_comes_back((struct str){ same, sizeof(same) });
	lzw_comes_back((struct str){ noise, sizeof(noise) });
	lzw_comes_back((struct str){ text, sizeof(text) });
}
END_TEST

START_TEST(a_bomb_does_not_unfold)
{
	static char zeros[1 << 20];
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct datagram d;
	struct err e = { 0 };

	compressed_put(&b, (struct str){ zeros, sizeof(zeros) });
	ck_assert_uint_lt(b.n, 65536);
	ck_assert(!datagram_get(sbuf_get(&b), STR_NONE, &d, &e));
	ck_assert_int_eq(e.kind, ERR_LIMIT);
	datagram_fini(&d);
	sbuf_fini(&b);
}
END_TEST

/* Layers come once each: a message that is compressed twice is of an unknown type. */
START_TEST(layers_do_not_nest)
{
	struct sbuf one = SBUF_INIT(SBUF_UNLIMITED), two = SBUF_INIT(SBUF_UNLIMITED);
	struct datagram d;
	struct err e = { 0 };

	compressed_put(&one, STR("\x08 change"));
	compressed_put(&two, sbuf_get(&one));
	ck_assert(datagram_get(sbuf_get(&two), STR_NONE, &d, &e));
	ck_assert_uint_eq(d.n, 1);
	ck_assert_int_eq(d.messages[0].p[0], MESSAGE_COMPRESS);
	datagram_fini(&d);
	sbuf_fini(&one);
	sbuf_fini(&two);
}
END_TEST

static bool
reads(struct str fields, enum message_type type, struct message *m)
{
	struct err e = { 0 };
	size_t used;

	return message_get(fields, type, m, &used, &e);
}

START_TEST(fields_of_other_versions)
{
	struct message m;

	/* An unknown field is passed over, text may be of the newer types, nothing is empty, numbers of any width. */
	ck_assert(reads(STR("\x83\xa5SeqNo\xd2\0\0\1\2\xa4What\x92\x81\1\2\xcb\0\0\0\0\0\0\0\0\xa4Node\xd9\1x"), MESSAGE_PING, &m));
	ck_assert_uint_eq(m.seq, 258);
	ck_assert(str_is(m.node, "x"));
	ck_assert(reads(STR("\x82\xa5SeqNo\xcf\0\0\0\0\0\0\0\7\xa7Payload\xc0"), MESSAGE_ACK, &m));
	ck_assert_uint_eq(m.seq, 7);
	ck_assert(reads(STR("\xde\0\1\xa4Node\xc4\2ab"), MESSAGE_DEAD, &m));
	ck_assert(str_is(m.node, "ab"));
}
END_TEST

START_TEST(malformed_fields)
{
	struct message m;

	ck_assert(!reads(STR(""), MESSAGE_PING, &m));
	ck_assert(!reads(STR("\x81\xa5SeqNo"), MESSAGE_PING, &m));
	ck_assert(!reads(STR("\x81\xa5SeqNo\xff"), MESSAGE_PING, &m));	/* below zero */
	ck_assert(!reads(STR("\x81\xa5SeqNo\xd0\xff"), MESSAGE_PING, &m));
	ck_assert(!reads(STR("\x81\xa5SeqNo\xcf\0\0\0\1\0\0\0\0"), MESSAGE_PING, &m));
	ck_assert(!reads(STR("\x81\xa4Port\xce\0\1\0\0"), MESSAGE_ALIVE, &m));
	ck_assert(!reads(STR("\x81\xa4Node\7"), MESSAGE_DEAD, &m));
	ck_assert(!reads(STR("\x81\xa4Node\xdb\xff\xff\xff\xffx"), MESSAGE_DEAD, &m));
	ck_assert(!reads(STR("\xdf\xff\xff\xff\xff\xa4Node\xa1x"), MESSAGE_DEAD, &m));
	ck_assert(!reads(STR("\x81\xa4What\xdd\xff\xff\xff\xff"), MESSAGE_DEAD, &m));
	ck_assert(!reads(STR("\x81\xa4What\xc1"), MESSAGE_DEAD, &m));
	ck_assert(!reads(STR("\x81\7\7"), MESSAGE_DEAD, &m));
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, datagrams_come_back);
	tcase_add_test(tc, streams_come_back);
	tcase_add_test(tc, compression_comes_back);
	tcase_add_test(tc, a_bomb_does_not_unfold);
	tcase_add_test(tc, layers_do_not_nest);
	tcase_add_test(tc, fields_of_other_versions);
	tcase_add_test(tc, malformed_fields);
}

int
main(void)
{
	return run_suite("wire", add);
}
