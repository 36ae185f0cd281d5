/* SPDX-License-Identifier: Apache-2.0 */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include <event2/bufferevent.h>

#include "loop/errno_text.h"

static bool
parse_port(struct str s, uint16_t *out)
{
	unsigned v = 0;

	if (s.n == 0 || s.n > 5)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = 10 * v + (unsigned)(s.p[i] - '0');
	}
	*out = (uint16_t)v;
	return v <= UINT16_MAX;
}

bool
net_split(struct str address, struct str *host, uint16_t *port, struct err *e)
{
	size_t colon = address.n;

	while (colon > 0 && address.p[colon - 1] != ':')
		colon--;
	if (colon == 0)
		return err_set(e, ERR_INVALID, "address %.*s: missing port in address", STR_ARG(address));
	*host = str_sub(address, 0, colon - 1);
	if (host->n > 0 && host->p[0] == '[') {
		if (host->p[host->n - 1] != ']')
			return err_set(e, ERR_INVALID, "address %.*s: missing ']' in address", STR_ARG(address));
		*host = str_sub(*host, 1, host->n - 1);
	} else if (str_chr(*host, ':') < host->n) {
		return err_set(e, ERR_INVALID, "address %.*s: too many colons in address", STR_ARG(address));
	}
	if (!parse_port(str_sub(address, colon, address.n), port))
		return err_set(e, ERR_INVALID, "address %.*s: invalid port", STR_ARG(address));
	return true;
}

bool
net_parse_ip(struct str text, uint16_t port, struct gossip_address *out)
{
	unsigned char ip[16];
	char z[INET6_ADDRSTRLEN];

	if (text.n == 0 || text.n >= sizeof(z))
		return false;
	memcpy(z, text.p, text.n);
	z[text.n] = '\0';
	if (inet_pton(AF_INET, z, ip) == 1)
		return gossip_address_set(out, (struct str){ (const char *)ip, 4 }, port);
	if (inet_pton(AF_INET6, z, ip) == 1)
		return gossip_address_set(out, (struct str){ (const char *)ip, 16 }, port);
	return false;
}

socklen_t
net_to_socket(const struct gossip_address *a, struct sockaddr_storage *out)
{
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(a->port) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(a->port) };

	memset(out, 0, sizeof(*out));
	if (a->n == 4) {
		memcpy(&four.sin_addr, a->ip, 4);
		memcpy(out, &four, sizeof(four));
		return sizeof(four);
	}
	memcpy(&six.sin6_addr, a->ip, 16);
	memcpy(out, &six, sizeof(six));
	return sizeof(six);
}

socklen_t
net_to_socket_six(const struct gossip_address *a, struct sockaddr_storage *out)
{
	struct gossip_address six = { .ip = { [10] = 0xff, [11] = 0xff }, .n = 16, .port = a->port };

	if (a->n == 16)
		return net_to_socket(a, out);
	memcpy(six.ip + 12, a->ip, 4);
	return net_to_socket(&six, out);
}

void
net_from_socket(const struct sockaddr_storage *in, struct gossip_address *out)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	*out = (struct gossip_address){ .n = 0 };
	if (in->ss_family == AF_INET) {
		memcpy(&four, in, sizeof(four));
		(void)gossip_address_set(out, (struct str){ (const char *)&four.sin_addr, 4 }, ntohs(four.sin_port));
	} else if (in->ss_family == AF_INET6) {
		memcpy(&six, in, sizeof(six));
		(void)gossip_address_set(out, (struct str){ (const char *)&six.sin6_addr, 16 }, ntohs(six.sin6_port));
	}
}

bool
net_connect(struct bufferevent *bev, const struct gossip_address *to)
{
	struct sockaddr_storage address;
	socklen_t n = net_to_socket(to, &address);

	return bufferevent_socket_connect(bev, (struct sockaddr *)&address, (int)n) == 0;
}

bool
net_is_any(const struct gossip_address *a)
{
	static const unsigned char nothing[16];

	return memcmp(a->ip, nothing, a->n) == 0;
}

static bool
is_private(const struct gossip_address *a)
{
	const unsigned char *ip = a->ip;

	if (a->n == 16)
		return (ip[0] & 0xfe) == 0xfc;
	return ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) || (ip[0] == 192 && ip[1] == 168) ||
	    (ip[0] == 100 && (ip[1] & 0xc0) == 64);
}

static bool
is_link_local(const struct gossip_address *a)
{
	if (a->n == 16)
		return a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80;
	return a->ip[0] == 169 && a->ip[1] == 254;
}

static bool
address_of(const struct ifaddrs *i, struct gossip_address *out)
{
	struct sockaddr_storage ss = { 0 };

	if (i->ifa_addr == NULL || !(i->ifa_flags & IFF_UP))
		return false;
	if (i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6)
		return false;
	memcpy(&ss, i->ifa_addr,
	    i->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
	net_from_socket(&ss, out);
	return out->n != 0 && !gossip_address_unroutable(out) && !is_link_local(out);
}

bool
net_find_own(bool public, struct gossip_address *out, struct err *e)
{
	struct ifaddrs *all;
	struct gossip_address a;
	bool found = false;

	if (getifaddrs(&all) != 0)
		return err_set(e, ERR_IO, "failed to get private IP: %s", errno_text(errno).s);
	for (int pass = 0; pass < (public ? 2 : 1) && !found; pass++) {
		for (const struct ifaddrs *i = all; i != NULL && !found; i = i->ifa_next) {
			if (!address_of(i, &a) || (pass == 0 && !is_private(&a)))
				continue;
			*out = a;
			found = true;
		}
	}
	freeifaddrs(all);
	return found || err_set(e, ERR_NOT_FOUND, "no private IP found, explicit advertise addr not provided");
}
