/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sockets.h (private) - the sockets where others reach this instance.
 */
#ifndef SOCKETS_H
#define SOCKETS_H

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "gossip/address.h"

/* Reads --cluster.listen-address: "IP:port", ":port". */
bool sockets_address(struct str text, struct gossip_address *out, struct err *e) MUST_CHECK;
/* A socket that listens; `a` gets the port that was taken when it is 0. -1 and e: listen tcp …: bind: address already in use. */
int sockets_tcp(struct gossip_address *a, struct err *e) MUST_CHECK;
/* One port for both protocols. */
bool sockets_pair(struct gossip_address *a, int *tcp, int *udp, struct err *e) MUST_CHECK;

#endif
