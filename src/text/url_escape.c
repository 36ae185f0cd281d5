/* SPDX-License-Identifier: Apache-2.0 */
#include "url_escape.h"

#include "base/ascii.h"
#include "base/quote.h"

bool
url_should_escape(unsigned char byte, enum url_part part)
{
	char c = (char)byte;

	if (ascii_alnum(c))
		return false;
	if ((part == URL_HOST || part == URL_ZONE) && ascii_in(c, "!$&'()*+,;=:[]<>\""))
		return false;
	if (ascii_in(c, "-_.~"))
		return false;
	if (ascii_in(c, "$&+,/:;=?@")) {
		switch (part) {
		case URL_PATH:
			return c == '?';
		case URL_SEGMENT:
			return ascii_in(c, "/;,?");
		case URL_USER:
			return ascii_in(c, "@/?:");
		case URL_QUERY:
			return true;
		case URL_FRAGMENT:
			return false;
		case URL_HOST:
		case URL_ZONE:
			break;
		}
	}
	return !(part == URL_FRAGMENT && ascii_in(c, "!()*"));
}

static void
put_percent(struct sbuf *b, unsigned char c)
{
	static const char digits[] = "0123456789ABCDEF";
	char out[3] = { '%', digits[c >> 4], digits[c & 15] };

	sbuf_put(b, out, sizeof(out));
}

void
url_escape_but(struct sbuf *b, struct str s, const char *keep)
{
	for (size_t i = 0; i < s.n; i++) {
		if (ascii_alnum(s.p[i]) || ascii_in(s.p[i], "-_.~") || ascii_in(s.p[i], keep))
			sbuf_putc(b, s.p[i]);
		else
			put_percent(b, (unsigned char)s.p[i]);
	}
}

void
url_escape(struct sbuf *b, struct str s, enum url_part part)
{
	size_t run = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (!url_should_escape(c, part))
			continue;
		sbuf_put(b, s.p + run, i - run);
		run = i + 1;
		if (c == ' ' && part == URL_QUERY)
			sbuf_putc(b, '+');
		else
			put_percent(b, c);
	}
	if (s.n > run)
		sbuf_put(b, s.p + run, s.n - run);
}

static bool
bad_escape(struct str at, struct err *e)
{
	struct sbuf quoted = SBUF_INIT(SBUF_UNLIMITED);

	quote_go(&quoted, str_sub(at, 0, 3));
	err_set(e, ERR_INVALID, "invalid URL escape %s", sbuf_cstr(&quoted));
	sbuf_fini(&quoted);
	return false;
}

static bool
bad_host_char(char c, struct err *e)
{
	struct sbuf quoted = SBUF_INIT(SBUF_UNLIMITED);

	quote_go(&quoted, (struct str){ &c, 1 });
	err_set(e, ERR_INVALID, "invalid character %s in host name", sbuf_cstr(&quoted));
	sbuf_fini(&quoted);
	return false;
}

/* Whether a host or zone may hold this escape (RFC 6874; no ASCII but %25 in hosts). */
static bool
escape_allowed(struct str at, enum url_part part)
{
	int high = ascii_hex(at.p[1]), low = ascii_hex(at.p[2]);
	bool percent = at.p[1] == '2' && at.p[2] == '5';

	if (part == URL_HOST)
		return high >= 8 || percent;
	if (part == URL_ZONE) {
		unsigned char v = (unsigned char)(high << 4 | low);
		return percent || v == ' ' || !url_should_escape(v, URL_HOST);
	}
	return true;
}

bool
url_unescape(struct sbuf *b, struct str s, enum url_part part, struct err *e)
{
	bool host = part == URL_HOST || part == URL_ZONE;
	size_t run = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '%') {
			struct str rest = str_sub(s, i, s.n);

			if (rest.n < 3 || ascii_hex(rest.p[1]) < 0 || ascii_hex(rest.p[2]) < 0 ||
			    !escape_allowed(rest, part))
				return bad_escape(rest, e);
			sbuf_put(b, s.p + run, i - run);
			sbuf_putc(b, (char)(ascii_hex(rest.p[1]) << 4 | ascii_hex(rest.p[2])));
			i += 2;
			run = i + 1;
		} else if (c == '+' && part == URL_QUERY) {
			sbuf_put(b, s.p + run, i - run);
			sbuf_putc(b, ' ');
			run = i + 1;
		} else if (host && (unsigned char)c < 0x80 && url_should_escape((unsigned char)c, part)) {
			return bad_host_char(c, e);
		}
	}
	if (s.n > run)
		sbuf_put(b, s.p + run, s.n - run);
	return true;
}
