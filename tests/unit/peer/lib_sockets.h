/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_sockets.h - sockets of tests of members' connections.
 */
#ifndef LIB_SOCKETS_H
#define LIB_SOCKETS_H

#include "gossip/address.h"

/* A socket that listens on loopback, and its address. */
int listening(struct gossip_address *at);
/* A connection to one, made; it blocks. */
int dial_plain(const struct gossip_address *to);

#endif
