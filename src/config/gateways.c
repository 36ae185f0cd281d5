/* SPDX-License-Identifier: Apache-2.0 */
#include "config/gateways.h"

const struct gateway *
config_gateway(const struct config *c, struct str name)
{
	size_t at;

	return names_find(&c->gateway_names, name, &at) ? &c->gateways[at] : NULL;
}
