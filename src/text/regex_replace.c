/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "regex_private.h"
#include "regex_submatch.h"

/* The bounds of a match's groups, as far as they are asked for. */
struct groups {
	const struct regex *re;
	struct str src;
	size_t *slot;
	int n;		/* groups */
};

/*
 * The name or number behind a $: name, or {name}. False when there is none; *t
 * then stays. *number is -1 when the name is none.
 */
static bool
take_reference(struct str *t, struct str *name, int *number)
{
	bool brace = t->n > 0 && t->p[0] == '{';
	struct str s = str_sub(*t, brace ? 1 : 0, t->n);
	size_t n = 0;

	while (n < s.n) {
		uint32_t rune;
		size_t len = utf8_decode(str_sub(s, n, s.n), &rune);
		if (rune != '_' && !rune_is_letter(rune) && !rune_is_digit(rune))
			break;
		n += len;
	}
	if (n == 0 || (brace && (n >= s.n || s.p[n] != '}')))
		return false;
	*name = str_sub(s, 0, n);
	*number = 0;
	for (size_t i = 0; i < n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || *number >= 100000000) {
			*number = -1;
			break;
		}
		*number = *number * 10 + (s.p[i] - '0');
	}
	if (n > 1 && s.p[0] == '0')
		*number = -1;
	*t = str_sub(s, brace ? n + 1 : n, s.n);
	return true;
}

static bool
took_part(const struct groups *g, int i)
{
	return i < g->n && g->slot[2 * i] != RX_UNSET && g->slot[2 * i + 1] != RX_UNSET;
}

static void
put_group(const struct groups *g, int i, struct sbuf *out)
{
	if (took_part(g, i))
		sbuf_str(out, str_sub(g->src, g->slot[2 * i], g->slot[2 * i + 1]));
}

/*
 * Go Regexp.Expand. Without an output it says how many groups must be known.
 */
static int
expand(const struct groups *g, struct str repl, struct sbuf *out)
{
	const struct regex *re = g->re;
	int groups = 1;

	for (;;) {
		size_t dollar = str_chr(repl, '$');
		struct str name;
		int number;
		if (out != NULL)
			sbuf_str(out, str_sub(repl, 0, dollar));
		if (dollar == repl.n)
			return groups;
		repl = str_sub(repl, dollar + 1, repl.n);
		if (repl.n > 0 && repl.p[0] == '$') {
			if (out != NULL)
				sbuf_putc(out, '$');
			repl = str_sub(repl, 1, repl.n);
		} else if (!take_reference(&repl, &name, &number)) {
			if (out != NULL)
				sbuf_putc(out, '$');
		} else {
			bool done = false;
			for (int i = number >= 0 ? number : 1; i <= re->captures && !done; i++) {
				if (number < 0 && !str_is(name, re->name[i]))
					continue;
				groups = groups > i ? groups : i + 1;
				done = number >= 0 || (out != NULL && took_part(g, i));
				if (out != NULL && done)
					put_group(g, i, out);
			}
		}
	}
}

/* How many groups repl asks for, the whole match included. */
static int
groups_needed(const struct regex *re, struct str repl)
{
	struct groups none = { .re = re };

	return expand(&none, repl, NULL);
}

static bool
replace(struct rx_submatch *m, struct groups *g, struct str repl, struct sbuf *out, struct work *w)
{
	struct str src = g->src;
	size_t copied = 0, at = 0;

	while (at <= src.n && rx_submatch_find(m, src, at, g->slot, w)) {
		size_t from = g->slot[0], to = g->slot[1];
		uint32_t rune;
		sbuf_str(out, str_sub(src, copied, from));
		/* No empty match directly behind another match. */
		if (to > copied || from == 0) {
			work_spend(w, 1 + (int64_t)repl.n / 8);
			(void)expand(g, repl, out);
		}
		copied = to;
		size_t width = utf8_decode(str_sub(src, at, src.n), &rune);
		if (at + width > to)
			at += width;
		else if (at + 1 > to)
			at++;
		else
			at = to;
	}
	sbuf_str(out, str_sub(src, copied, src.n));
	return !work_used_up(w);
}

bool
regex_replace_all(const struct regex *re, struct str repl, struct str src, struct sbuf *out, struct work *w)
{
	struct work endless = { INT64_MAX };
	struct regex_run *run = NULL;
	struct rx_machine *lent = NULL;
	struct groups g = { re, src, NULL, groups_needed(re, repl) };

	assert(re->mode == REGEX_SEARCH);
	if (w == NULL)
		w = &endless;
	/* Saying that nothing matches is cheaper than looking for the place. */
	enum regex_result any = regex_match_some(re, src, &run, w);
	regex_run_free(&run);
	if (any == REGEX_LATER)
		return false;
	if (any == REGEX_NO) {
		sbuf_str(out, src);
		return true;
	}
	struct rx_submatch *m = rx_submatch_new(regex_machine(re, &lent, w)->prog, 2 * g.n);
	g.slot = mem_calloc(2 * (size_t)g.n, sizeof(*g.slot));
	bool ok = replace(m, &g, repl, out, w);
	mem_free(g.slot);
	rx_submatch_free(&m);
	rx_machine_free(&lent);
	return ok;
}
