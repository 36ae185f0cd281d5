/* SPDX-License-Identifier: Apache-2.0 */
#include <locale.h>
#include <wctype.h>

#include "base/utf8.h"

/* ASCII is known; beyond it the C library's Unicode tables are asked. */
static locale_t
unicode(void)
{
	static locale_t loc;

	if (loc == (locale_t)0)
		loc = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return loc;
}

bool
rune_is_space(uint32_t r)
{
	switch (r) {
	case '\t': case '\n': case '\v': case '\f': case '\r': case ' ':
	case 0x85: case 0xA0: case 0x1680: case 0x2028: case 0x2029: case 0x202F:
	case 0x205F: case 0x3000:
		return true;
	default:
		return r >= 0x2000 && r <= 0x200A;
	}
}

bool
rune_is_digit(uint32_t r)
{
	return r >= '0' && r <= '9';
}

bool
rune_is_upper(uint32_t r)
{
	if (r < 0x80)
		return r >= 'A' && r <= 'Z';
	return unicode() != (locale_t)0 && iswupper_l(r, unicode());
}

bool
rune_is_letter(uint32_t r)
{
	if (r < 0x80)
		return (r | 0x20) >= 'a' && (r | 0x20) <= 'z';
	return unicode() != (locale_t)0 && iswalpha_l(r, unicode());
}

bool
rune_is_print(uint32_t r)
{
	if (r < 0x80)
		return r >= 0x20 && r < 0x7F;
	return !rune_is_space(r) && unicode() != (locale_t)0 && iswprint_l(r, unicode());
}

uint32_t
rune_upper(uint32_t r)
{
	if (r < 0x80)
		return r >= 'a' && r <= 'z' ? r - 0x20 : r;
	return unicode() != (locale_t)0 ? towupper_l(r, unicode()) : r;
}

uint32_t
rune_lower(uint32_t r)
{
	if (r < 0x80)
		return r >= 'A' && r <= 'Z' ? r + 0x20 : r;
	return unicode() != (locale_t)0 ? towlower_l(r, unicode()) : r;
}
