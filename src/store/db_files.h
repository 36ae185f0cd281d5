/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/db_files.h (private) - the files of a database: what is behind its name, and the size of its pages.
 */
#ifndef STORE_DB_FILES_H
#define STORE_DB_FILES_H

#define DB_WAL "-wal"
#define DB_CONFIRMED "-confirmed"
#define DB_REDO "-redo"
#define DB_PAGE 8192

#endif
