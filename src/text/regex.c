/* SPDX-License-Identifier: Apache-2.0 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "text/regex.h"

#include <assert.h>
#include <pcre2.h>

#include "base/utf8.h"
#include "regex_private.h"

/*
 * How much work one match may be: calls of PCRE2's matcher, and KiB of heap for
 * the interpreter, which takes over where the JIT's stack is too small.
 */
#define MATCH_LIMIT 100000
#define HEAP_LIMIT_KIB 4096
/* Most programs that an alternation is split into because PCRE2 finds it too large. */
#define PROGRAMS_MAX 1024

static pcre2_compile_context *
compile_context(void)
{
	pcre2_compile_context *ctx = pcre2_compile_context_create(NULL);

	assert(ctx != NULL);
	pcre2_set_newline(ctx, PCRE2_NEWLINE_LF);
	pcre2_set_parens_nest_limit(ctx, 4 * RX_HEIGHT_MAX);
	pcre2_set_compile_extra_options(ctx, PCRE2_EXTRA_ALLOW_SURROGATE_ESCAPES);
	return ctx;
}

/* NULL when PCRE2 finds it too large. */
static pcre2_code *
compile_text(pcre2_compile_context *ctx, const struct sbuf *text)
{
	int code;
	size_t offset;
	pcre2_code *re = pcre2_compile((PCRE2_SPTR)sbuf_cstr(text), text->n,
	    PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_BACKSLASH_C, &code, &offset, ctx);

	if (re != NULL)
		(void)pcre2_jit_compile(re, PCRE2_JIT_COMPLETE);
	return re;
}

static void
add_program(struct regex *re, pcre2_code *code)
{
	re->program = mem_realloc(re->program, re->programs + 1, sizeof(*re->program));
	re->program[re->programs++] = code;
}

/*
 * Branches of an anchored expression as one program, or as several if that is
 * too large: which branch matches is nobody's concern.
 */
static bool
compile_branches(struct regex *re, pcre2_compile_context *ctx, struct rx_node *const *branch, size_t n)
{
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);

	sbuf_puts(&text, "\\A(?:");
	for (size_t i = 0; i < n; i++) {
		sbuf_puts(&text, i > 0 ? "|" : "");
		rx_emit(&text, branch[i], false);
	}
	sbuf_puts(&text, ")\\z");
	pcre2_code *code = compile_text(ctx, &text);
	sbuf_fini(&text);
	if (code != NULL) {
		add_program(re, code);
		return true;
	}
	return n > 1 && re->programs < PROGRAMS_MAX && compile_branches(re, ctx, branch, n / 2) &&
	    compile_branches(re, ctx, branch + n / 2, n - n / 2);
}

static bool
compile_whole(struct regex *re, pcre2_compile_context *ctx, const struct rx_node *root)
{
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);

	rx_emit(&text, root, true);
	pcre2_code *code = compile_text(ctx, &text);
	sbuf_fini(&text);
	if (code != NULL)
		add_program(re, code);
	return code != NULL;
}

static void
collect_names(struct regex *re, const struct rx_node *n)
{
	if (n->op == RX_CAPTURE)
		re->name[n->capture] = mem_strndup(n->name.n > 0 ? n->name.p : "", n->name.n);
	for (size_t i = 0; i < n->n; i++)
		collect_names(re, n->sub[i]);
}

static int
compare_pieces(const void *a, const void *b)
{
	return str_cmp(((const struct rx_piece *)a)->text, ((const struct rx_piece *)b)->text);
}

static bool
is_exact(const struct rx_piece *p)
{
	return p->before == RX_GAP_NONE && p->behind == RX_GAP_NONE;
}

