/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datagram.h"
#include "lib_net.h"
#include "message.h"
#include "suite.h"

static struct net net;

/* n nodes that know the first one, and have found each other. */
static void
cluster(size_t n, uint64_t seed)
{
	net_init(&net, seed);
	for (size_t i = 0; i < n; i++)
		net_start(&net, i, i == 0 ? 0 : 1);
	ck_assert_int_ge(net_until_size(&net, n, 5 * SPAN_S), 0);
}

START_TEST(members_find_each_other)
{
	static const char *const names[] = { "N0", "N1", "N2", "N3", "N4", "N5", "N6" };

	cluster(7, 1);
	for (size_t i = 0; i < 7; i++) {
		const struct gossip *g = net.nodes[i].g;

		ck_assert_uint_eq(gossip_position(g), i);
		for (size_t m = 0; m < 7; m++) {
			struct gossip_member one = gossip_member_at(g, m);

			ck_assert(str_is(one.name, names[m]));
			ck_assert(gossip_address_eq(&one.address, &net.nodes[m].address));
			ck_assert_int_eq(one.self, m == i);
		}
		ck_assert_uint_eq(gossip_figures(g).failed_peers, 0);
		ck_assert_uint_eq(gossip_figures(g).joined, 7);
	}
	net_fini(&net);
}
END_TEST

static struct str
meta_of(const struct gossip *g, const char *name)
{
	for (size_t i = 0; i < gossip_size(g); i++) {
		if (str_is(gossip_member_at(g, i).name, name))
			return gossip_member_at(g, i).meta;
	}
	return STR_NONE;
}

START_TEST(what_members_say_of_themselves)
{
	cluster(3, 90);
	gossip_set_meta(net.nodes[1].g, STR("first"), net.now);
	net_run(&net, 3 * SPAN_S);
	for (size_t i = 0; i < 3; i++) {
		ck_assert(str_is(meta_of(net.nodes[i].g, "N1"), "first"));
		ck_assert_uint_eq(gossip_figures(net.nodes[i].g).updated, i != 1);
	}
	gossip_set_meta(net.nodes[1].g, STR("second"), net.now);
	/* The one that joins learns it, too. */
	net_start(&net, 3, 1);
	net_run(&net, 3 * SPAN_S);
	for (size_t i = 0; i < 4; i++)
		ck_assert(str_is(meta_of(net.nodes[i].g, "N1"), "second"));
	ck_assert_uint_eq(net.nodes[1].notes[GOSSIP_NOTE_REFUTED], 0);
	net_fini(&net);
}
END_TEST

/* The others have its state, and it does not know of them yet. */
START_TEST(a_change_while_it_joins_is_told)
{
	cluster(2, 92);
	net_start(&net, 2, 1);
	while (gossip_size(net.nodes[0].g) < 3)
		net_run(&net, SPAN_MS / 10);
	ck_assert_uint_eq(gossip_size(net.nodes[2].g), 1);
	net_say(&net, 2, "just now", 8);
	ck_assert_int_ge(net_until_text(&net, "just now", 2 * SPAN_S), 0);
	net_fini(&net);
}
END_TEST

START_TEST(those_that_left_are_not_expected)
{
	cluster(4, 91);
	ck_assert_uint_eq(gossip_figures(net.nodes[0].g).expected, 4);
	gossip_leave(net.nodes[3].g, net.now);
	net_run(&net, 3 * SPAN_S);
	net_kill(&net, 3);
	net_kill(&net, 2);
	ck_assert_int_ge(net_until_size(&net, 2, 60 * SPAN_S), 0);
	ck_assert_uint_eq(gossip_figures(net.nodes[0].g).expected, 3);
	ck_assert_uint_eq(gossip_figures(net.nodes[0].g).failed_peers, 2);
	ck_assert(gossip_member_at(net.nodes[0].g, 1).heard.ns > 0);
	net_start(&net, 2, 1);
	ck_assert_int_ge(net_until_size(&net, 3, 60 * SPAN_S), 0);
	ck_assert_uint_eq(gossip_figures(net.nodes[0].g).expected, 3);
	net_fini(&net);
}
END_TEST

