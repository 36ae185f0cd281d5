/* SPDX-License-Identifier: Apache-2.0 */
#include "sockets.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/errno_text.h"
#include "net.h"

/* A port that is free for one protocol need not be for the other. */
#define PORTS_TRIED 10

static int
open_socket(const struct gossip_address *a, int type, struct err *e)
{
	struct sockaddr_storage ss;
	socklen_t n = net_to_socket(a, &ss);
	int fd = socket(ss.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, why;

	/* The wildcard of IPv6 takes IPv4 as well. A port that lately was in use by a stream may be taken again. */
	if (fd >= 0 && (type != SOCK_STREAM || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0) &&
	    bind(fd, (struct sockaddr *)&ss, n) == 0 && (type != SOCK_STREAM || listen(fd, SOMAXCONN) == 0))
		return fd;
	why = errno;
	err_set(e, ERR_IO, "listen %s %s: bind: %s", type == SOCK_STREAM ? "tcp" : "udp", gossip_address_text(a).s,
	    errno_text(why).s);
	if (fd >= 0)
		close(fd);
	errno = why;
	return -1;
}

int
sockets_tcp(struct gossip_address *a, struct err *e)
{
	struct sockaddr_storage ss = { 0 };
	struct gossip_address got;
	socklen_t n = sizeof(ss);
	int fd = open_socket(a, SOCK_STREAM, e);

	/* A host without IPv6 has no wildcard of it. */
	if (fd < 0 && errno == EAFNOSUPPORT && a->n == 16 && net_is_any(a)) {
		a->n = 4;
		fd = open_socket(a, SOCK_STREAM, e);
	}
	if (fd >= 0 && a->port == 0 && getsockname(fd, (struct sockaddr *)&ss, &n) == 0) {
		net_from_socket(&ss, &got);
		a->port = got.port;
	}
	return fd;
}

bool
sockets_pair(struct gossip_address *a, int *tcp, int *udp, struct err *e)
{
	uint16_t wanted = a->port;

	for (int i = 0; i < (wanted == 0 ? PORTS_TRIED : 1); i++) {
		a->port = wanted;
		*tcp = sockets_tcp(a, e);
		if (*tcp < 0)
			return false;
		*udp = open_socket(a, SOCK_DGRAM, e);
		if (*udp >= 0)
			return true;
		close(*tcp);
	}
	return false;
}

/* COMPAT: a listen address that is a host's name is refused; Alertmanager listens on all addresses then. */
bool
sockets_address(struct str text, struct gossip_address *out, struct err *e)
{
	struct str host;
	uint16_t port;

	if (!net_split(text, &host, &port, e))
		return err_ctx(e, "invalid listen address");
	if (net_parse_ip(host.n > 0 ? host : STR("::"), port, out))
		return true;
	return err_set(e, ERR_INVALID, "invalid listen address: \"%.*s\" is no IP address", STR_ARG(host));
}
