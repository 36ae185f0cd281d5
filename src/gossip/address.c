/* SPDX-License-Identifier: Apache-2.0 */
#include "gossip/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

bool
gossip_address_set(struct gossip_address *a, struct str ip, uint16_t port)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	*a = (struct gossip_address){ .port = port };
	if (ip.n != 4 && ip.n != 16)
		return false;
	if (ip.n == 16 && memcmp(ip.p, mapped, sizeof(mapped)) == 0)
		ip = str_sub(ip, 12, 16);
	memcpy(a->ip, ip.p, ip.n);
	a->n = (uint8_t)ip.n;
	return true;
}

bool
gossip_address_eq(const struct gossip_address *a, const struct gossip_address *b)
{
	return a->n == b->n && a->port == b->port && memcmp(a->ip, b->ip, a->n) == 0;
}

bool
gossip_address_unroutable(const struct gossip_address *a)
{
	static const unsigned char nothing[16], loopback[16] = { [15] = 1 };

	if (a->n == 4)
		return a->ip[0] == 127 || memcmp(a->ip, nothing, 4) == 0;
	return memcmp(a->ip, nothing, 16) == 0 || memcmp(a->ip, loopback, 16) == 0;
}

struct gossip_address_text
gossip_address_text(const struct gossip_address *a)
{
	struct gossip_address_text out = { "" };
	char ip[INET6_ADDRSTRLEN];

	if (a->n == 0 || inet_ntop(a->n == 4 ? AF_INET : AF_INET6, a->ip, ip, sizeof(ip)) == NULL)
		return out;
	snprintf(out.s, sizeof(out.s), a->n == 4 ? "%s:%u" : "[%s]:%u", ip, (unsigned)a->port);
	return out;
}
