/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gossip/address.h - where a member is reached: an IP address and a port.
 */
#ifndef GOSSIP_ADDRESS_H
#define GOSSIP_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct gossip_address {
	unsigned char ip[16]; /* in the order of the net; the first n */
	uint8_t n; /* 4 or 16; 0: none */
	uint16_t port;
};

/* Bytes as they stand in a message: 4 or 16; an IPv4 address within IPv6 becomes one of 4. False: another number. */
bool gossip_address_set(struct gossip_address *a, struct str ip, uint16_t port);
bool gossip_address_eq(const struct gossip_address *a, const struct gossip_address *b);
/* Is it this host, by its loopback, or no host at all (unspecified)? */
bool gossip_address_unroutable(const struct gossip_address *a);

/* "10.0.0.1:9094", "[fd00::1]:9094"; "" for none. By value, for use in a call. */
struct gossip_address_text {
	char s[56];
};
struct gossip_address_text gossip_address_text(const struct gossip_address *a);

#endif
