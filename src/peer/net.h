/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net.h (private) - addresses, from and to text and sockets.
 */
#ifndef NET_H
#define NET_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "gossip/address.h"

struct bufferevent;

/* "host:port", "[v6]:port" apart, in the words of Go's net.SplitHostPort. */
bool net_split(struct str address, struct str *host, uint16_t *port, struct err *e) MUST_CHECK;
/* An IP address in text. */
bool net_parse_ip(struct str text, uint16_t port, struct gossip_address *out) MUST_CHECK;
socklen_t net_to_socket(const struct gossip_address *a, struct sockaddr_storage *out);
/* The same for a socket of IPv6, which has IPv4 within. */
socklen_t net_to_socket_six(const struct gossip_address *a, struct sockaddr_storage *out);
void net_from_socket(const struct sockaddr_storage *in, struct gossip_address *out);
/* Begins to connect a bufferevent that has no socket. False, with errno: it does not even begin. */
bool net_connect(struct bufferevent *bev, const struct gossip_address *to) MUST_CHECK;
/* No host in particular: 0.0.0.0, ::. */
bool net_is_any(const struct gossip_address *a);

/* The first private address of this host, as RFC 1918, 6598 and 4193 have it; `public`: else any that is not local. */
bool net_find_own(bool public, struct gossip_address *out, struct err *e) MUST_CHECK;

#endif
