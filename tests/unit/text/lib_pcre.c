/* SPDX-License-Identifier: Apache-2.0 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "lib_pcre.h"

#include <assert.h>
#include <ctype.h>
#include <pcre2.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "regex_prog.h"

static void emit(struct sbuf *b, const struct rx_node *n);

static void
emit_literal(struct sbuf *b, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c >= 0x80 || isalnum(c))
			sbuf_putc(b, (char)c);
		else
			sbuf_printf(b, "\\x%02x", c);
	}
}

static void
emit_class(struct sbuf *b, const struct rx_class *cls)
{
	if (cls->n == 0) {
		sbuf_puts(b, "(?!)");
		return;
	}
	sbuf_putc(b, '[');
	for (size_t i = 0; i < cls->n; i++) {
		sbuf_printf(b, "\\x{%x}", cls->range[i].lo);
		if (cls->range[i].hi != cls->range[i].lo)
			sbuf_printf(b, "-\\x{%x}", cls->range[i].hi);
	}
	sbuf_putc(b, ']');
}

static void
emit_repeat(struct sbuf *b, const struct rx_node *n)
{
	const struct rx_node *sub = n->sub[0];
	bool single = (sub->op == RX_CLASS && sub->cls->n > 0) || sub->op == RX_ANY_NOT_NL;

	if (!single)
		sbuf_puts(b, "(?:");
	emit(b, sub);
	if (!single)
		sbuf_putc(b, ')');
	if (n->min == 0 && n->max == -1)
		sbuf_putc(b, '*');
	else if (n->min == 1 && n->max == -1)
		sbuf_putc(b, '+');
	else if (n->min == 0 && n->max == 1)
		sbuf_putc(b, '?');
	else if (n->max == -1)
		sbuf_printf(b, "{%d,}", n->min);
	else
		sbuf_printf(b, "{%d,%d}", n->min, n->max);
	if (n->lazy)
		sbuf_putc(b, '?');
}

static void
emit_subs(struct sbuf *b, const struct rx_node *n)
{
	for (size_t i = 0; i < n->n; i++) {
		if (i > 0 && n->op == RX_ALT)
			sbuf_putc(b, '|');
		emit(b, n->sub[i]);
	}
}

static void
emit(struct sbuf *b, const struct rx_node *n)
{
	bool fold = n->fold && n->op == RX_LITERAL;

	if (fold)
		sbuf_puts(b, "(?i:");
	switch (n->op) {
	case RX_LITERAL:
		emit_literal(b, n->text);
		break;
	case RX_CLASS:
		emit_class(b, n->cls);
		break;
	case RX_ANY:
		sbuf_puts(b, "(?s:.)");
		break;
	case RX_ANY_NOT_NL:
		sbuf_putc(b, '.');
		break;
	case RX_BEGIN_TEXT:
		sbuf_puts(b, "\\A");
		break;
	case RX_END_TEXT:
		sbuf_puts(b, "\\z");
		break;
	case RX_BEGIN_LINE:
		sbuf_puts(b, "(?m:^)");
		break;
	case RX_END_LINE:
		sbuf_puts(b, "(?m:$)");
		break;
	case RX_WORD:
		sbuf_puts(b, "\\b");
		break;
	case RX_NOT_WORD:
		sbuf_puts(b, "\\B");
		break;
	case RX_CAPTURE:
		sbuf_putc(b, '(');
		emit(b, n->sub[0]);
		sbuf_putc(b, ')');
		break;
	case RX_REPEAT:
		emit_repeat(b, n);
		break;
	case RX_CONCAT:
		emit_subs(b, n);
		break;
	case RX_ALT:
		sbuf_puts(b, "(?:");
		emit_subs(b, n);
		sbuf_putc(b, ')');
		break;
	case RX_EMPTY:
	case RX_PAREN:
	case RX_BAR:
		break;
	}
	if (fold)
		sbuf_putc(b, ')');
}

struct pcre {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
	bool loops_of_nothing;
};

/* Is there a loop around what may be empty? */
static bool
loops_of_nothing(const struct rx_node *n)
{
	if (n->op == RX_REPEAT && n->max != 0 && n->max != 1 && rx_may_be_empty(n->sub[0], false))
		return true;
	for (size_t i = 0; i < n->n; i++)
		if (loops_of_nothing(n->sub[i]))
			return true;
	return false;
}

struct pcre *
pcre_new(struct str pattern)
{
	struct arena *a = arena_new();
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);
	struct pcre *p = NULL;
	struct rx_tree tree;
	int error;
	size_t at;

	if (rx_parse(a, pattern, &tree, NULL)) {
		pcre2_compile_context *ctx = pcre2_compile_context_create(NULL);
		pcre2_set_newline(ctx, PCRE2_NEWLINE_LF);
		pcre2_set_parens_nest_limit(ctx, 4000);
		pcre2_set_compile_extra_options(ctx, PCRE2_EXTRA_ALLOW_SURROGATE_ESCAPES);
		emit(&text, tree.root);
		pcre2_code *code = pcre2_compile((PCRE2_SPTR)sbuf_cstr(&text), text.n,
		    PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_BACKSLASH_C, &error, &at, ctx);
		pcre2_compile_context_free(ctx);
		if (code != NULL) {
			p = NEW(struct pcre);
			*p = (struct pcre){ code, pcre2_match_data_create_from_pattern(code, NULL),
				pcre2_match_context_create(NULL), loops_of_nothing(tree.root) };
			pcre2_set_match_limit(p->limits, 100000);
			pcre2_set_heap_limit(p->limits, 4096);
		}
	}
	sbuf_fini(&text);
	arena_free(&a);
	return p;
}

void
pcre_free(struct pcre **p)
{
	if (*p == NULL)
		return;
	pcre2_match_data_free((*p)->data);
	pcre2_match_context_free((*p)->limits);
	pcre2_code_free((*p)->code);
	mem_free(*p);
	*p = NULL;
}

enum pcre_answer
pcre_match(struct pcre *p, struct str subject, const size_t **offsets)
{
	int rc = pcre2_match(p->code, (PCRE2_SPTR)(subject.n > 0 ? subject.p : ""), subject.n, 0, PCRE2_NO_UTF_CHECK,
	    p->data, p->limits);

	if (rc == PCRE2_ERROR_NOMATCH)
		return PCRE_NO;
	if (rc <= 0)
		return PCRE_GAVE_UP;
	*offsets = p->loops_of_nothing ? NULL : pcre2_get_ovector_pointer(p->data);
	return PCRE_YES;
}
