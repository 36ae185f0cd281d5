/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>

#include "fake_config.h"
#include "lib_api.h"

struct api *
api_start(struct fake_world *w, const char *config, struct api_env env)
{
	static const struct build_info build = { "0.34.1", "r", "b", "u", "d", "C11", "0.1.0" };
	static const struct integration_kind *const kinds[] = { NULL };
	struct err e = { 0 };
	struct config *c;

	world_init(w);
	c = fake_config(str_from(config), w->now.wall, &e);
	ck_assert_msg(c != NULL, "%s", e.text);
	c->global.resolve_timeout = 5 * SPAN_MIN;
	world_start(w, c);
	config_unref(c);
	env.build = &build;
	env.kinds = kinds;
	if (env.port == NULL)
		env.port = &w->port;
	env.engine = w->engine;
	env.started = w->now.wall;
	return api_new(&env);
}
