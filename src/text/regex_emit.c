/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree in PCRE2's syntax. Nothing is left to PCRE2's defaults: what could
 * mean something else there is spelled out.
 */
#include <ctype.h>

#include "base/utf8.h"
#include "regex_ast.h"

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
	if (cls->n == 0 && cls->prop_text.n == 0) {
		sbuf_puts(b, cls->negated ? "(?s:.)" : "(?!)");
		return;
	}
	sbuf_puts(b, cls->negated ? "[^" : "[");
	for (size_t i = 0; i < cls->n; i++) {
		sbuf_printf(b, "\\x{%x}", cls->range[i].lo);
		if (cls->range[i].hi != cls->range[i].lo)
			sbuf_printf(b, "-\\x{%x}", cls->range[i].hi);
	}
	sbuf_str(b, cls->prop_text);
	sbuf_putc(b, ']');
}

static void
emit_repeat(struct sbuf *b, const struct rx_node *n, bool captures)
{
	const struct rx_node *sub = n->sub[0];
	bool single = (sub->op == RX_CLASS && !sub->fold && sub->cls->n > 0) || sub->op == RX_ANY_NOT_NL;

	if (!single)
		sbuf_puts(b, "(?:");
	rx_emit(b, sub, captures);
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
emit_subs(struct sbuf *b, const struct rx_node *n, bool captures)
{
	for (size_t i = 0; i < n->n; i++) {
		if (i > 0 && n->op == RX_ALT)
			sbuf_putc(b, '|');
		rx_emit(b, n->sub[i], captures);
	}
}

void
rx_emit(struct sbuf *b, const struct rx_node *n, bool captures)
{
	bool fold = n->fold && (n->op == RX_LITERAL || n->op == RX_CLASS);

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
		sbuf_puts(b, captures ? "(" : "(?:");
		rx_emit(b, n->sub[0], captures);
		sbuf_putc(b, ')');
		break;
	case RX_REPEAT:
		emit_repeat(b, n, captures);
		break;
	case RX_CONCAT:
		emit_subs(b, n, captures);
		break;
	case RX_ALT:
		sbuf_puts(b, "(?:");
		emit_subs(b, n, captures);
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
