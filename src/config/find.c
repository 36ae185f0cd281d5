/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

struct receiver *
config_receiver(const struct config *c, struct str name)
{
	size_t i;

	return names_find(&c->receiver_names, name, &i) ? &c->receivers[i] : NULL;
}
