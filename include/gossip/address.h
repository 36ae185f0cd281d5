/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gossip/address.h - where a member is reached: an IP address and a port.
 */
#ifndef GOSSIP_ADDRESS_H
#define GOSSIP_ADDRESS_H

#include <stdint.h>

struct gossip_address {
	unsigned char ip[16];	/* in the order of the net; the first n */
	uint8_t n;		/* 4 or 16; 0: none */
	uint16_t port;
};

#endif
