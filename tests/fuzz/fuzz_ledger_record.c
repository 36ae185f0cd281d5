/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record of an etcd may hold anything: never a crash, and what is taken of it is written such that others take the same of that.
 */
#include <assert.h>
#include <stdlib.h>

#include "model/silence.h"
#include "record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
log_record(struct str value)
{
	struct arena *a = arena_new();
	struct sbuf first = SBUF_INIT(SBUF_UNLIMITED), second = SBUF_INIT(SBUF_UNLIMITED);
	struct log_record r, again;
	struct err e = { 0 };

	if (record_get_log(value, a, &r, &e)) {
		record_put_log(&first, &r);
		assert(record_get_log(sbuf_get(&first), a, &again, &e));
		record_put_log(&second, &again);
		assert(str_eq(sbuf_get(&first), sbuf_get(&second)));
	} else {
		assert(e.kind != ERR_NONE && e.text[0] != '\0');
	}
	sbuf_fini(&first);
	sbuf_fini(&second);
	arena_free(&a);
}

static void
silence_record(struct str value)
{
	struct sbuf first = SBUF_INIT(SBUF_UNLIMITED), second = SBUF_INIT(SBUF_UNLIMITED);
	struct change c, again;
	struct err e = { 0 };

	if (record_get_mesh_silence(value, &c, &e)) {
		record_put_mesh_silence(&first, c.silence, c.expires);
		assert(record_get_mesh_silence(sbuf_get(&first), &again, &e));
		record_put_mesh_silence(&second, again.silence, again.expires);
		assert(str_eq(sbuf_get(&first), sbuf_get(&second)));
		silence_unref((struct silence *)(uintptr_t)c.silence);
		silence_unref((struct silence *)(uintptr_t)again.silence);
	} else {
		assert(e.kind != ERR_NONE && e.text[0] != '\0');
	}
	sbuf_fini(&first);
	sbuf_fini(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str value = { (const char *)data + 1, size - 1 };

	if (size == 0)
		return 0;
	if (data[0] % 2 == 0)
		log_record(value);
	else
		silence_record(value);
	return 0;
}
