/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"
#include "config/gateways.h"

struct receiver *
config_receiver(const struct config *c, struct str name)
{
	size_t i;

	return names_find(&c->receiver_names, name, &i) ? &c->receivers[i] : NULL;
}

const struct gateway *
config_gateway(const struct config *c, struct str name)
{
	size_t at;

	return names_find(&c->gateway_names, name, &at) ? &c->gateways[at] : NULL;
}
