/* SPDX-License-Identifier: Apache-2.0 */
/* Durable state: back-pressure, and copies of the database. */
#include "handlers.h"

bool
api_has_room(struct call *c)
{
	const struct api_env *env = &c->api->env;

	if (env->has_room == NULL || env->has_room(env->arg))
		return true;
	/* Nothing was done: whoever posts may try again. */
	http_response_header(c->resp, "Retry-After", STR("1"));
	reply_error(c, 503, STR("the disk is slower than what arrives; try again"));
	return false;
}

/* Answered when the copy is complete, with the copy. */
void
api_backup(struct call *c)
{
	const struct api_env *env = &c->api->env;
	struct err e = { 0 };

	if (env->backup == NULL) {
		reply_error(c, 501, STR("there is no durable state"));
		return;
	}
	c->resp->stream = env->backup(env->arg, &e);
	if (c->resp->stream == NULL) {
		reply_error(c, 503, str_from(e.text));
		return;
	}
	c->resp->status = 200;
	c->resp->wait_durable = true;
	http_response_header(c->resp, "Content-Type", STR("application/vnd.sqlite3"));
}
