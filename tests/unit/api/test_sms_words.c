/* SPDX-License-Identifier: Apache-2.0 */
/* Replies as people and their telephones write them. */

#include "base/compiler.h"
#include "sms_words.h"
#include "suite.h"

static const struct row {
	const char *text;
	enum sms_wish wish;
	span length;
} rows[] = {
	{ "ACK", SMS_ACK, 0 },
	{ " 'a' ", SMS_ACK, 0 },
	{ "acknowledge\n", SMS_ACK, 0 },
	{ "Close", SMS_ACK, 0 },
	{ "ack1", SMS_UNCLEAR, 0 },
	{ "ack please", SMS_UNCLEAR, 0 },
	{ "back", SMS_UNCLEAR, 0 },
	{ "SIL 2h", SMS_SILENCE, 2 * SPAN_HOUR },
	{ "silence\t1d12h", SMS_SILENCE, 36 * SPAN_HOUR },
	{ "sil", SMS_SILENCE, SPAN_HOUR },
	{ "sil 5s", SMS_UNCLEAR, 0 },
	{ "sil 8d", SMS_UNCLEAR, 0 },
	{ "sil two hours", SMS_UNCLEAR, 0 },
	{ "Status", SMS_STATUS, 0 },
	{ "?", SMS_STATUS, 0 },
	{ "stop", SMS_STOP, 0 },
	{ "please stop", SMS_UNCLEAR, 0 },
	{ "", SMS_UNCLEAR, 0 },
	{ "''''", SMS_UNCLEAR, 0 },
	{ "\xff\xfe", SMS_UNCLEAR, 0 },
	{ "sil 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h 1h", SMS_UNCLEAR, 0 },
};

START_TEST(words_mean_what_they_mean)
{
	const struct row *row = &rows[_i];
	span length = 0;

	ck_assert_msg(sms_wish(str_from(row->text), &length) == row->wish, "%s", row->text);
	if (row->wish == SMS_SILENCE)
		ck_assert_msg(length == row->length, "%s", row->text);
}
END_TEST

START_TEST(numbers_are_the_same_however_they_are_written)
{
	static const char *const same[] = { "+90 (532) 111-22-33", "00905321112233", "905321112233" };
	struct arena *a = arena_new();

	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		ck_assert(str_is(sms_digits(a, str_from(same[i])), "905321112233"));
	ck_assert(str_is(sms_digits(a, STR("ALERTS")), "ALERTS"));
	ck_assert(str_is(sms_digits(a, STR("1234")), "1234"));
	arena_free(&a);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, words_mean_what_they_mean, 0, (int)ARRAY_LEN(rows));
	tcase_add_test(tc, numbers_are_the_same_however_they_are_written);
}

int
main(void)
{
	return run_suite("api sms words", add);
}