/* Copies the plan's texts into one block that re owns; literals apart, sorted and without duplicates. */
static void
keep_plan(struct regex *re, struct rx_plan *plan)
{
	size_t bytes = plan->prefix.n;

	if (plan->n > 1)
		qsort(plan->piece, plan->n, sizeof(*plan->piece), compare_pieces);
	for (size_t i = 0; i < plan->n; i++)
		bytes += plan->piece[i].text.n;
	char *p = re->text = mem_alloc(bytes);
	memcpy(p, plan->prefix.n > 0 ? plan->prefix.p : "", plan->prefix.n);
	re->prefix = (struct str){ p, plan->prefix.n };
	p += plan->prefix.n;
	re->literal = mem_calloc(plan->n, sizeof(*re->literal));
	re->piece = mem_calloc(plan->n, sizeof(*re->piece));
	for (size_t i = 0; i < plan->n; i++) {
		struct rx_piece piece = plan->piece[i];
		memcpy(p, piece.text.n > 0 ? piece.text.p : "", piece.text.n);
		piece.text.p = p;
		if (!is_exact(&piece))
			re->piece[re->pieces++] = piece;
		else if (re->literals == 0 || !str_eq(re->literal[re->literals - 1], piece.text))
			re->literal[re->literals++] = piece.text;
		p += piece.text.n;
	}
}

static bool
compile(struct regex *re, struct arena *a, struct str pattern, struct err *e)
{
	struct rx_tree tree;
	struct rx_plan plan;
	bool ok = true;

	if (!rx_parse(a, pattern, &tree, e))
		return false;
	rx_plan(a, tree.root, &plan);
	keep_plan(re, &plan);
	re->anchored = plan.anchored;
	pcre2_compile_context *ctx = compile_context();
	if (re->mode == REGEX_SEARCH) {
		re->captures = tree.captures;
		re->name = mem_calloc((size_t)tree.captures + 1, sizeof(*re->name));
		collect_names(re, tree.root);
		ok = compile_whole(re, ctx, tree.root);
	} else if (!plan.anchored) {
		ok = compile_whole(re, ctx, tree.root);
	} else if (plan.others > 0) {
		ok = compile_branches(re, ctx, plan.other, plan.others);
	}
	pcre2_compile_context_free(ctx);
	if (!ok)
		return err_set(e, ERR_INVALID, "error parsing regexp: expression too large: `%.*s`", STR_ARG(pattern));
	re->matches_empty = regex_match(re, STR("")) == REGEX_YES;
	return true;
}

struct regex *
regex_compile(struct str pattern, enum regex_mode mode, struct err *e)
{
	struct sbuf wrapped = SBUF_INIT(SBUF_UNLIMITED);
	struct regex *re = NEW(struct regex);
	struct arena *a = arena_new();

	re->mode = mode;
	re->pattern = (struct str){ mem_strndup(pattern.n > 0 ? pattern.p : "", pattern.n), pattern.n };
	if (mode == REGEX_ANCHORED) {
		sbuf_puts(&wrapped, "^(?:");
		sbuf_str(&wrapped, pattern);
		sbuf_puts(&wrapped, ")$");
	} else {
		sbuf_str(&wrapped, pattern);
	}
	if (!compile(re, a, sbuf_get(&wrapped), e))
		regex_free(&re);
	sbuf_fini(&wrapped);
	arena_free(&a);
	return re;
}

void
regex_free(struct regex **re)
{
	struct regex *r = *re;

	if (r == NULL)
		return;
	for (size_t i = 0; i < r->programs; i++)
		pcre2_code_free(r->program[i]);
	for (int i = 0; r->name != NULL && i <= r->captures; i++)
		mem_free(r->name[i]);
	pcre2_match_data_free(r->data);
	pcre2_match_context_free(r->context);
	mem_free(r->program);
	mem_free(r->name);
	mem_free(r->literal);
	mem_free(r->piece);
	mem_free(r->text);
	mem_free((char *)(uintptr_t)r->pattern.p);
	mem_free(r);
	*re = NULL;
}

struct str
regex_pattern(const struct regex *re)
{
	return re->pattern;
}

/* Made when first needed: many expressions never run a program. */
static void
need_scratch(struct regex *re)
{
	if (re->data != NULL)
		return;
	re->data = pcre2_match_data_create((uint32_t)re->captures + 1, NULL);
	re->context = pcre2_match_context_create(NULL);
	assert(re->data != NULL && re->context != NULL);
	pcre2_set_match_limit(re->context, MATCH_LIMIT);
	pcre2_set_heap_limit(re->context, HEAP_LIMIT_KIB);
}

