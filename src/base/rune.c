/* SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "base/utf8.h"
#include "rune_tables.h"

static bool
in_ranges(const struct rune_range *v, size_t n, uint32_t r)
{
	while (n != 0) {
		const struct rune_range *mid = v + n / 2;

		if (r < mid->lo) {
			n /= 2;
		} else if (r > mid->lo + mid->span) {
			n -= n / 2 + 1;
			v = mid + 1;
		} else {
			return (r - mid->lo) % mid->stride == 0;
		}
	}
	return false;
}

static uint32_t
change_case(const struct rune_case *v, size_t n, uint32_t r)
{
	while (n != 0) {
		const struct rune_case *mid = v + n / 2;

		if (r < mid->lo) {
			n /= 2;
		} else if (r > mid->lo + mid->span) {
			n -= n / 2 + 1;
			v = mid + 1;
		} else {
			return (r - mid->lo) % mid->stride == 0 ? r + (uint32_t)mid->delta : r;
		}
	}
	return r;
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
rune_is_letter(uint32_t r)
{
	if (r < 0x80)
		return (r | 0x20) >= 'a' && (r | 0x20) <= 'z';
	return in_ranges(letters, ARRAY_LEN(letters), r);
}

bool
rune_is_digit(uint32_t r)
{
	if (r < 0x80)
		return r >= '0' && r <= '9';
	return in_ranges(digits, ARRAY_LEN(digits), r);
}

bool
rune_is_upper(uint32_t r)
{
	if (r < 0x80)
		return r >= 'A' && r <= 'Z';
	return in_ranges(uppers, ARRAY_LEN(uppers), r);
}

bool
rune_is_print(uint32_t r)
{
	if (r < 0x80)
		return r >= 0x20 && r < 0x7F;
	return in_ranges(printables, ARRAY_LEN(printables), r);
}

uint32_t
rune_upper(uint32_t r)
{
	if (r < 0x80)
		return r >= 'a' && r <= 'z' ? r - 0x20 : r;
	return change_case(to_upper, ARRAY_LEN(to_upper), r);
}

uint32_t
rune_lower(uint32_t r)
{
	if (r < 0x80)
		return r >= 'A' && r <= 'Z' ? r + 0x20 : r;
	return change_case(to_lower, ARRAY_LEN(to_lower), r);
}
