/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mailboxes and lists of them, with the leniency and the words of Go's net/mail.
 */
#include <arpa/inet.h>

#include "base/ascii.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "mime_word.h"
#include "text/mime.h"

struct address_parser {
	struct arena *arena;
	struct str s;		/* what is left */
	struct err *e;
};

static bool
fail(struct address_parser *p, const char *what)
{
	return err_set(p->e, ERR_INVALID, "mail: %s", what);
}

/* "mail: WHAT: "QUOTED"" */
static bool
fail_at(struct address_parser *p, const char *what, struct str at)
{
	struct sbuf quoted = SBUF_INIT(SBUF_UNLIMITED);

	quote_go(&quoted, at);
	err_set(p->e, ERR_INVALID, "mail: %s: %s", what, sbuf_cstr(&quoted));
	sbuf_fini(&quoted);
	return false;
}

static char
peek(const struct address_parser *p)
{
	return p->s.n > 0 ? p->s.p[0] : '\0';
}

static void
advance(struct address_parser *p, size_t n)
{
	p->s = str_sub(p->s, n, p->s.n);
}

static bool
consume(struct address_parser *p, char c)
{
	if (p->s.n == 0 || p->s.p[0] != c)
		return false;
	advance(p, 1);
	return true;
}

static void
skip_space(struct address_parser *p)
{
	while (peek(p) == ' ' || peek(p) == '\t')
		advance(p, 1);
}

static bool
is_vchar(uint32_t r)
{
	return (r >= '!' && r <= '~') || r >= 0x80;
}

static bool
is_qtext(uint32_t r)
{
	return is_vchar(r) && r != '\\' && r != '"';
}

static bool
is_wsp(uint32_t r)
{
	return r == ' ' || r == '\t';
}

/* Permissive: with the specials that display names hold in practice. */
static bool
is_atext(uint32_t r, bool permissive)
{
	if (r == '<' || r == '>' || r == '"' || r == ':')
		return false;
	if (r < 0x80 && ascii_in((char)r, "()[];@\\,"))
		return permissive;
	return is_vchar(r);
}

/* The text of a comment whose ( is taken already. */
static bool
take_comment(struct address_parser *p, struct sbuf *text)
{
	unsigned depth = 1;

	while (p->s.n > 0 && depth > 0) {
		if (peek(p) == '\\' && p->s.n > 1)
			advance(p, 1);
		else if (peek(p) == '(')
			depth++;
		else if (peek(p) == ')')
			depth--;
		if (depth > 0 && text != NULL)
			sbuf_putc(text, peek(p));
		advance(p, 1);
	}
	return depth == 0 || fail(p, "misformatted parenthetical comment");
}

static bool
skip_comments(struct address_parser *p)
{
	skip_space(p);
	while (consume(p, '(')) {
		if (!take_comment(p, NULL))
			return false;
		skip_space(p);
	}
	return true;
}

static bool
bad_rune(struct address_parser *p, const char *where, struct str rune)
{
	struct sbuf quoted = SBUF_INIT(SBUF_UNLIMITED);

	quote_go(&quoted, rune);
	err_set(p->e, ERR_INVALID, "mail: bad character in %s: '%.*s'", where,
	    STR_ARG(str_sub(sbuf_get(&quoted), 1, quoted.n - 1)));
	sbuf_fini(&quoted);
	return false;
}

static bool
take_quoted(struct address_parser *p, struct sbuf *out)
{
	struct str s = str_sub(p->s, 1, p->s.n);
	bool escaped = false;

	for (;;) {
		uint32_t r;
		size_t n = utf8_decode(s, &r);
		struct str rune = str_sub(s, 0, n);
		if (n == 0)
			return fail(p, "unclosed quoted-string");
		if (n == 1 && r == RUNE_ERROR)
			return fail_at(p, "invalid utf-8 in quoted-string", p->s);
		s = str_sub(s, n, s.n);
		if (escaped) {
			if (!is_vchar(r) && !is_wsp(r))
				return bad_rune(p, "quoted-string", rune);
			sbuf_str(out, rune);
			escaped = false;
		} else if (is_qtext(r) || is_wsp(r)) {
			sbuf_str(out, rune);
		} else if (r == '"') {
			break;
		} else if (r == '\\') {
			escaped = true;
		} else {
			return bad_rune(p, "quoted-string", rune);
		}
	}
	p->s = s;
	return true;
}

