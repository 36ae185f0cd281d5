/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that wait until something is on disk, of many connections at once. */
#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "http_private.h"
#include "lib_peer.h"
#include "lib_rig.h"

static struct rig rig;
static int asked;

static void
handle(void *arg, const struct http_request *r, struct moment now, struct http_response *out)
{
	(void)arg;
	(void)now;
	asked++;
	out->status = 200;
	out->wait_durable = str_starts(r->path, STR("/hold"));
	sbuf_printf(&out->body, "<%.*s>", STR_ARG(r->path));
}

static void
begin(void)
{
	asked = 0;
	rig_start(&rig, (struct http_server_options){ .handle = handle });
}

/* Runs the loop until the server has so many requests. */
static void
hear(int n)
{
	while (asked < n)
		event_base_loop(rig.base, EVLOOP_ONCE);
}

/* More than are gathered at a time; one of them is gone. */
START_TEST(who_waited_is_answered_with_others)
{
	struct peer *peers[150];
	char request[100], answer[100];

	begin();
	rig.ticket = 1;
	for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
		peers[i] = peer_new(rig.base, rig.port);
		snprintf(request, sizeof(request), "POST /hold/%zu HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1", i);
		peer_send(peers[i], request);
	}
	hear((int)ARRAY_LEN(peers));
	peer_free(peers[7]);
	http_server_release(rig.server, 0);
	ck_assert_int_eq(rig.observed, 0);
	http_server_release(rig.server, 1);
	for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
		size_t at;

		if (i == 7)
			continue;
		snprintf(answer, sizeof(answer), "</hold/%zu>", i);
		at = peer_expect(peers[i], 0, answer);
		ck_assert_uint_eq(peers[i]->got.n, at);
		peer_send(peers[i], "POST /next HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n2");
		peer_expect(peers[i], at, "</next>");
		peer_free(peers[i]);
	}
	rig_expect_connections(&rig, 0);
	rig_stop(&rig);
}
END_TEST

/* More than one turn of the loop answers; of a later promise, which is not kept, is told behind them. */
START_TEST(many_who_waited_are_answered_in_turns)
{
	struct peer *peers[500], *late;

	begin();
	rig.ticket = 1;
	for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
		peers[i] = peer_new(rig.base, rig.port);
		peer_send(peers[i], "POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1");
	}
	hear((int)ARRAY_LEN(peers));
	rig.ticket = 2;
	late = peer_new(rig.base, rig.port);
	peer_send(late, "POST /hold/late HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1");
	hear((int)ARRAY_LEN(peers) + 1);
	http_server_release(rig.server, 1);
	ck_assert_int_gt(rig.observed, 0);
	ck_assert_int_lt(rig.observed, (int)ARRAY_LEN(peers));
	http_server_refuse(rig.server, 2, STR("no space"));
	ck_assert_int_lt(rig.observed, (int)ARRAY_LEN(peers));
	peer_expect(late, 0, "no space");
	ck_assert_int_eq(rig.observed, (int)ARRAY_LEN(peers) + 1);
	for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
		peer_expect(peers[i], 0, "</hold>");
		peer_free(peers[i]);
	}
	peer_free(late);
	rig_expect_connections(&rig, 0);
	rig_stop(&rig);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, who_waited_is_answered_with_others);
	tcase_add_test(tc, many_who_waited_are_answered_in_turns);
}

int
main(void)
{
	return run_suite("http_held", add);
}
