/* SPDX-License-Identifier: Apache-2.0 */
#include "base/layout.h"

#include "base/ascii.h"

const char *const layout_months[12] = {
	"January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
	"November", "December",
};

const char *const layout_weekdays[7] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
};

static bool
digit_at(struct str s, size_t i)
{
	return i < s.n && ascii_digit(s.p[i]);
}

/* Is a word cut short only if more letters follow? Then it is no element. */
static bool
word(struct str s, const char *text)
{
	size_t n = strlen(text);

	return str_starts(s, str_from(text)) && !(s.n > n && s.p[n] >= 'a' && s.p[n] <= 'z');
}

/* Recognises an offset at the start of s; returns its length. */
static size_t
offset_element(struct str s, struct layout_chunk *c)
{
	static const struct {
		const char *digits;
		bool colon, minutes, seconds;
	} forms[] = {
		{ "070000", false, true, true }, { "07:00:00", true, true, true }, { "0700", false, true, false },
		{ "07:00", true, true, false }, { "07", false, false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		if (!str_starts(str_sub(s, 1, s.n), str_from(forms[i].digits)))
			continue;
		c->code = LAYOUT_OFFSET;
		c->zulu = s.p[0] == 'Z';
		c->colon = forms[i].colon;
		c->minutes = forms[i].minutes;
		c->seconds = forms[i].seconds;
		return 1 + strlen(forms[i].digits);
	}
	return 0;
}

static size_t
fraction_element(struct str s, struct layout_chunk *c)
{
	size_t n = 1;

	if (s.n < 2 || (s.p[1] != '0' && s.p[1] != '9'))
		return 0;
	while (n < s.n && s.p[n] == s.p[1])
		n++;
	if (digit_at(s, n))
		return 0;
	c->code = s.p[1] == '0' ? LAYOUT_FRACTION_0 : LAYOUT_FRACTION_9;
	c->digits = (int)n - 1;
	c->point = s.p[0];
	return n;
}

/* Elements that are plain words, in the order of preference. */
static const struct {
	const char *text;
	bool whole_word;
	enum layout_code code;
} elements[] = {
	{ "January", false, LAYOUT_LONG_MONTH }, { "Jan", true, LAYOUT_MONTH },
	{ "Monday", false, LAYOUT_LONG_WEEKDAY }, { "Mon", true, LAYOUT_WEEKDAY }, { "MST", false, LAYOUT_TZ },
	{ "01", false, LAYOUT_ZERO_MONTH }, { "02", false, LAYOUT_ZERO_DAY }, { "03", false, LAYOUT_ZERO_HOUR12 },
	{ "04", false, LAYOUT_ZERO_MINUTE }, { "05", false, LAYOUT_ZERO_SECOND }, { "06", false, LAYOUT_YEAR },
	{ "002", false, LAYOUT_ZERO_YEARDAY }, { "15", false, LAYOUT_HOUR }, { "1", false, LAYOUT_NUM_MONTH },
	{ "2006", false, LAYOUT_LONG_YEAR }, { "2", false, LAYOUT_DAY }, { "__2", false, LAYOUT_UNDER_YEARDAY },
	{ "_2", false, LAYOUT_UNDER_DAY }, { "3", false, LAYOUT_HOUR12 }, { "4", false, LAYOUT_MINUTE },
	{ "5", false, LAYOUT_SECOND }, { "PM", false, LAYOUT_PM }, { "pm", false, LAYOUT_LOWER_PM },
};

/* Recognises the element at the start of s; returns its length, 0 when there is none. */
static size_t
element(struct str s, struct layout_chunk *c)
{
	if (s.p[0] == '-' || s.p[0] == 'Z')
		return offset_element(s, c);
	if (s.p[0] == '.' || s.p[0] == ',')
		return fraction_element(s, c);
	/* a literal underscore before a year */
	if (str_starts(s, STR("_2006")))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(elements); i++) {
		if (elements[i].text[0] != s.p[0])
			continue;
		if (elements[i].whole_word ? word(s, elements[i].text) :
		    str_starts(s, str_from(elements[i].text))) {
			c->code = elements[i].code;
			return strlen(elements[i].text);
		}
	}
	return 0;
}

struct layout_chunk
layout_next(struct str layout)
{
	struct layout_chunk c = { .prefix = layout };

	for (size_t i = 0; i < layout.n; i++) {
		size_t n = element(str_sub(layout, i, layout.n), &c);
		if (n == 0)
			continue;
		c.prefix = str_sub(layout, 0, i);
		c.text = str_sub(layout, i, i + n);
		c.suffix = str_sub(layout, i + n, layout.n);
		break;
	}
	return c;
}

static void
put_offset(struct sbuf *b, const struct layout_chunk *c, int offset)
{
	int magnitude = offset < 0 ? -offset : offset;

	if (offset == 0 && c->zulu) {
		sbuf_putc(b, 'Z');
		return;
	}
	/* the sign is that of whole minutes */
	sbuf_putc(b, offset / 60 < 0 ? '-' : '+');
	sbuf_printf(b, "%02d", magnitude / 3600);
	if (c->minutes)
		sbuf_printf(b, "%s%02d", c->colon ? ":" : "", magnitude / 60 % 60);
	if (c->seconds)
		sbuf_printf(b, "%s%02d", c->colon ? ":" : "", magnitude % 60);
}

