/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lone instance in the cluster part of /api/v2/status. With a cluster
 * address it shows itself as the one, ready peer, as Alertmanager does.
 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "server_private.h"

/* Crockford's base 32, as ULIDs are written. */
static struct str
random_ulid(struct server *s)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	char text[26];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = digits[rand_below(&s->port.rand, i == 0 ? 8 : 32)];
	return arena_str(s->arena, (struct str){ text, sizeof(text) });
}

/* The first address that is not loopback, or 127.0.0.1. */
static struct str
own_address(struct server *s)
{
	struct ifaddrs *all = NULL;
	struct str found = STR("127.0.0.1");
	char text[INET_ADDRSTRLEN];

	if (getifaddrs(&all) != 0)
		return found;
	for (struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)i->ifa_addr;

		if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET ||
		    (ntohl(in->sin_addr.s_addr) >> 24) == 127)
			continue;
		if (inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text)) != NULL)
			found = arena_str(s->arena, str_from(text));
		break;
	}
	freeifaddrs(all);
	return found;
}

void
server_cluster_init(struct server *s)
{
	struct str listen = s->o->cluster_listen_address, host = listen, port = STR("");

	if (listen.n == 0)
		return;
	for (size_t i = listen.n; i > 0; i--)
		if (listen.p[i - 1] == ':') {
			host = str_sub(listen, 0, i - 1);
			port = str_sub(listen, i, listen.n);
			break;
		}
	if (host.n == 0 || str_is(host, "0.0.0.0") || str_is(host, "[::]"))
		host = own_address(s);
	s->peer_address = s->o->cluster_advertise_address.n > 0
	    ? s->o->cluster_advertise_address
	    : arena_printf(s->arena, "%.*s:%.*s", STR_ARG(host), STR_ARG(port));
	s->peer_name = s->o->cluster_peer_name.n > 0 ? s->o->cluster_peer_name : random_ulid(s);
	if (s->o->cluster_peers.n > 0)
		LOG(&s->log, LOG_WARN,
		    "This build does not join clusters: each instance notifies on its own, so peers will send duplicates",
		    F_CSTR("component", "cluster"), F_STR("peer", s->o->cluster_peers.v[0]));
}

void
server_cluster_status(void *arg, struct arena *a, struct cluster_status *out)
{
	struct server *s = arg;
	struct cluster_peer *self;

	if (s->peer_name.n == 0)
		return;
	self = ARENA_NEW(a, struct cluster_peer);
	*self = (struct cluster_peer){ s->peer_name, s->peer_address };
	*out = (struct cluster_status){ "ready", s->peer_name, self, 1 };
}
