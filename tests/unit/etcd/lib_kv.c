/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_kv.h"

#include <string.h>

#include "base/mem.h"

struct str
dup_str(struct str s)
{
	return (struct str){ mem_strndup(s.n > 0 ? s.p : "", s.n), s.n };
}

void
undup_str(struct str s)
{
	mem_free((void *)(uintptr_t)s.p);
}

static size_t
place_of(const struct fake_etcd *f, struct str key, bool *there)
{
	size_t i = 0;

	while (i < f->kvs.n && str_cmp(f->kvs.v[i].key, key) < 0)
		i++;
	*there = i < f->kvs.n && str_eq(f->kvs.v[i].key, key);
	return i;
}

const struct fake_kv *
fake_get(const struct fake_etcd *f, struct str key)
{
	bool there;
	size_t at = place_of(f, key, &there);

	return there ? &f->kvs.v[at] : NULL;
}

/* A NULL value drops it. */
void
fake_set(struct fake_etcd *f, struct str key, const struct str *value, int64_t lease)
{
	bool there;
	size_t at = place_of(f, key, &there);
	struct fake_change c = { .key = dup_str(key), .value = dup_str(value != NULL ? *value : STR_NONE), .gone = value == NULL, .lease = lease };

	c.revision = ++f->revision;
	VEC_PUSH(&f->changes, c);
	if (there) {
		undup_str(f->kvs.v[at].value);
		if (value != NULL) {
			f->kvs.v[at].value = dup_str(*value);
			f->kvs.v[at].revision = f->revision;
			f->kvs.v[at].lease = lease;
			return;
		}
		undup_str(f->kvs.v[at].key);
		memmove(f->kvs.v + at, f->kvs.v + at + 1, (f->kvs.n - at - 1) * sizeof(f->kvs.v[0]));
		f->kvs.n--;
	} else if (value != NULL) {
		VEC_PUSH(&f->kvs, ((struct fake_kv){ 0 }));
		memmove(f->kvs.v + at + 1, f->kvs.v + at, (f->kvs.n - at - 1) * sizeof(f->kvs.v[0]));
		f->kvs.v[at] = (struct fake_kv){ dup_str(key), dup_str(*value), f->revision, f->revision, lease };
	}
}

void
fake_put(struct fake_etcd *f, const char *key, const char *value, int64_t lease)
{
	struct str v = str_from(value);

	fake_set(f, str_from(key), value != NULL ? &v : NULL, lease);
}

void
fake_end_lease(struct fake_etcd *f)
{
	int64_t lease = f->lease;

	f->lease = 0;
	for (size_t i = f->kvs.n; i-- > 0;)
		if (f->kvs.v[i].lease == lease && lease != 0) {
			struct str key = dup_str(f->kvs.v[i].key);

			fake_set(f, key, NULL, 0);
			undup_str(key);
		}
}