START_TEST(it_settles_after_five_polls)
{
	cluster(2, 2);
	ck_assert(gossip_settled(net.nodes[0].g));	/* nobody is to be joined */
	net_run(&net, 9 * SPAN_S - mono_sub(net.now, (struct mono){ 1000 * SPAN_S }));
	ck_assert(!gossip_settled(net.nodes[1].g));
	net_run(&net, 2 * SPAN_S);
	ck_assert(gossip_settled(net.nodes[1].g));
	ck_assert_uint_eq(net.nodes[1].notes[GOSSIP_NOTE_SETTLED], 1);
	net_fini(&net);
}
END_TEST

/* The first member is told that its peers are not there yet; once they are, it is no longer worth a word. */
START_TEST(nobody_is_there_to_join)
{
	net_init(&net, 3);
	net_start(&net, 1, 1);
	net_run(&net, 15 * SPAN_S);
	ck_assert_uint_eq(net.nodes[1].notes[GOSSIP_NOTE_JOIN_FAILED], 1);
	net_start(&net, 0, 0);
	ck_assert_int_ge(net_until_size(&net, 2, 60 * SPAN_S), 0);
	ck_assert_uint_eq(net.nodes[1].notes[GOSSIP_NOTE_JOIN_FAILED], 1);
	net_fini(&net);
}
END_TEST

START_TEST(it_goes_on_when_it_does_not_settle)
{
	net_init(&net, 3);
	net_start(&net, 0, 0);
	net_start(&net, 1, 1);
	/* Members come and go. */
	for (int i = 0; i < 12; i++) {
		net.nodes[2].port.rand.s[0] += (uint64_t)i;
		net_start(&net, 2, 1);
		net_run(&net, 2500 * SPAN_MS);
		gossip_leave(net.nodes[2].g, net.now);
		net_run(&net, 2500 * SPAN_MS);
		net_kill(&net, 2);
	}
	net_run(&net, 5 * SPAN_S);
	ck_assert(gossip_settled(net.nodes[1].g));
	ck_assert_uint_eq(net.nodes[1].notes[GOSSIP_NOTE_NOT_SETTLED], 1);
	net_fini(&net);
}
END_TEST

START_TEST(alone_it_sleeps)
{
	net_init(&net, 4);
	net_start(&net, 0, 0);
	ck_assert(gossip_next(net.nodes[0].g).ns == INT64_MAX);
	net_say(&net, 0, "nobody", 6);
	ck_assert(gossip_next(net.nodes[0].g).ns == INT64_MAX);
	ck_assert_uint_eq(gossip_figures(net.nodes[0].g).queued, 0);
	ck_assert_uint_eq(gossip_position(net.nodes[0].g), 0);
	ck_assert_uint_eq(net.datagrams, 0);
	net_fini(&net);
}
END_TEST

START_TEST(a_change_is_everywhere_within_two_seconds)
{
	for (size_t n = 2; n <= 7; n++) {
		cluster(n, 10 + n);
		net_run(&net, 5 * SPAN_S);
		net_say(&net, n - 1, "a silence", 9);
		ck_assert_int_ge(net_until_text(&net, "a silence", 2 * SPAN_S), 0);
		ck_assert_uint_eq(gossip_figures(net.nodes[n - 1].g).large_silences.sent, 0);
		net_run(&net, 20 * SPAN_S);
		ck_assert_uint_eq(gossip_figures(net.nodes[n - 1].g).queued, 0);
		net_fini(&net);
	}
}
END_TEST

/* Long before the next whole state, though three of ten packets are lost: who has not heard by its turn tells again. */
START_TEST(few_members_hear_in_spite_of_loss)
{
	unsigned late = 0;

	for (uint64_t seed = 1; seed <= 10; seed++) {
		cluster(3, 400 + seed);
		net_run(&net, 5 * SPAN_S);
		net.loss = 0.3;
		for (int i = 0; i < 20; i++) {
			char text[32];

			snprintf(text, sizeof(text), "change %d", i);
			net_say(&net, (size_t)i % 3, text, strlen(text));
			late += net_until_text(&net, text, 3 * SPAN_S) < 0;
		}
		net_fini(&net);
	}
	ck_assert_uint_le(late, 6);
}
END_TEST

