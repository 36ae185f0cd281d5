/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of records as a damaged disk, or another program, may leave it: never a crash. The input is the file's blocks; those that the
 * first byte of the input tells are given a head and a sum that are right, so that what is in them is read.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "redo.h"
#include "redo_record.h"

#define ID 77
#define BLOCKS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char database[64], path[80];

static void
make_names(void)
{
	snprintf(database, sizeof(database), "/dev/shm/fuzz_redo.%d", (int)getpid());
	snprintf(path, sizeof(path), "%s" DB_REDO, database);
}

static void
remove_file(void)
{
	unlink(path);
}

/* The changes in the block, or more than that, are as they were written. */
static void
make_right(unsigned char *block, size_t left, uint64_t no, size_t bytes)
{
	struct redo_head head = { .mark = REDO_MARK, .id = ID, .no = no, .bytes = bytes };

	if (left < sizeof(head) + bytes)
		return;
	memcpy(block, &head, sizeof(head));
	head.sum = redo_record_sum(block, bytes);
	memcpy(block, &head, sizeof(head));
}

static void
write_file(const unsigned char *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, p, n) != (ssize_t)n)
		abort();
	close(fd);
}

static void
read_file(void)
{
	struct db_rows rows = { .arena = arena_new() };
	struct batch b = { 0 }, also = { 0 };
	struct wal_damage damage = { 0 };
	char row[REDO_ROW];

	redo_put_row(ID, 1, row);
	batch_put(&b, TABLE_META, REDO_KEY, (struct str){ row, REDO_ROW }, false);
	batch_put(&b, TABLE_SILENCE, STR("k"), STR("old"), false);
	db_rows_add(&rows, &b);
	redo_read(database, &rows, &also, &damage);
	db_rows_fini(&rows);
	batch_clear(&b);
	batch_clear(&also);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char file[BLOCKS * DIRECT_BLOCK];
	size_t n = size < 3 ? 0 : size - 3 < sizeof(file) ? size - 3 : sizeof(file);

	if (size < 3)
		return 0;
	if (path[0] == '\0') {
		make_names();
		atexit(remove_file);
	}
	memcpy(file, data + 3, n);
	memset(file + n, 0, sizeof(file) - n);
	for (size_t i = 0; i < BLOCKS; i++)
		if (data[0] & 1u << i)
			make_right(file + i * DIRECT_BLOCK, sizeof(file) - i * DIRECT_BLOCK, 2 + i, (size_t)(data[1] << 8 | data[2]) % DIRECT_BLOCK);
	write_file(file, sizeof(file));
	read_file();
	return 0;
}