/* A dot-atom. */
static bool
take_atom(struct address_parser *p, bool permissive, struct str *out)
{
	size_t i = 0;

	for (;;) {
		uint32_t r;
		size_t n = utf8_decode(str_sub(p->s, i, p->s.n), &r);
		if (n == 1 && r == RUNE_ERROR)
			return fail_at(p, "invalid utf-8 in address", p->s);
		if (n == 0 || !is_atext(r, permissive))
			break;
		i += n;
	}
	if (i == 0)
		return fail(p, "invalid string");
	*out = str_sub(p->s, 0, i);
	advance(p, i);
	if (permissive)
		return true;
	if (str_starts(*out, STR(".")))
		return fail(p, "leading dot in atom");
	if (str_find(*out, STR("..")) < out->n)
		return fail(p, "double dot in atom");
	if (str_ends(*out, STR(".")))
		return fail(p, "trailing dot in atom");
	return true;
}

/* [127.0.0.1] or [IPv6:…]: kept with its brackets. */
static bool
take_domain_literal(struct address_parser *p, struct str *out)
{
	size_t close = str_chr(p->s, ']');
	unsigned char address[16];
	char text[64];

	if (close == p->s.n)
		return fail(p, "unclosed domain-literal");
	struct str inner = str_sub(p->s, 1, close);
	struct str ip = str_starts(inner, STR("IPv6:")) ? str_sub(inner, 5, inner.n) : inner;
	bool valid = ip.n < sizeof(text);
	if (valid) {
		memcpy(text, ip.n > 0 ? ip.p : "", ip.n);
		text[ip.n] = '\0';
		valid = strlen(text) == ip.n &&
		    (inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1);
	}
	if (!valid)
		return fail_at(p, "invalid ip address in domain-literal", inner);
	*out = str_sub(p->s, 0, close + 1);
	advance(p, close + 1);
	return true;
}

static bool
take_local_and_domain(struct address_parser *p, struct sbuf *out)
{
	struct str part;

	skip_space(p);
	if (p->s.n == 0)
		return fail(p, "no addr-spec");
	if (peek(p) == '"') {
		if (!take_quoted(p, out))
			return false;
		if (out->n == 0)
			return fail(p, "empty quoted string in addr-spec");
	} else {
		if (!take_atom(p, false, &part))
			return false;
		sbuf_str(out, part);
	}
	if (!consume(p, '@'))
		return fail(p, "missing @ in addr-spec");
	skip_space(p);
	if (p->s.n == 0)
		return fail(p, "no domain in addr-spec");
	if (!(peek(p) == '[' ? take_domain_literal(p, &part) : take_atom(p, false, &part)))
		return false;
	sbuf_putc(out, '@');
	sbuf_str(out, part);
	return true;
}

/* local@domain; the parser stays where it was when there is none. */
static bool
take_spec(struct address_parser *p, struct str *out)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str before = p->s;
	bool ok = take_local_and_domain(p, &b);

	if (ok)
		*out = arena_str(p->arena, sbuf_get(&b));
	else
		p->s = before;
	sbuf_fini(&b);
	return ok;
}

/* Appends a word, decoded if it is an encoded one. */
static bool
put_decoded(struct address_parser *p, struct sbuf *out, struct str word, bool *encoded)
{
	struct str charset;
	enum mime_word kind = mime_word_decode(out, word, &charset);

	*encoded = kind == MIME_WORD_DECODED;
	if (kind == MIME_WORD_CHARSET) {
		struct sbuf quoted = SBUF_INIT(SBUF_UNLIMITED);
		quote_go(&quoted, charset);
		err_set(p->e, ERR_INVALID, "charset not supported: %s", sbuf_cstr(&quoted));
		sbuf_fini(&quoted);
		return false;
	}
	if (kind == MIME_WORD_PLAIN)
		sbuf_str(out, word);
	return true;
}