/* As many as a flush of hundreds of groups has: each of them is everywhere before the shortest turn is over. */
START_TEST(many_changes_at_once)
{
	char text[128];

	cluster(3, 420);
	net_run(&net, 5 * SPAN_S);
	for (int i = 0; i < 250; i++) {
		snprintf(text, sizeof(text), "change %0100d", i);
		net_say(&net, 0, text, strlen(text));
	}
	net_run(&net, 3 * SPAN_S);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(net.nodes[i].texts_n, 250);
	net_run(&net, 30 * SPAN_S);
	ck_assert_uint_eq(gossip_figures(net.nodes[0].g).queued, 0);
	net_fini(&net);
}
END_TEST

/* Datagrams that come in, good ones or not, do not put off what is to be told. */
START_TEST(noise_does_not_keep_it_from_telling)
{
	struct gossip_address stranger = { { 10, 9, 9, 9 }, 4, 9094 };
	static const char *const texts[] = { "a", "b", "c", "d", "e", "f", "g", "h" };
	struct gossip *g;

	cluster(2, 30);
	net_run(&net, 5 * SPAN_S);
	g = net.nodes[0].g;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct mono last = mono_add(net.now, 201 * SPAN_MS);
		uint64_t before = gossip_figures(g).sent_updates;

		net_say(&net, 0, texts[i], 1);
		while (gossip_figures(g).sent_updates == before) {
			net.now = mono_add(gossip_next(g), 1);
			ck_assert_int_le(net.now.ns, last.ns);
			gossip_packet(g, &stranger, STR("noise"), net.now);
			gossip_tick(g, net.now);
		}
	}
	net_fini(&net);
}
END_TEST

START_TEST(a_large_change_goes_by_streams)
{
	static char text[1001];

	memset(text, 'x', 1000);
	cluster(4, 20);
	net_run(&net, 5 * SPAN_S);
	net_say(&net, 0, text, 1000);
	for (char c = 'a'; c < 'g'; c++) {
		text[0] = c;
		net_say(&net, 0, text, 1000);
	}
	ck_assert_int_ge(net_until_text(&net, text, 2 * SPAN_S), 0);
	ck_assert_uint_eq(gossip_figures(net.nodes[0].g).large_silences.sent, 7 * 3);
	ck_assert_uint_eq(gossip_figures(net.nodes[0].g).large_silences.failed, 0);
	/* Many wait for one that does not answer: more than 200 are dropped. */
	net_kill(&net, 3);
	net_kill(&net, 2);
	net_kill(&net, 1);
	for (unsigned i = 0; i < 210; i++) {
		snprintf(text, sizeof(text), "%03u", i);
		text[3] = '.';
		net_say(&net, 0, text, 900);
	}
	ck_assert_uint_eq(gossip_figures(net.nodes[0].g).large_silences.dropped, 10);
	net_run(&net, 20 * SPAN_S);
	ck_assert_uint_gt(gossip_figures(net.nodes[0].g).large_silences.failed, 0);
	net_fini(&net);
}
END_TEST

START_TEST(a_joining_member_gets_all_there_is)
{
	char text[32];

	cluster(2, 30);
	for (unsigned i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "silence %u", i);
		net_say(&net, 0, text, strlen(text));
	}
	net_start(&net, 2, 1);
	net_run(&net, SPAN_S);
	ck_assert_uint_eq(net.nodes[2].texts_n, 200);
	net_fini(&net);
}
END_TEST

