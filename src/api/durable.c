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
	api_response_header(c->resp, "Retry-After", STR("1"));
	reply_error(c, 503, STR("the disk is slower than what arrives; try again"));
	return false;
}

/* Answered when the copy is complete. */
void
api_backup_post(struct call *c)
{
	const struct api_env *env = &c->api->env;
	struct err e = { 0 };

	if (env->backup == NULL) {
		reply_error(c, 501, STR("there is no durable state"));
	} else if (!env->backup(env->arg, &e)) {
		reply_error(c, 503, str_from(e.text));
	} else {
		c->resp->wait_durable = true;
		reply_empty(c, 200);
	}
}

/* The last copy that was made. */
void
api_backup_get(struct call *c)
{
	const struct api_env *env = &c->api->env;
	struct err e = { 0 };
	struct str bytes;

	if (env->read_backup == NULL || !env->read_backup(env->arg, c->arena, &bytes, &e)) {
		reply_error(c, e.kind == ERR_NOT_FOUND || e.kind == ERR_NONE ? 404 : 500,
		    e.kind == ERR_NOT_FOUND || e.kind == ERR_NONE ? STR("no backup was made yet") : str_from(e.text));
		return;
	}
	c->resp->status = 200;
	api_response_header(c->resp, "Content-Type", STR("application/vnd.sqlite3"));
	sbuf_str(&c->resp->body, bytes);
}
