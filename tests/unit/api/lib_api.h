/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_api.h - an API before an engine in a fake world.
 */
#ifndef LIB_API_H
#define LIB_API_H

#include "api/api.h"
#include "fake_world.h"

/*
 * Begins the world with a configuration as lib/fake_config.h reads it. Members that env leaves open are set: the
 * engine and when it started, the build, the kinds of receivers (none).
 */
struct api *api_start(struct fake_world *w, const char *config, struct api_env env);

#endif
