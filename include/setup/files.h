/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setup/files.h - patterns of paths, and what loading a configuration needs of files.
 */
#ifndef SETUP_FILES_H
#define SETUP_FILES_H

#include "base/arena.h"
#include "base/err.h"
#include "config/config.h"

/* Whether a file is there and could be read, as far as that is to be known without opening it. */
bool files_readable(const char *path, struct err *e) MUST_CHECK;
/* Paths that fit a Go filepath.Glob pattern, sorted, within *left, which is lowered. ERR_LIMIT: not within it. */
bool files_glob(const char *pattern, struct path_bounds *left, struct arena *a, struct str_list *out,
    struct err *e) MUST_CHECK;

/* The members of a config_env that mean files, environment, kinds and built-in templates. */
void files_config_env(struct config_env *env);
/* From a file or, when the path is that of a directory, from all *.yml and *.yaml in it. */
bool files_load_config(const char *path, const struct config_env *env, struct config **out, struct err *e) MUST_CHECK;

#endif
