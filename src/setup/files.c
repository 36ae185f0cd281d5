/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/embedded.h"
#include "base/mem.h"
#include "base/vec.h"
#include "loop/errno_text.h"
#include "loop/file.h"
#include "notify/notifier.h"
#include "text/glob.h"

bool
files_readable(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) != 0 || access(path, R_OK) != 0)
		return io_error(e, "open", path, errno);
	return !S_ISDIR(st.st_mode) || io_error(e, "read", path, EISDIR);
}

struct globbing {
	struct arena *arena;
	struct path_bounds *left;
	VEC(struct str) found;
};

static bool glob_in(struct globbing *g, const char *pattern, struct err *e);

static bool
look_at(struct globbing *g, struct err *e)
{
	if (g->left->entries == 0)
		return err_set(e, ERR_LIMIT, "too much to look at (allowed: %zu entries of directories for all patterns)",
		    CONFIG_ENTRIES_MAX);
	g->left->entries--;
	return true;
}

static struct str
entry_path(struct arena *a, const char *dir, const char *name)
{
	if (strcmp(dir, ".") == 0)
		return arena_str(a, str_from(name));
	return arena_printf(a, "%s%s%s", dir, strcmp(dir, "/") == 0 ? "" : "/", name);
}

/* The entries of dir whose names fit, in order. */
static bool
glob_dir(struct globbing *g, const char *dir, struct str pattern, struct err *e)
{
	/* Like Go: a directory that cannot be read has no entries. */
	DIR *d = opendir(dir);
	size_t from = g->found.n;
	const struct dirent *entry;
	bool ok = true;

	while (ok && d != NULL && (entry = readdir(d)) != NULL) {
		bool matched = false;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		ok = look_at(g, e) && glob_match(pattern, str_from(entry->d_name), &matched, e);
		if (ok && matched)
			VEC_PUSH(&g->found, entry_path(g->arena, dir, entry->d_name));
	}
	if (d != NULL)
		closedir(d);
	if (g->found.n > from + 1)
		qsort(g->found.v + from, g->found.n - from, sizeof(g->found.v[0]), str_qsort);
	return ok;
}

static bool
glob_in(struct globbing *g, const char *pattern, struct err *e)
{
	const char *slash = strrchr(pattern, '/');
	struct str file = str_from(slash != NULL ? slash + 1 : pattern);
	char *dir = slash == NULL ? mem_strdup(".")
	    : slash == pattern	  ? mem_strdup("/")
				  : mem_strndup(pattern, (size_t)(slash - pattern));
	struct globbing above = { .arena = g->arena, .left = g->left };
	struct stat st;
	bool ok = true;

	if (!glob_has_meta(str_from(pattern))) {
		if (lstat(pattern, &st) == 0)
			VEC_PUSH(&g->found, arena_str(g->arena, str_from(pattern)));
	} else if (!glob_has_meta(str_from(dir))) {
		ok = glob_dir(g, dir, file, e);
	} else {
		ok = glob_in(&above, dir, e);
		for (size_t i = 0; ok && i < above.found.n; i++)
			ok = glob_dir(g, above.found.v[i].p, file, e);
		VEC_FINI(&above.found);
	}
	mem_free(dir);
	return ok;
}

bool
files_glob(const char *pattern, struct path_bounds *left, struct arena *a, struct str_list *out, struct err *e)
{
	struct globbing g = { .arena = a, .left = left };
	struct err bad = { 0 };
	bool ok, ignored;

	/* A malformed pattern is an error even when there is nothing to compare it with. */
	if (!glob_match(str_from(pattern), STR(""), &ignored, &bad) && bad.kind != ERR_NONE) {
		*e = bad;
		return false;
	}
	ok = look_at(&g, e) && glob_in(&g, pattern, e);
	if (ok && g.found.n > left->files)
		ok = err_set(e, ERR_LIMIT, "it fits too many files (allowed: %zu for all patterns)", CONFIG_FILES_MAX);
	left->files -= ok ? g.found.n : 0;
	*out = (struct str_list){ .n = ok ? g.found.n : 0, .present = true };
	out->v = ARENA_ARRAY(a, out->n, struct str);
	for (size_t i = 0; i < out->n; i++)
		out->v[i] = g.found.v[i];
	VEC_FINI(&g.found);
	return ok;
}

