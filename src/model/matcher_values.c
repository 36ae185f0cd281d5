/* SPDX-License-Identifier: Apache-2.0 */
#include "model/matcher.h"
#include "text/regex.h"

size_t
matcher_values(const struct matcher *m, struct str *one, const struct str **v)
{
	if (m->op == MATCH_EQ) {
		*one = istr_str(m->value);
		*v = one;
		return 1;
	}
	return m->op == MATCH_RE ? regex_literals(m->re, v) : 0;
}
