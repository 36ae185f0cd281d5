/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>

#include "base/ascii.h"
#include "html_funcs.h"

/* No scheme, or one that does no harm by itself: http, https, mailto. */
static bool
is_safe(struct str s)
{
	struct str scheme = str_sub(s, 0, str_chr(s, ':'));

	if (scheme.n == s.n || str_chr(scheme, '/') < scheme.n)
		return true;
	return str_caseeq(scheme, STR("http")) || str_caseeq(scheme, STR("https")) ||
	    str_caseeq(scheme, STR("mailto"));
}

static bool
keeps(struct str s, size_t i, bool normalize)
{
	unsigned char ch = (unsigned char)s.p[i];

	if (ch >= 0x80 || ch == '\0')
		return false;
	if (isalnum(ch) || strchr("-._~", ch) != NULL)
		return true;
	if (strchr("!#$&*+,/:;=?@[]", ch) != NULL)
		return normalize;
	return ch == '%' && normalize && i + 2 < s.n && isxdigit((unsigned char)s.p[i + 1]) &&
	    isxdigit((unsigned char)s.p[i + 2]);
}

/* Percent-encodes; normalizing leaves the URL's own punctuation and valid escapes. */
static void
process(struct sbuf *b, struct str s, bool normalize)
{
	for (size_t i = 0; i < s.n; i++) {
		if (keeps(s, i, normalize))
			sbuf_putc(b, s.p[i]);
		else
			sbuf_printf(b, "%%%02x", (unsigned char)s.p[i]);
	}
}

HTML_FUNC(html_url_filter)
{
	enum value_trust trust;
	struct str s = html_stringify(c, args, n, &trust);

	*out = trust == TRUST_URL || is_safe(s) ? value_str(s) : value_cstr("#" HTML_FAILSAFE);
	return true;
}

static bool
run(struct value_call *c, const struct value *args, size_t n, bool normalize, struct value *out)
{
	enum value_trust trust;
	struct str s = html_stringify(c, args, n, &trust);
	struct sbuf b = func_buffer(c);

	process(&b, s, normalize || trust == TRUST_URL);
	return func_take(c, &b, out);
}

HTML_FUNC(html_url_escaper)
{
	return run(c, args, n, false, out);
}

HTML_FUNC(html_url_normalizer)
{
	return run(c, args, n, true, out);
}

/* One source: a URL and what is said about it. */
static void
put_source(struct sbuf *b, struct str s)
{
	size_t start = 0, end;
	bool plain = true;

	while (start < s.n && ascii_space(s.p[start]))
		start++;
	for (end = start; end < s.n && !ascii_space(s.p[end]);)
		end++;
	for (size_t i = end; i < s.n; i++)
		plain = plain && (ascii_space(s.p[i]) || (isalnum((unsigned char)s.p[i]) && !(s.p[i] & 0x80)));
	if (!plain || !is_safe(str_sub(s, start, end))) {
		sbuf_puts(b, "#" HTML_FAILSAFE);
		return;
	}
	sbuf_str(b, str_sub(s, 0, start));
	process(b, str_sub(s, start, end), true);
	sbuf_str(b, str_sub(s, end, s.n));
}

HTML_FUNC(html_srcset_escaper)
{
	enum value_trust trust;
	struct str s = html_stringify(c, args, n, &trust);
	struct sbuf b = func_buffer(c), url = func_buffer(c);

	if (trust == TRUST_SRCSET) {
		sbuf_str(&b, s);
	} else if (trust == TRUST_URL) {
		/* A comma would begin the next source. */
		process(&url, s, true);
		struct str u = sbuf_get(&url);
		for (size_t i = 0; i < u.n; i++)
			sbuf_put(&b, u.p[i] == ',' ? "%2c" : u.p + i, u.p[i] == ',' ? 3 : 1);
	} else {
		for (;;) {
			size_t comma = str_chr(s, ',');
			put_source(&b, str_sub(s, 0, comma));
			if (comma >= s.n)
				break;
			sbuf_putc(&b, ',');
			s = str_sub(s, comma + 1, s.n);
		}
	}
	sbuf_fini(&url);
	return func_take(c, &b, out);
}
