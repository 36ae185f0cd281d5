/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_sockets.h"

#include <check.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "net.h"

int
listening(struct gossip_address *at)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t n;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	ck_assert(net_parse_ip(STR("127.0.0.1"), 0, at));
	n = net_to_socket(at, &ss);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&ss, n), 0);
	ck_assert_int_eq(listen(fd, 1024), 0);
	n = sizeof(ss);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&ss, &n), 0);
	net_from_socket(&ss, at);
	return fd;
}

int
dial_plain(const struct gossip_address *to)
{
	struct sockaddr_storage ss;
	socklen_t n = net_to_socket(to, &ss);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&ss, n), 0);
	return fd;
}