START_TEST(a_dead_member_is_found_out_and_comes_back)
{
	cluster(4, 40);
	net_run(&net, 20 * SPAN_S);
	net_kill(&net, 3);
	ck_assert_int_ge(net_until_size(&net, 3, 40 * SPAN_S), 0);
	ck_assert_uint_eq(gossip_figures(net.nodes[0].g).left, 1);
	ck_assert_uint_eq(gossip_figures(net.nodes[0].g).failed_peers, 1);
	ck_assert_uint_eq(net.nodes[0].notes[GOSSIP_NOTE_FAILED], 1);
	net_run(&net, 30 * SPAN_S);
	ck_assert_uint_gt(gossip_figures(net.nodes[0].g).reconnects_failed, 1);
	ck_assert_uint_gt(net.nodes[0].notes[GOSSIP_NOTE_UNREACHED], 1);
	ck_assert_uint_eq(net.nodes[0].notes[GOSSIP_NOTE_JOIN_FAILED], 0);
	/* It knows nobody, and is called. */
	net_start(&net, 3, 0);
	ck_assert_int_ge(net_until_size(&net, 4, 15 * SPAN_S), 0);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(gossip_figures(net.nodes[i].g).failed_peers, 0);
	net_fini(&net);
}
END_TEST

START_TEST(who_leaves_is_gone_at_once)
{
	cluster(3, 50);
	net_run(&net, 20 * SPAN_S);
	ck_assert(!gossip_left(net.nodes[0].g));
	gossip_leave(net.nodes[0].g, net.now);
	ck_assert(!gossip_left(net.nodes[0].g));
	net_run(&net, 2 * SPAN_S);
	ck_assert(gossip_left(net.nodes[0].g));
	net_kill(&net, 0);
	ck_assert_uint_eq(gossip_size(net.nodes[1].g), 2);
	ck_assert_uint_eq(gossip_position(net.nodes[1].g), 0);
	ck_assert_uint_eq(gossip_position(net.nodes[2].g), 1);
	ck_assert_uint_eq(net.nodes[1].notes[GOSSIP_NOTE_LEFT], 1);
	ck_assert_uint_eq(net.nodes[1].notes[GOSSIP_NOTE_FAILED], 0);
	net_fini(&net);
}
END_TEST

/* The end may take its time: it was stopped, or waits for others. */
START_TEST(one_that_leaves_slowly_knows_itself)
{
	cluster(3, 41);
	gossip_leave(net.nodes[0].g, net.now);
	net_run(&net, 120 * SPAN_S);
	ck_assert(gossip_left(net.nodes[0].g));
	ck_assert_uint_eq(gossip_size(net.nodes[0].g), 2);
	net_fini(&net);
}
END_TEST

START_TEST(loss_alone_kills_nobody)
{
	for (uint64_t seed = 60; seed < 65; seed++) {
		char text[32];

		cluster(5, seed);
		net_run(&net, 2 * SPAN_MIN);
		net.loss = 0.3;
		net.twice = 0.1;
		for (int i = 0; i < 10; i++) {
			snprintf(text, sizeof(text), "change %d", i);
			net_say(&net, (size_t)i % 5, text, strlen(text));
			ck_assert_int_ge(net_until_text(&net, text, 90 * SPAN_S), 0);
			net_run(&net, 30 * SPAN_S);
		}
		for (size_t i = 0; i < 5; i++) {
			ck_assert_uint_eq(gossip_size(net.nodes[i].g), 5);
			ck_assert_uint_eq(net.nodes[i].notes[GOSSIP_NOTE_FAILED], 0);
		}
		net_fini(&net);
	}
}
END_TEST

START_TEST(without_datagrams_streams_keep_it_together)
{
	cluster(3, 70);
	net.datagrams_blocked = true;
	net_run(&net, 5 * SPAN_MIN);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_uint_eq(gossip_size(net.nodes[i].g), 3);
		ck_assert_uint_eq(net.nodes[i].notes[GOSSIP_NOTE_FAILED], 0);
	}
	net_say(&net, 0, "by exchange", 11);
	ck_assert_int_ge(net_until_text(&net, "by exchange", 5 * SPAN_MIN), 0);
	net_fini(&net);
}
END_TEST

START_TEST(halves_that_were_split_become_one)
{
	cluster(5, 80);
	net_run(&net, 10 * SPAN_S);
	net.side[3] = net.side[4] = 1;
	net_run(&net, SPAN_MIN);
	for (size_t i = 0; i < 5; i++)
		ck_assert_uint_eq(gossip_size(net.nodes[i].g), i < 3 ? 3 : 2);
	net_say(&net, 0, "here", 4);
	net_say(&net, 4, "there", 5);
	net_run(&net, 5 * SPAN_MIN);
	net.side[3] = net.side[4] = 0;
	ck_assert_int_ge(net_until_size(&net, 5, 15 * SPAN_S), 0);
	ck_assert_int_ge(net_until_text(&net, "here", 5 * SPAN_S), 0);
	ck_assert_int_ge(net_until_text(&net, "there", 5 * SPAN_S), 0);
	net_fini(&net);
}
END_TEST

