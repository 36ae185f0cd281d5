/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which grammar reads a text: Alertmanager matcher/compat. In fall-back mode
 * both do, the classic one wins where they differ, and somebody is told.
 */
#include "base/mem.h"
#include "matcher_grammar.h"

/* The words of Alertmanager's log, which operators search for. */
static const char incompatible[] =
    "Alertmanager is moving to a new parser for labels and matchers, and this input is incompatible. "
    "Alertmanager has instead parsed the input using the classic matchers parser as a fallback. "
    "To make this input compatible with the UTF-8 matchers parser please make sure all regular expressions "
    "and values are double-quoted and backslashes are escaped. "
    "If you are still seeing this message please open an issue.";
static const char disagreement[] = "Matchers input has disagreement";

void
matchers_move(struct matchers *out, struct matchers *take)
{
	if (out->n == 0) {
		mem_free(out->m);
		*out = *take;
	} else {
		for (size_t i = 0; i < take->n; i++)
			matchers_append(out, &take->m[i]);
		mem_free(take->m);
	}
	*take = (struct matchers){ 0 };
}

static void
warn_incompatible(const struct matcher_warning *w, struct str in, const struct err *why, const struct matchers *ms)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	if (w == NULL)
		return;
	for (size_t i = 0; i < ms->n; i++) {
		if (i != 0)
			sbuf_putc(&b, ',');
		matcher_format(&ms->m[i], &b);
	}
	w->warn(w->arg, incompatible, in, w->origin, why->text, sbuf_get(&b));
	sbuf_fini(&b);
}

/* The result of one grammar on a text. */
struct reading {
	bool ok;
	struct matchers ms;
	struct err err;
};

/*
 * Decides between two readings of one text and leaves the outcome in *utf8.
 * An empty list counts as a difference, as it does there.
 */
static bool
reconcile(struct str in, const struct matcher_warning *w, struct reading *utf8, struct reading *classic)
{
	if (!classic->ok)
		return utf8->ok;
	if (!utf8->ok)
		warn_incompatible(w, in, &utf8->err, &classic->ms);
	else if (utf8->ms.n != 0 && matchers_eq(&utf8->ms, &classic->ms))
		return true;
	else if (w != NULL)
		w->warn(w->arg, disagreement, in, w->origin, NULL, STR_NONE);
	matchers_fini(&utf8->ms);
	matchers_move(&utf8->ms, &classic->ms);
	return true;
}

typedef bool grammar_fn(struct str in, struct matchers *out, struct err *e);

static bool
parse_fallback(struct str in, const struct matcher_warning *w, grammar_fn *utf8_fn, grammar_fn *classic_fn,
    struct matchers *out, struct err *e)
{
	struct reading utf8 = { 0 }, classic = { 0 };
	bool ok;

	utf8.ok = utf8_fn(in, &utf8.ms, &utf8.err);
	classic.ok = classic_fn(in, &classic.ms, &classic.err);
	ok = reconcile(in, w, &utf8, &classic);
	if (ok)
		matchers_move(out, &utf8.ms);
	else
		err_set(e, ERR_INVALID, "%s", classic.err.text);
	matchers_fini(&utf8.ms);
	matchers_fini(&classic.ms);
	return ok;
}

bool
matchers_parse(struct str input, enum matcher_mode mode, const struct matcher_warning *w, struct matchers *out,
    struct err *e)
{
	struct err why = { 0 };
	bool ok = false;

	switch (mode) {
	case MATCHER_FALLBACK:
		ok = parse_fallback(input, w, matchers_parse_utf8, matchers_parse_classic, out, &why);
		break;
	case MATCHER_CLASSIC:
		ok = matchers_parse_classic(input, out, &why);
		break;
	case MATCHER_UTF8:
		ok = matchers_parse_utf8(input, out, &why);
		break;
	}
	return ok || err_set(e, ERR_INVALID, "%s", why.text);
}

static bool
parse_one_utf8(struct str in, struct matchers *out, struct err *e)
{
	if (!matchers_parse_utf8(in, out, e))
		return false;
	if (out->n == 1)
		return true;
	if (out->n == 0)
		err_set(e, ERR_INVALID, "no matchers");
	else
		err_set(e, ERR_INVALID, "expected 1 matcher, found %zu", out->n);
	matchers_fini(out);
	return false;
}

static bool
parse_one_classic(struct str in, struct matchers *out, struct err *e)
{
	struct matcher m;

	if (!matcher_parse_classic(in, &m, e))
		return false;
	matchers_append(out, &m);
	return true;
}

static bool
parse_one(struct str in, enum matcher_mode mode, const struct matcher_warning *w, struct matchers *out, struct err *e)
{
	if (mode == MATCHER_CLASSIC)
		return parse_one_classic(in, out, e);
	if (str_starts(in, STR("{")) || str_ends(in, STR("}")))
		return err_set(e, ERR_INVALID, "unexpected open or close brace: %.*s", STR_ARG(in));
	if (mode == MATCHER_UTF8)
		return parse_one_utf8(in, out, e);
	return parse_fallback(in, w, parse_one_utf8, parse_one_classic, out, e);
}

bool
matcher_parse(struct str input, enum matcher_mode mode, const struct matcher_warning *w, struct matcher *out,
    struct err *e)
{
	struct matchers one = { 0 };
	struct err why = { 0 };

	if (!parse_one(input, mode, w, &one, &why))
		return err_set(e, ERR_INVALID, "%s", why.text);
	*out = one.m[0];
	mem_free(one.m);
	return true;
}
