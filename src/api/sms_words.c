/* SPDX-License-Identifier: Apache-2.0 */
#include "sms_words.h"

#include <string.h>

#include "base/ascii.h"
#include "base/compiler.h"
#include "base/duration.h"

#define LENGTH_DEFAULT SPAN_HOUR

static bool
is_among(struct str word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(word, words[i]))
			return true;
	return false;
}

/* Small letters of the beginning, blanks made spaces; quotes are none of the text. */
static struct str
plain(struct str text, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n && n < size; i++) {
		char c = text.p[i];

		if (c == '\'' || c == '"')
			continue;
		out[n++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c == '\t' || c == '\n' || c == '\r' ? ' ' : c);
	}
	return str_trim((struct str){ out, n });
}

static bool
is_ack(struct str word)
{
	static const char *const words[] = { "a", "c", "e", "close" };

	if (is_among(word, words, ARRAY_LEN(words)))
		return true;
	if (!str_starts(word, STR("ack")))
		return false;
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] < 'a' || word.p[i] > 'z')
			return false;
	return true;
}

static bool
read_length(struct str rest, span *length)
{
	*length = LENGTH_DEFAULT;
	if (rest.n == 0)
		return true;
	return duration_parse(rest, length, NULL) && *length >= SPAN_MIN && *length <= SMS_SILENCE_MAX;
}

enum sms_wish
sms_wish(struct str text, span *length)
{
	static const char *const stops[] = { "stop", "stopall", "unsubscribe", "cancel", "end", "quit" };
	static const char *const silences[] = { "sil", "silence", "mute" };
	static const char *const questions[] = { "status", "stat", "?" };
	char buf[100];
	struct str all = plain(text, buf, sizeof(buf)), rest = all, word = str_split(&rest, ' ');

	rest = str_trim(rest);
	if (is_among(all, stops, ARRAY_LEN(stops)))
		return SMS_STOP;
	if (is_among(word, silences, ARRAY_LEN(silences)))
		return read_length(rest, length) ? SMS_SILENCE : SMS_UNCLEAR;
	if (rest.n > 0)
		return SMS_UNCLEAR;
	if (is_among(word, questions, ARRAY_LEN(questions)))
		return SMS_STATUS;
	return is_ack(word) ? SMS_ACK : SMS_UNCLEAR;
}

struct str
sms_digits(struct arena *a, struct str number)
{
	char *p = arena_alloc(a, number.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < number.n; i++) {
		if (ascii_digit(number.p[i]))
			p[n++] = number.p[i];
		else if (strchr("+ -()./", number.p[i]) == NULL)
			return number;
	}
	if (n > 2 && p[0] == '0' && p[1] == '0')
		return (struct str){ p + 2, n - 2 };
	return (struct str){ p, n };
}