START_TEST(forgotten_after_the_reconnect_timeout)
{
	cluster(2, 90);
	net_kill(&net, 1);
	net_run(&net, 5 * SPAN_HOUR);
	ck_assert_uint_eq(gossip_figures(net.nodes[0].g).failed_peers, 1);
	net_run(&net, 70 * SPAN_MIN);
	ck_assert_uint_eq(gossip_figures(net.nodes[0].g).failed_peers, 0);
	ck_assert(gossip_next(net.nodes[0].g).ns == INT64_MAX);
	net_fini(&net);
}
END_TEST

/* A datagram of one message to node 0, as if from `from`. */
static void
send(const struct message *m, const char *label)
{
	struct sbuf message = SBUF_INIT(SBUF_UNLIMITED), b = SBUF_INIT(SBUF_UNLIMITED);
	struct str one;

	message_put(&message, m);
	one = sbuf_get(&message);
	datagram_put(&b, str_from(label), true, &one, 1);
	gossip_packet(net.nodes[0].g, &net.nodes[7].address, sbuf_get(&b), net.now);
	sbuf_fini(&message);
	sbuf_fini(&b);
}

static struct message
alive_of(const char *name, struct str ip, uint64_t incarnation)
{
	return (struct message){ .type = MESSAGE_ALIVE, .node = str_from(name), .address = ip, .port = 9094,
		.incarnation = incarnation, .versions = STR("\1\5\2\0\0\0") };
}

START_TEST(lies_are_refuted)
{
	struct message dead = { .type = MESSAGE_DEAD, .node = STR("N1"), .from = STR("N2"), .incarnation = 1 };
	struct message suspect = { .type = MESSAGE_SUSPECT, .node = STR("N0"), .from = STR("N2"), .incarnation = 7 };

	cluster(3, 100);
	net_run(&net, 5 * SPAN_S);
	send(&dead, "a cluster");
	ck_assert_uint_eq(gossip_size(net.nodes[0].g), 2);
	ck_assert_int_ge(net_until_size(&net, 3, 5 * SPAN_S), 0);
	net_run(&net, 10 * SPAN_S);
	ck_assert_uint_eq(gossip_size(net.nodes[0].g), 3);
	ck_assert_uint_ge(net.nodes[1].notes[GOSSIP_NOTE_REFUTED], 1);
	/* The same of the listener itself. */
	send(&suspect, "a cluster");
	ck_assert_uint_eq(net.nodes[0].notes[GOSSIP_NOTE_REFUTED], 1);
	net_run(&net, 20 * SPAN_S);
	ck_assert_uint_eq(gossip_size(net.nodes[1].g), 3);
	net_fini(&net);
}
END_TEST

/* There is always an incarnation above the one that a member is accused with. */
START_TEST(no_lie_is_the_last_word)
{
	const uint32_t accused[] = { UINT32_MAX, INT32_MAX, UINT32_MAX, 0 };
	struct message dead = { .type = MESSAGE_DEAD, .node = STR("N1"), .from = STR("N2") };

	cluster(3, 105);
	net_run(&net, 5 * SPAN_S);
	for (size_t i = 0; i < ARRAY_LEN(accused); i++) {
		dead.incarnation = accused[i];
		send(&dead, "a cluster");
		/* The first one is behind. */
		ck_assert_uint_eq(gossip_size(net.nodes[0].g), i == 0 ? 3 : 2);
		ck_assert_int_ge(net_until_size(&net, 3, 5 * SPAN_S), 0);
		net_run(&net, 20 * SPAN_S);
		for (size_t k = 0; k < 3; k++)
			ck_assert_uint_eq(gossip_size(net.nodes[k].g), 3);
		ck_assert_uint_ge(net.nodes[1].notes[GOSSIP_NOTE_REFUTED], i);
	}
	net_fini(&net);
}
END_TEST

