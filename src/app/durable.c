/* SPDX-License-Identifier: Apache-2.0 */
/* What the API asks of the store. */
#include "files.h"
#include "server_private.h"

#define BACKUP_MAX ((size_t)2 << 30)

static bool
healthy(void *arg, struct str *why)
{
	struct server *s = arg;
	struct store_health h = store_health(s->store);

	*why = h.problem;
	return h.ok;
}

static bool
has_room(void *arg)
{
	return store_has_room(((struct server *)arg)->store);
}

static bool
begin_backup(void *arg, struct err *e)
{
	return store_backup(((struct server *)arg)->store, e);
}

static bool
read_backup(void *arg, struct arena *a, struct str *out, struct err *e)
{
	struct server *s = arg;

	return files_read(store_backup_path(s->store).p, BACKUP_MAX, a, out, e);
}

void
server_durable_env(struct api_env *env)
{
	env->healthy = healthy;
	env->has_room = has_room;
	env->backup = begin_backup;
	env->read_backup = read_backup;
}