static bool
config_name(struct str name)
{
	/* Hidden ones are editors' and, where Kubernetes mounts a ConfigMap, its own. */
	return name.n > 0 && name.p[0] != '.' && (str_ends(name, STR(".yml")) || str_ends(name, STR(".yaml")));
}

/* The files of a configuration in dir, sorted by the bytes of their names. */
static bool
config_files(const char *dir, struct arena *a, struct str_list *out, struct err *e)
{
	VEC(struct str) found = { 0 };
	size_t n = strlen(dir);
	struct dirent *entry;
	DIR *d = opendir(dir);
	int number;

	if (d == NULL)
		return io_error(e, "open", dir, errno);
	while ((errno = 0, entry = readdir(d)) != NULL && found.n <= CONFIG_FILES_MAX) {
		struct stat st;
		struct str path;

		if (!config_name(str_from(entry->d_name)))
			continue;
		path = arena_printf(a, "%s%s%s", dir, n > 0 && dir[n - 1] == '/' ? "" : "/", entry->d_name);
		/* An entry that cannot be looked at is a file until reading it says why not. */
		if (stat(path.p, &st) != 0 || !S_ISDIR(st.st_mode))
			VEC_PUSH(&found, path);
	}
	number = errno;
	closedir(d);
	*out = (struct str_list){ .n = found.n, .present = true };
	out->v = ARENA_ARRAY(a, out->n, struct str);
	for (size_t i = 0; i < out->n; i++)
		out->v[i] = found.v[i];
	VEC_FINI(&found);
	if (out->n > 1)
		qsort(out->v, out->n, sizeof(out->v[0]), str_qsort);
	if (out->n > CONFIG_FILES_MAX)
		return err_set(e, ERR_LIMIT, "%s: more than %zu files of configuration", dir, CONFIG_FILES_MAX);
	return number == 0 || io_error(e, "read", dir, number);
}

static bool
load_directory(const char *dir, const struct config_env *env, struct arena *a, struct config **out, struct err *e)
{
	size_t left = CONFIG_BYTES_MAX;
	struct config_file *files;
	struct str_list paths = { 0 };

	if (!config_files(dir, a, &paths, e))
		return false;
	files = ARENA_ARRAY(a, paths.n, struct config_file);
	for (size_t i = 0; i < paths.n; i++) {
		files[i].path = paths.v[i].p;
		if (!file_read(files[i].path, left, a, &files[i].bytes, e))
			return e->kind != ERR_LIMIT ? false : err_set(e, ERR_LIMIT, "%s: its files have more than %zu bytes "
			    "together", dir, CONFIG_BYTES_MAX);
		left -= files[i].bytes.n;
	}
	return config_load_directory(files, paths.n, dir, env, out, e);
}

bool
files_load_config(const char *path, const struct config_env *env, struct config **out, struct err *e)
{
	struct arena *a = arena_new();
	struct stat st;
	struct str bytes;
	bool ok;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		ok = load_directory(path, env, a, out, e);
	else
		ok = file_read_input(path, CONFIG_BYTES_MAX, a, &bytes, e) && config_load(bytes, path, env, out, e);
	arena_free(&a);
	return ok;
}

static bool
env_read_file(void *arg, const char *path, size_t max, struct arena *a, struct str *out, struct err *e)
{
	(void)arg;
	return file_read(path, max, a, out, e);
}

static bool
env_glob(void *arg, const char *pattern, struct path_bounds *left, struct arena *a, struct str_list *out, struct err *e)
{
	(void)arg;
	return files_glob(pattern, left, a, out, e);
}

static const char *
env_get(void *arg, const char *name)
{
	(void)arg;
	return getenv(name);
}

void
files_config_env(struct config_env *env)
{
	env->kinds = notifier_kinds();
	env->read_file = env_read_file;
	env->glob = env_glob;
	env->env_get = env_get;
	env->builtin_templates = embedded_templates;
}