static int
search(struct regex *re, size_t program, struct str subject, size_t from)
{
	PCRE2_SPTR p = (PCRE2_SPTR)(subject.n > 0 ? subject.p : "");
	int rc = pcre2_match(re->program[program], p, subject.n, from, PCRE2_NO_UTF_CHECK, re->data, re->context);

	if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
		rc = pcre2_match(re->program[program], p, subject.n, from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, re->data,
		    re->context);
	return rc;
}

void
regex_set_meter(struct regex *re, bool (*spend)(void *arg, size_t units), void *arg)
{
	re->spend = spend;
	re->spend_arg = arg;
}

/* Most searches need next to nothing; those that do not are begun anew with more. */
static int
search_metered(struct regex *re, size_t program, struct str subject, size_t from)
{
	static const struct {
		uint32_t limit;
		size_t units;
	} tries[] = { { MATCH_LIMIT / 1000, 10 }, { MATCH_LIMIT / 100, 150 }, { MATCH_LIMIT / 10, 1500 }, { MATCH_LIMIT, 15000 } };
	int rc = PCRE2_ERROR_MATCHLIMIT;

	for (size_t i = 0; i < ARRAY_LEN(tries) && rc == PCRE2_ERROR_MATCHLIMIT; i++) {
		if (!re->spend(re->spend_arg, tries[i].units))
			break;
		pcre2_set_match_limit(re->context, tries[i].limit);
		rc = search(re, program, subject, from);
	}
	return rc;
}

enum regex_result
regex_run(struct regex *re, size_t program, struct str subject, size_t from)
{
	need_scratch(re);
	int rc = re->spend != NULL ? search_metered(re, program, subject, from) : search(re, program, subject, from);

	if (rc > 0)
		return REGEX_YES;
	return rc == PCRE2_ERROR_NOMATCH ? REGEX_NO : REGEX_LIMIT;
}

void
regex_clean(struct sbuf *out, struct str s)
{
	while (s.n > 0) {
		uint32_t rune;
		size_t n = utf8_decode(s, &rune);
		if (rune == RUNE_ERROR)
			sbuf_puts(out, "\xEF\xBF\xBD");
		else
			sbuf_put(out, s.p, n);
		s = str_sub(s, n, s.n);
	}
}

static enum regex_result
run_all(struct regex *re, struct str s)
{
	enum regex_result result = REGEX_NO;

	for (size_t i = 0; i < re->programs; i++) {
		enum regex_result one = regex_run(re, i, s, 0);
		if (one == REGEX_YES)
			return one;
		if (one == REGEX_LIMIT)
			result = one;
	}
	return result;
}

static bool
is_literal(const struct regex *re, struct str s)
{
	size_t lo = 0, hi = re->literals;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = str_cmp(re->literal[mid], s);
		if (c == 0)
			return true;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

enum regex_result
regex_match(const struct regex *cre, struct str subject)
{
	/* Only the scratch memory changes. */
	struct regex *re = (struct regex *)(uintptr_t)cre;

	if (re->anchored) {
		if (is_literal(re, subject))
			return REGEX_YES;
		for (size_t i = 0; i < re->pieces; i++) {
			if (rx_piece_matches(&re->piece[i], subject))
				return REGEX_YES;
		}
		if (!str_starts(subject, re->prefix))
			return REGEX_NO;
	}
	if (re->programs == 0)
		return REGEX_NO;
	if (utf8_valid(subject))
		return run_all(re, subject);
	struct sbuf clean = SBUF_INIT(SBUF_UNLIMITED);
	regex_clean(&clean, subject);
	enum regex_result result = run_all(re, sbuf_get(&clean));
	sbuf_fini(&clean);
	return result;
}

size_t
regex_literals(const struct regex *re, const struct str **v)
{
	bool finite = re->mode == REGEX_ANCHORED && re->anchored && re->pieces == 0 && re->programs == 0;

	*v = re->literal;
	return finite && re->literals <= REGEX_LITERALS_MAX ? re->literals : 0;
}

struct str
regex_prefix(const struct regex *re)
{
	return re->anchored ? re->prefix : STR_NONE;
}

bool
regex_matches_empty(const struct regex *re)
{
	return re->matches_empty;
}
