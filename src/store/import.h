/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/import.h (private) - Alertmanager's data directory, read once.
 *
 * Its files `nflog` and `silences` are sequences of messages with a varint
 * length in front; a missing file is fine. They are left as they are.
 */
#ifndef STORE_IMPORT_H
#define STORE_IMPORT_H

#include "base/log.h"
#include "db.h"

bool import_directory(const char *dir, struct db *db, const struct log *log, struct err *e) MUST_CHECK;

#endif