START_TEST(others_clusters_are_not_heard)
{
	struct message m = alive_of("stranger", STR("\x0a\0\0\x09"), 1);

	cluster(1, 110);
	send(&m, "another");
	send(&m, "");
	ck_assert_uint_eq(gossip_size(net.nodes[0].g), 1);
	ck_assert_uint_eq(gossip_figures(net.nodes[0].g).bad, 2);
	send(&m, "a cluster");
	ck_assert_uint_eq(gossip_size(net.nodes[0].g), 2);
	net_fini(&net);
}
END_TEST

START_TEST(a_name_has_one_address)
{
	struct message m = alive_of("N1", STR("\x0a\0\0\x09"), 100);

	cluster(2, 120);
	send(&m, "a cluster");
	ck_assert_uint_eq(gossip_figures(net.nodes[0].g).conflicts, 1);
	ck_assert(gossip_address_eq(&(struct gossip_address){ .n = 0 }, &(struct gossip_address){ .n = 0 }));
	ck_assert_int_eq(gossip_member_at(net.nodes[0].g, 1).address.ip[3], 2);
	/* One who has left may come back elsewhere. */
	gossip_leave(net.nodes[1].g, net.now);
	net_run(&net, 2 * SPAN_S);
	net_kill(&net, 1);
	m.incarnation = 1;
	send(&m, "a cluster");
	ck_assert_uint_eq(gossip_size(net.nodes[0].g), 2);
	ck_assert_int_eq(gossip_member_at(net.nodes[0].g, 1).address.ip[3], 9);
	net_fini(&net);
}
END_TEST

START_TEST(strangers_fill_no_memory)
{
	struct message m = alive_of("", STR("\x0a\0\0\x09"), 1);
	char name[300];

	cluster(1, 130);
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "stranger %u", i);
		m.node = str_from(name);
		send(&m, "a cluster");
	}
	ck_assert_uint_eq(gossip_size(net.nodes[0].g), GOSSIP_MEMBERS_MAX);
	net_fini(&net);

	cluster(1, 131);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	m.node = str_from(name);
	send(&m, "a cluster");
	m = alive_of("short versions", STR("\x0a\0\0\x09"), 1);
	m.versions = STR("\1\5\2");
	send(&m, "a cluster");
	m = alive_of("no address", STR("\x0a\0"), 1);
	send(&m, "a cluster");
	m = alive_of("", STR("\x0a\0\0\x09"), 1);
	send(&m, "a cluster");
	ck_assert_uint_eq(gossip_size(net.nodes[0].g), 1);
	ck_assert_uint_eq(gossip_figures(net.nodes[0].g).bad, 4);
	net_fini(&net);
}
END_TEST

START_TEST(pings_are_not_passed_on_to_strangers)
{
	struct message m = { .type = MESSAGE_INDIRECT_PING, .node = STR("N1"), .seq = 5, .target = STR("\x0a\0\0\x09"),
		.port = 9094, .nack = true };
	uint64_t before;

	cluster(2, 140);
	net_run(&net, 20 * SPAN_S);
	before = net.datagrams;
	send(&m, "a cluster");
	ck_assert_uint_eq(net.datagrams, before);
	m.target = STR("\x0a\0\0\x02");
	send(&m, "a cluster");
	ck_assert_uint_eq(net.datagrams, before + 1);
	/* No more than 64 at once. */
	for (int i = 0; i < 200; i++)
		send(&m, "a cluster");
	ck_assert_uint_eq(net.datagrams, before + 64);
	net_fini(&net);
}
END_TEST

START_TEST(what_waits_is_bounded)
{
	cluster(2, 150);
	for (unsigned i = 0; i < 70000; i++) {
		char text[32];

		snprintf(text, sizeof(text), "%u", i);
		gossip_broadcast(net.nodes[0].g, STR(GOSSIP_KEY_LOG), str_from(text), net.now);
	}
	ck_assert_uint_eq(gossip_figures(net.nodes[0].g).queued, 65536);
	ck_assert_uint_eq(gossip_figures(net.nodes[0].g).pruned, 70000 - 65536);
	net_fini(&net);
}
END_TEST

