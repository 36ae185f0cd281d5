/* SPDX-License-Identifier: Apache-2.0 */
/* --sandbox: what the server gives up before its first thread begins. */
#include "config/gateways.h"
#include "config/outputs.h"
#include "loop/sandbox.h"
#include "server_private.h"

/* The directory that a file is in; in the server's arena. */
static const char *
directory_of(struct server *s, struct str path)
{
	size_t n = path.n;

	while (n > 0 && path.p[n - 1] != '/')
		n--;
	return n == 0 ? "." : arena_str(s->arena, str_sub(path, 0, n)).p;
}

bool
server_confine(struct server *s, const struct config *c, struct err *e)
{
	const struct struct_list none = { 0 }, *files = c->event_recorder != NULL ? &c->event_recorder->file_outputs : &none;
	const struct file_output *outputs = files->v;
	const char **writable = ARENA_ARRAY(s->arena, files->n + c->gateways_n + 1 + STORE_COPY_PLACES, const char *);
	struct sandbox box = { .writable = writable, .starts_itself = true };
	struct err failed = { 0 };

	if (!s->o->sandbox)
		return true;
	store_copy_places(writable);
	box.writable_n = STORE_COPY_PLACES;
	/* If it cannot be made the store says so. */
	if (!s->o->feature_memory_only && store_make_directory(s->o->storage_path, &failed))
		writable[box.writable_n++] = s->o->storage_path.n > 0 ? s->o->storage_path.p : ".";
	for (size_t i = 0; i < files->n; i++)
		writable[box.writable_n++] = directory_of(s, outputs[i].path);
	for (size_t i = 0; i < c->gateways_n; i++)
		if (c->gateways[i].spool.n > 0) {
			writable[box.writable_n++] = arena_str(s->arena, c->gateways[i].spool).p;
			box.moves = true;
		}
	if (!sandbox_enter(&box, e))
		return false;
	if (!box.files)
		LOG(&s->log, LOG_WARN, "The kernel has no Landlock: the sandbox leaves all files as they are",
		    F_STR("spools", box.moves ? STR("they need that of 5.19") : STR("none")));
	if (!box.calls)
		LOG(&s->log, LOG_WARN, "The kernel has no seccomp: the sandbox leaves all system calls as they are");
	return true;
}
