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

size_t
matcher_marks(const struct matcher *m, const struct text_mark **v)
{
	return m->op == MATCH_RE ? regex_marks(m->re, v) : 0;
}

bool
matcher_wants_label(const struct matcher *m)
{
	switch (m->op) {
	case MATCH_EQ:
		return m->value->n > 0;
	case MATCH_NE:
		return m->value->n == 0;
	case MATCH_RE:
		return !regex_matches_empty(m->re);
	case MATCH_NRE:
		return regex_matches_empty(m->re);
	}
	return false;
}