/* Streams that make no sense are closed, and change nothing. */
START_TEST(bad_streams)
{
	static const struct str bad[] = { STR(""), STR("\6"), STR("\6\x83\xa5Nodes\1\xacUserStateLen\0\xa4Join\xc2"),
		STR("\6\x83\xa5Nodes\xce\xff\xff\xff\xff\xacUserStateLen\0\xa4Join\xc2"),
		STR("\6\x83\xa5Nodes\0\xacUserStateLen\7\xa4Join\xc2 ab"), STR("\x08\x81\xaaUserMsgLen\7 ab"), STR("\x08"),
		STR("\0"), STR("\4\x80"), STR("\x0d\x81\xa5" "Error\xa1x"), STR("\xff\xff") };

	cluster(1, 160);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		gossip_request(net.nodes[0].g, i + 1, bad[i], net.now);
	ck_assert_uint_eq(gossip_figures(net.nodes[0].g).bad, ARRAY_LEN(bad));
	ck_assert_uint_eq(gossip_size(net.nodes[0].g), 1);
	net_fini(&net);
}
END_TEST

START_TEST(addresses_in_text)
{
	static const char six[16] = { [0] = (char)0xfd, [15] = 1 }, mapped[16] = { [10] = (char)0xff, [11] = (char)0xff, [12] = 10 };
	struct gossip_address a;

	ck_assert(gossip_address_set(&a, STR("\x0a\1\2\3"), 9094));
	ck_assert_str_eq(gossip_address_text(&a).s, "10.1.2.3:9094");
	ck_assert(gossip_address_set(&a, (struct str){ six, 16 }, 1));
	ck_assert_str_eq(gossip_address_text(&a).s, "[fd00::1]:1");
	ck_assert(gossip_address_set(&a, (struct str){ mapped, 16 }, 2));
	ck_assert_str_eq(gossip_address_text(&a).s, "10.0.0.0:2");
	ck_assert(!gossip_address_set(&a, STR("12345"), 2));
	ck_assert_str_eq(gossip_address_text(&a).s, "");
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, members_find_each_other);
	tcase_add_test(tc, what_members_say_of_themselves);
	tcase_add_test(tc, a_change_while_it_joins_is_told);
	tcase_add_test(tc, those_that_left_are_not_expected);
	tcase_add_test(tc, it_settles_after_five_polls);
	tcase_add_test(tc, nobody_is_there_to_join);
	tcase_add_test(tc, it_goes_on_when_it_does_not_settle);
	tcase_add_test(tc, alone_it_sleeps);
	tcase_add_test(tc, a_change_is_everywhere_within_two_seconds);
	tcase_add_test(tc, few_members_hear_in_spite_of_loss);
	tcase_add_test(tc, many_changes_at_once);
	tcase_add_test(tc, noise_does_not_keep_it_from_telling);
	tcase_add_test(tc, a_large_change_goes_by_streams);
	tcase_add_test(tc, a_joining_member_gets_all_there_is);
	tcase_add_test(tc, a_dead_member_is_found_out_and_comes_back);
	tcase_add_test(tc, who_leaves_is_gone_at_once);
	tcase_add_test(tc, one_that_leaves_slowly_knows_itself);
	tcase_add_test(tc, loss_alone_kills_nobody);
	tcase_add_test(tc, without_datagrams_streams_keep_it_together);
	tcase_add_test(tc, halves_that_were_split_become_one);
	tcase_add_test(tc, forgotten_after_the_reconnect_timeout);
	tcase_add_test(tc, lies_are_refuted);
	tcase_add_test(tc, no_lie_is_the_last_word);
	tcase_add_test(tc, others_clusters_are_not_heard);
	tcase_add_test(tc, a_name_has_one_address);
	tcase_add_test(tc, strangers_fill_no_memory);
	tcase_add_test(tc, pings_are_not_passed_on_to_strangers);
	tcase_add_test(tc, what_waits_is_bounded);
	tcase_add_test(tc, bad_streams);
	tcase_add_test(tc, addresses_in_text);
}

int
main(void)
{
	return run_suite("gossip", add);
}
