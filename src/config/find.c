/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/copy.h"
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

struct str
integration_text(const struct integration *i, char out[INTEGRATION_TEXT_MAX])
{
	char *p = copy_short(out, i->kind->name, strnlen(i->kind->name, INTEGRATION_TEXT_MAX - UINT_DIGITS - 2));

	*p++ = '[';
	p = copy_uint(p, i->index);
	*p++ = ']';
	return (struct str){ out, (size_t)(p - out) };
}