static bool
take_word(struct address_parser *p, struct sbuf *word, bool *encoded)
{
	struct str atom;

	*encoded = false;
	sbuf_reset(word);
	if (peek(p) == '"')
		return take_quoted(p, word);
	return take_atom(p, true, &atom) && put_decoded(p, word, atom, encoded);
}

/* A display name: words parted by a blank, none between encoded ones. */
static bool
take_phrase(struct address_parser *p, struct str *out)
{
	struct sbuf name = SBUF_INIT(SBUF_UNLIMITED), word = SBUF_INIT(SBUF_UNLIMITED);
	bool encoded, was_encoded = false, ok = true;
	size_t words = 0;

	for (;;) {
		skip_space(p);
		if (p->s.n == 0)
			break;
		ok = take_word(p, &word, &encoded);
		if (!ok)
			break;
		if (words++ > 0 && !(encoded && was_encoded))
			sbuf_putc(&name, ' ');
		sbuf_str(&name, sbuf_get(&word));
		was_encoded = encoded;
	}
	/* Anything that is no word ends the phrase; only the first has to be one. */
	ok = ok || words > 0;
	if (ok)
		*out = arena_str(p->arena, sbuf_get(&name));
	else
		err_ctx(p->e, "mail: missing word in phrase");
	sbuf_fini(&name);
	sbuf_fini(&word);
	return ok;
}

/* local@domain (name) */
static bool
take_comment_name(struct address_parser *p, struct str *out)
{
	struct sbuf comment = SBUF_INIT(SBUF_UNLIMITED), name = SBUF_INIT(SBUF_UNLIMITED);
	bool encoded, ok = consume(p, '(') && take_comment(p, &comment);

	for (struct str s = sbuf_get(&comment); ok && s.n > 0;) {
		size_t end = 0;
		while (end < s.n && !is_wsp((unsigned char)s.p[end]))
			end++;
		if (end > 0) {
			if (name.n > 0)
				sbuf_putc(&name, ' ');
			ok = put_decoded(p, &name, str_sub(s, 0, end), &encoded);
		}
		s = str_sub(s, end + 1, s.n);
	}
	if (ok)
		*out = arena_str(p->arena, sbuf_get(&name));
	sbuf_fini(&comment);
	sbuf_fini(&name);
	return ok;
}

static void
add_address(struct address_parser *p, struct mail_addresses *list, struct str name, struct str spec)
{
	/* Room for a power of two. */
	if ((list->n & (list->n - 1)) == 0)
		list->v = arena_grow(p->arena, list->v, list->n, list->n == 0 ? 1 : 2 * list->n, sizeof(*list->v));
	list->v[list->n++] = (struct mail_address){ name, spec };
}

static bool take_address(struct address_parser *p, bool groups, struct mail_addresses *list);

/* Behind "name:". */
static bool
take_group(struct address_parser *p, struct mail_addresses *list)
{
	skip_space(p);
	if (consume(p, ';'))
		return skip_comments(p);
	for (;;) {
		skip_space(p);
		if (!take_address(p, false, list) || !skip_comments(p))
			return false;
		if (consume(p, ';'))
			return skip_comments(p);
		if (!consume(p, ','))
			return fail(p, "expected comma");
	}
}

static bool
no_angle(struct address_parser *p, struct str name)
{
	bool atext = true;

	while (name.n > 0) {
		uint32_t r;
		size_t n = utf8_decode(name, &r);
		atext = atext && is_atext(r, false);
		name = str_sub(name, n, name.n);
	}
	return fail(p, atext ? "missing '@' or angle-addr" : "no angle-addr");
}

static bool
take_address(struct address_parser *p, bool groups, struct mail_addresses *list)
{
	struct str spec, name = STR_NONE;

	skip_space(p);
	if (p->s.n == 0)
		return fail(p, "no address");
	if (take_spec(p, &spec)) {
		skip_space(p);
		if (peek(p) == '(' && !take_comment_name(p, &name))
			return false;
		add_address(p, list, name, spec);
		return true;
	}
	if (peek(p) != '<' && !take_phrase(p, &name))
		return false;
	skip_space(p);
	if (groups && consume(p, ':'))
		return take_group(p, list);
	if (!consume(p, '<'))
		return no_angle(p, name);
	if (!take_spec(p, &spec))
		return false;
	if (!consume(p, '>'))
		return fail(p, "unclosed angle-addr");
	add_address(p, list, name, spec);
	return true;
}

