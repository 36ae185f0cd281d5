/* SPDX-License-Identifier: Apache-2.0 */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "loop/errno_text.h"

#define BACKLOG 4096	/* the kernel caps it at net.core.somaxconn */

static bool
bind_and_listen(int family, const struct sockaddr *sa, socklen_t n, int *fd_out)
{
	int on = 1, off = 0, saved;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		goto fail;
	/* The wildcard of IPv6 takes IPv4 as well; any other address is only itself. */
	if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
	    memcmp(&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, &in6addr_any,
	    sizeof(in6addr_any)) == 0 ? &off : &on, sizeof(on)) < 0)
		goto fail;
	if (bind(fd, sa, n) < 0 || listen(fd, BACKLOG) < 0)
		goto fail;
	*fd_out = fd;
	return true;
fail:
	saved = errno;
	close(fd);
	errno = saved;
	return false;
}

/* A number that fits, or a name to look up; getaddrinfo takes large numbers modulo 2^16. */
static bool
is_port(struct str s)
{
	unsigned long n = 0;

	for (size_t i = 0; i < s.n && n <= 65535; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return s.p[0] < '0' || s.p[0] > '9';
		n = n * 10 + (unsigned long)(s.p[i] - '0');
	}
	return n <= 65535;
}

/* "host:port" apart, as Go's net.SplitHostPort. */
static bool
split(struct str address, struct str *host, struct str *port, struct err *e)
{
	size_t colon = address.n;

	while (colon > 0 && address.p[colon - 1] != ':')
		colon--;
	if (colon == 0)
		return err_set(e, ERR_INVALID, "listen tcp: address %.*s: missing port in address", STR_ARG(address));
	*port = str_sub(address, colon, address.n);
	if (!is_port(*port))
		return err_set(e, ERR_INVALID, "listen tcp: address %.*s: invalid port", STR_ARG(*port));
	*host = str_sub(address, 0, colon - 1);
	if (host->n > 0 && host->p[0] == '[') {
		if (host->p[host->n - 1] != ']')
			return err_set(e, ERR_INVALID, "listen tcp: address %.*s: missing ']' in address", STR_ARG(address));
		*host = str_sub(*host, 1, host->n - 1);
	} else if (str_chr(*host, ':') < host->n) {
		return err_set(e, ERR_INVALID, "listen tcp: address %.*s: too many colons in address", STR_ARG(address));
	}
	return true;
}

bool
listen_on(struct str address, int *fd_out, struct err *e)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	struct addrinfo *found = NULL;
	struct str host = STR_NONE, port = STR_NONE;
	char *host_z, *port_z;
	bool ok = false;
	int bad, why = 0;

	/* evhttp takes no connection whose peer has no name that getnameinfo knows. */
	if (str_starts(address, STR("vsock://")))
		return err_set(e, ERR_INVALID, "listen vsock: %.*s: not supported", STR_ARG(address));
	if (!split(address, &host, &port, e))
		return false;
	host_z = mem_strndup(host.p, host.n);
	port_z = mem_strndup(port.n > 0 ? port.p : "0", port.n > 0 ? port.n : 1);
	bad = getaddrinfo(host.n > 0 ? host_z : NULL, port_z, &hints, &found);
	if (bad != 0) {
		err_set(e, ERR_IO, "listen tcp: lookup %.*s: %s", STR_ARG(address), gai_strerror(bad));
	} else {
		/* With no host, the wildcard of IPv6 (which takes both) comes first. */
		for (int pass = 0; pass < 2 && !ok; pass++)
			for (struct addrinfo *a = found; a != NULL && !ok; a = a->ai_next) {
				if ((pass == 0) != (host.n > 0 || a->ai_family == AF_INET6))
					continue;
				ok = bind_and_listen(a->ai_family, a->ai_addr, a->ai_addrlen, fd_out);
				/* No IPv6 here is no reason to report, if IPv4 has one. */
				if (!ok && (why == 0 || errno != EAFNOSUPPORT))
					why = errno;
			}
		if (!ok)
			err_set(e, ERR_IO, "listen tcp %.*s: bind: %s", STR_ARG(address), errno_text(why).s);
		freeaddrinfo(found);
	}
	mem_free(host_z);
	mem_free(port_z);
	return ok;
}

static long
env_number(const char *name)
{
	const char *s = getenv(name);
	char *end;
	long n;

	if (s == NULL || *s < '0' || *s > '9')
		return -1;
	errno = 0;
	n = strtol(s, &end, 10);
	return errno == 0 && *end == '\0' ? n : -1;
}

int
listen_systemd(void)
{
	long pid = env_number("LISTEN_PID"), n = env_number("LISTEN_FDS");

	if (pid != (long)getpid() || n < 1 || n > 1000)
		return 0;
	for (int fd = LISTEN_FIRST; fd < LISTEN_FIRST + n; fd++) {
		int flags = fcntl(fd, F_GETFL);

		if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			return 0;
	}
	/* Not for our children. */
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return (int)n;
}

void
listen_address(int fd, struct sbuf *b, unsigned *port_out)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_un un;
		struct sockaddr_storage room;
	} u = { .sa.sa_family = AF_UNSPEC };
	socklen_t n = sizeof(u);
	char host[INET6_ADDRSTRLEN] = "";

	*port_out = 0;
	if (getsockname(fd, &u.sa, &n) < 0)
		return;
	switch (u.sa.sa_family) {
	case AF_INET:
		inet_ntop(AF_INET, &u.v4.sin_addr, host, sizeof(host));
		*port_out = ntohs(u.v4.sin_port);
		sbuf_printf(b, "%s:%u", host, *port_out);
		break;
	case AF_INET6:
		inet_ntop(AF_INET6, &u.v6.sin6_addr, host, sizeof(host));
		*port_out = ntohs(u.v6.sin6_port);
		sbuf_printf(b, "[%s]:%u", host, *port_out);
		break;
	case AF_UNIX:
		sbuf_puts(b, n > sizeof(sa_family_t) && u.un.sun_path[0] != '\0' ? u.un.sun_path : "@");
		break;
	default:
		break;
	}
}

unsigned long
listen_raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 1024;
	if (limit.rlim_cur < limit.rlim_max) {
		struct rlimit more = { limit.rlim_max, limit.rlim_max };

		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			limit.rlim_cur = limit.rlim_max;
	}
	return limit.rlim_cur == RLIM_INFINITY ? 1ul << 20 : (unsigned long)limit.rlim_cur;
}
