/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that are folded while there is much to write: no transaction is larger than it has to be, and nothing is lost. */
#include "lib_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lib_row_disk.h"

#define NOTE ((size_t)100 << 10)
enum { LARGE = 120, SMALL = 400 };

static void *places[LARGE + SMALL];

/* A large note each time another one, or a small one. */
static void
post(struct row_log *k, int number, int turn, uint64_t no)
{
	size_t n = number < LARGE ? NOTE : 100;
	char value[16], *text = mem_calloc(n + 1, 1);
	struct label_pair label = { STR("i"), STR("") }, note = { STR("note"), STR("") };
	struct alert *a = NEW(struct alert);

	memset(text, 'x', n);
	memcpy(text, value, (size_t)snprintf(value, sizeof(value), "%d/%d", number, turn));
	note.value = (struct str){ text, n };
	label.value = (struct str){ value, (size_t)snprintf(value, sizeof(value), "%d", number) };
	a->refs = 1;
	a->labels = labels_new(&label, 1);
	a->annotations = labels_new_unhashed(&note, 1);
	a->generator_url = istr_get(STR("http://p"));
	alert_set_starts(a, (struct wall){ 1700000000, 0, 0 });
	alert_set_ends(a, (struct wall){ 1700003600, 0, 0 });
	alert_set_updated(a, (struct wall){ 1700000000, 0, 0 });
	row_log_set(k, a, no, &places[number]);
	alert_unref(a);
	mem_free(text);
}

static void
compare(void *arg, struct row_log *k, struct kept_alert *ka)
{
	const struct kept_alert *other;
	char text[16];

	(void)arg;
	(void)k;
	snprintf(text, sizeof(text), "%.*s", STR_ARG(labels_get(row_log_alert(ka)->labels, STR("i"))));
	other = CONTAINER_OF((struct kept_item *)places[atoi(text)], struct kept_alert, item);
	ck_assert_ptr_eq(row_log_alert(ka)->annotations, row_log_alert(other)->annotations);
}

START_TEST(a_fold_takes_no_more_along_than_it_must)
{
	struct row_log k, again;
	struct row_disk d = { 0 };
	uint64_t no = 0;

	row_log_init(&k);
	for (int turn = 0; turn < 60; turn++) {
		size_t before = d.written;

		for (int i = 0; i < LARGE; i++)
			post(&k, i, turn % 4 == 0 ? turn : turn / 4, ++no);
		for (int i = LARGE + turn % 3; i < LARGE + SMALL; i += 3)
			post(&k, i, turn, ++no);
		row_disk_commit(&k, &d, turn % 7 != 6);
		/* Two megabytes of what is new, and two of what is folded, each with a row on top. */
		if (turn % 7 < 5)
			ck_assert_uint_le(d.written - before, ((size_t)4 << 20) + 3 * ((size_t)256 << 10) + 2 * NOTE);
		if (turn % 7 == 6)
			while (!row_disk_commit(&k, &d, true))
				;
	}
	ck_assert_uint_gt(k.folded, 0);
	while (!row_disk_commit(&k, &d, true))
		;
	row_disk_load(&again, &d);
	ck_assert_uint_eq(again.alerts_n, LARGE + SMALL);
	row_log_each_alert(&again, compare, NULL);
	row_log_fini(&again);
	row_log_fini(&k);
	row_disk_clear(&d);
}
END_TEST

int
main(void)
{
	return RUN("fold", a_fold_takes_no_more_along_than_it_must);
}