bool
mail_addresses_parse(struct arena *a, struct str s, struct mail_addresses *out, struct err *e)
{
	struct address_parser p = { .arena = a, .s = s, .e = e };
	struct mail_addresses list = { 0 };

	for (;;) {
		skip_space(&p);
		if (consume(&p, ','))
			continue;
		if (!take_address(&p, true, &list) || !skip_comments(&p))
			return false;
		if (p.s.n == 0)
			break;
		if (peek(&p) != ',')
			return fail(&p, "expected comma");
		while (consume(&p, ','))
			skip_space(&p);
		if (p.s.n == 0)
			break;
	}
	err_clear(e);
	*out = list;
	return true;
}

bool
mail_address_parse(struct arena *a, struct str s, struct mail_address *out, struct err *e)
{
	struct address_parser p = { .arena = a, .s = s, .e = e };
	struct mail_addresses list = { 0 };

	if (!take_address(&p, true, &list) || !skip_comments(&p))
		return false;
	if (p.s.n > 0) {
		struct sbuf quoted = SBUF_INIT(SBUF_UNLIMITED);
		quote_go(&quoted, p.s);
		err_set(e, ERR_INVALID, "mail: expected single address, got %s", sbuf_cstr(&quoted));
		sbuf_fini(&quoted);
		return false;
	}
	if (list.n != 1)
		return fail(&p, list.n == 0 ? "empty group" : "group with multiple addresses");
	err_clear(e);
	*out = list.v[0];
	return true;
}

static void
put_quoted(struct sbuf *b, struct str s)
{
	sbuf_putc(b, '"');
	while (s.n > 0) {
		uint32_t r;
		size_t n = utf8_decode(s, &r);
		if (is_vchar(r) && !is_qtext(r))
			sbuf_putc(b, '\\');
		if (is_vchar(r) || is_wsp(r))
			sbuf_str(b, str_sub(s, 0, n));
		s = str_sub(s, n, s.n);
	}
	sbuf_putc(b, '"');
}

static bool
is_dot_atom(struct str s)
{
	bool ok = s.n > 0 && s.p[0] != '.' && s.p[s.n - 1] != '.' && str_find(s, STR("..")) == s.n;

	while (ok && s.n > 0) {
		uint32_t r;
		size_t n = utf8_decode(s, &r);
		ok = is_atext(r, false);
		s = str_sub(s, n, s.n);
	}
	return ok;
}

void
mail_address_format(struct sbuf *b, const struct mail_address *m)
{
	size_t at = m->address.n;
	bool printable = true;

	for (size_t i = 0; i < m->name.n; i++)
		printable = printable && ((m->name.p[i] >= ' ' && m->name.p[i] <= '~') || m->name.p[i] == '\t');
	if (m->name.n > 0 && printable) {
		put_quoted(b, m->name);
	} else if (m->name.n > 0) {
		/* RFC 2047 5.3: these may not stand in a Q word of a display name. */
		bool special = false;
		for (size_t i = 0; i < m->name.n; i++)
			special = special || ascii_in(m->name.p[i], "\"#$%&'(),.:;<>@[]^`{|}~");
		if (special)
			mime_b_encode(b, m->name);
		else
			mime_q_encode(b, "utf-8", m->name);
	}
	if (m->name.n > 0)
		sbuf_putc(b, ' ');
	while (at > 0 && m->address.p[at - 1] != '@')
		at--;
	struct str local = at > 0 ? str_sub(m->address, 0, at - 1) : m->address;
	sbuf_putc(b, '<');
	if (is_dot_atom(local))
		sbuf_str(b, local);
	else
		put_quoted(b, local);
	sbuf_putc(b, '@');
	sbuf_str(b, at > 0 ? str_sub(m->address, at, m->address.n) : STR_NONE);
	sbuf_putc(b, '>');
}