static void
put_fraction(struct sbuf *b, const struct layout_chunk *c, int ns)
{
	char digits[16];
	int n = c->digits > 9 ? 9 : c->digits;

	for (int i = 8; i >= 0; i--, ns /= 10)
		digits[i] = (char)('0' + ns % 10);
	if (c->code == LAYOUT_FRACTION_9) {
		while (n > 0 && digits[n - 1] == '0')
			n--;
		if (n == 0)
			return;
	}
	sbuf_putc(b, c->point);
	sbuf_put(b, digits, (size_t)n);
}

static void
put_year(struct sbuf *b, int64_t year)
{
	if (year < 0)
		sbuf_printf(b, "-%04lld", -(long long)year);
	else
		sbuf_printf(b, "%04lld", (long long)year);
}

static int
hour12(int hour)
{
	return hour % 12 == 0 ? 12 : hour % 12;
}

static void
put_zone(struct sbuf *b, const struct zoned_time *t)
{
	int minutes = t->at.offset / 60;

	if (t->abbreviation.n > 0) {
		sbuf_str(b, t->abbreviation);
		return;
	}
	sbuf_putc(b, minutes < 0 ? '-' : '+');
	if (minutes < 0)
		minutes = -minutes;
	sbuf_printf(b, "%02d%02d", minutes / 60, minutes % 60);
}

static void
put_date_element(struct sbuf *b, const struct layout_chunk *c, const struct civil *d)
{
	switch ((int)c->code) {
	case LAYOUT_LONG_YEAR:
		put_year(b, d->year);
		break;
	case LAYOUT_YEAR:
		sbuf_printf(b, "%02d", d->year < 0 ? 0 : (int)(d->year % 100));
		break;
	case LAYOUT_LONG_MONTH:
		sbuf_puts(b, layout_months[d->month - 1]);
		break;
	case LAYOUT_MONTH:
		sbuf_put(b, layout_months[d->month - 1], 3);
		break;
	case LAYOUT_NUM_MONTH:
		sbuf_printf(b, "%d", d->month);
		break;
	case LAYOUT_ZERO_MONTH:
		sbuf_printf(b, "%02d", d->month);
		break;
	case LAYOUT_LONG_WEEKDAY:
		sbuf_puts(b, layout_weekdays[d->weekday]);
		break;
	case LAYOUT_WEEKDAY:
		sbuf_put(b, layout_weekdays[d->weekday], 3);
		break;
	case LAYOUT_DAY:
		sbuf_printf(b, "%d", d->day);
		break;
	case LAYOUT_UNDER_DAY:
		sbuf_printf(b, "%2d", d->day);
		break;
	case LAYOUT_ZERO_DAY:
		sbuf_printf(b, "%02d", d->day);
		break;
	case LAYOUT_UNDER_YEARDAY:
		sbuf_printf(b, "%3d", d->yearday);
		break;
	case LAYOUT_ZERO_YEARDAY:
		sbuf_printf(b, "%03d", d->yearday);
		break;
	default:
		break;
	}
}

static void
put_time_element(struct sbuf *b, const struct layout_chunk *c, const struct civil *d, const struct zoned_time *t)
{
	switch ((int)c->code) {
	case LAYOUT_HOUR:
		sbuf_printf(b, "%02d", d->hour);
		break;
	case LAYOUT_HOUR12:
		sbuf_printf(b, "%d", hour12(d->hour));
		break;
	case LAYOUT_ZERO_HOUR12:
		sbuf_printf(b, "%02d", hour12(d->hour));
		break;
	case LAYOUT_MINUTE:
		sbuf_printf(b, "%d", d->minute);
		break;
	case LAYOUT_ZERO_MINUTE:
		sbuf_printf(b, "%02d", d->minute);
		break;
	case LAYOUT_SECOND:
		sbuf_printf(b, "%d", d->second);
		break;
	case LAYOUT_ZERO_SECOND:
		sbuf_printf(b, "%02d", d->second);
		break;
	case LAYOUT_PM:
		sbuf_puts(b, d->hour >= 12 ? "PM" : "AM");
		break;
	case LAYOUT_LOWER_PM:
		sbuf_puts(b, d->hour >= 12 ? "pm" : "am");
		break;
	case LAYOUT_TZ:
		put_zone(b, t);
		break;
	case LAYOUT_OFFSET:
		put_offset(b, c, t->at.offset);
		break;
	case LAYOUT_FRACTION_0:
	case LAYOUT_FRACTION_9:
		put_fraction(b, c, t->at.ns);
		break;
	default:
		break;
	}
}

void
layout_format(struct sbuf *b, struct str layout, const struct zoned_time *t)
{
	struct civil d = wall_civil(t->at);

	while (layout.n > 0 && !b->overflow) {
		struct layout_chunk c = layout_next(layout);
		sbuf_str(b, c.prefix);
		if (c.code == LAYOUT_NONE)
			break;
		put_date_element(b, &c, &d);
		put_time_element(b, &c, &d, t);
		layout = c.suffix;
	}
}
