/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/owner.h (private) - what the store writes is its owner's alone,
 * whatever the umask: alerts and silences tell of the inside of a network.
 */
#ifndef STORE_OWNER_H
#define STORE_OWNER_H

#include "base/compiler.h"
#include "base/err.h"

/* Makes the directory for us alone if it is missing, its parents as is usual. One that is there stays as it is. */
bool owner_make_directory(const char *path, struct err *e) MUST_CHECK;
/* An empty file that others will open by its name: SQLite gives a log the mode of its database. One that is there stays. */
void owner_make_file(const char *path);
/* Takes from others what earlier versions gave them: of the files in this directory that begin with `name` and are ours. */
void owner_tighten(const char *directory, const char *name);
/* False: it is there, and a pipe, socket or device (or leads to one), which to open or read could last for ever. */
bool owner_check_regular(const char *path, struct err *e) MUST_CHECK;
/* The same of a database and what belongs to it: SQLite would open a pipe too, and wait in it. */
bool owner_check_database(const char *path, struct err *e) MUST_CHECK;
/* Opens for writing what is ours alone, empty. -1 and errno. */
int owner_create(const char *path);

/* A file that root writes for somebody else is to be read by that one: it gets the owner of `like`, a path. */
void owner_give(int fd, const char *like);

#endif
