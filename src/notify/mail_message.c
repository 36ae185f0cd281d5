/* SPDX-License-Identifier: Apache-2.0 */
#include "mail_message.h"

#include "base/ascii.h"
#include "base/compiler.h"
#include "base/layout.h"
#include "text/mime.h"

static bool
is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return true;
}

static bool
holds_addresses(struct str name)
{
	static const char *const fields[] = { "From", "To", "Cc", "Bcc", "Reply-To", "Sender" };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (str_caseeq(name, str_from(fields[i])))
			return true;
	return false;
}

/* Addresses with names in encoded words; false when value is no list of addresses. */
static bool
encode_addresses(struct sbuf *b, struct str value)
{
	struct arena *a = arena_new();
	struct mail_addresses list;
	bool ok = mail_addresses_parse(a, value, &list, NULL);

	for (size_t i = 0; ok && i < list.n; i++) {
		if (i > 0)
			sbuf_puts(b, ", ");
		mail_address_format(b, &list.v[i]);
	}
	arena_free(&a);
	return ok;
}

void
mail_put_header(struct sbuf *b, struct str name, struct str value)
{
	struct sbuf encoded = SBUF_INIT(b->max), flat = SBUF_INIT(b->max);
	struct str s;

	if (!mime_header_name_valid(name))
		return;
	if (is_ascii(value))
		sbuf_str(&encoded, value);
	else if (!holds_addresses(name) || !encode_addresses(&encoded, value))
		mime_q_encode(&encoded, "utf-8", value);
	/* Encoded words stand on lines of their own: folding is the header's business. */
	s = sbuf_get(&encoded);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\r' && s.p[i] != '\n')
			sbuf_putc(&flat, s.p[i]);
	mime_header(b, name, sbuf_get(&flat));
	b->overflow |= encoded.overflow || flat.overflow;
	sbuf_fini(&encoded);
	sbuf_fini(&flat);
}

void
mail_put_date(struct sbuf *b, struct wall now)
{
	struct zoned_time t = { .at = zone_apply(zone_local(), now, NULL) };

	layout_format(b, STR("Date: Mon, 02 Jan 2006 15:04:05 -0700\r\n"), &t);
}

void
mail_put_automatic(struct sbuf *b)
{
	sbuf_puts(b, "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: OOF, AutoReply\r\n");
}

/* A label of a domain name has no more. */
#define LIST_NAME_MAX 63

void
mail_put_list_id(struct sbuf *b, struct str receiver, struct str from)
{
	struct str domain = STR_NONE;

	for (size_t at = str_chr(from, '@'); at < from.n; at = str_chr(from, '@')) {
		domain = str_sub(from, at + 1, from.n);
		from = domain;
	}
	for (size_t i = 0; i < domain.n; i++)
		if (!ascii_alnum(domain.p[i]) && domain.p[i] != '-' && domain.p[i] != '.')
			domain = STR_NONE;
	sbuf_puts(b, "List-Id: <");
	for (size_t i = 0; i < receiver.n && i < LIST_NAME_MAX; i++)
		sbuf_putc(b, ascii_alnum(receiver.p[i]) ? ascii_lower(receiver.p[i]) : '-');
	sbuf_printf(b, ".alerts.%.*s>\r\n", STR_ARG(domain.n > 0 ? domain : STR("localhost")));
}

static void
put_part(struct sbuf *b, const char *boundary, const char *type, struct str content)
{
	if (content.p == NULL)
		return;
	sbuf_printf(b, "--%s\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: %s; charset=UTF-8\r\n\r\n",
	    boundary, type);
	mime_qp_encode(b, content);
	sbuf_puts(b, "\r\n");
}

void
mail_begin_body(struct sbuf *b, struct rand *rand, char boundary[MAIL_BOUNDARY])
{
	for (size_t i = 0; i < MAIL_BOUNDARY - 1; i++)
		boundary[i] = "0123456789abcdef"[rand_below(rand, 16)];
	boundary[MAIL_BOUNDARY - 1] = '\0';
	sbuf_printf(b, "Content-Type: multipart/alternative;  boundary=%s\r\nMIME-Version: 1.0\r\n\r\n", boundary);
}

void
mail_put_parts(struct sbuf *b, const char *boundary, struct str text, struct str html)
{
	/* Readers take the last alternative that they can show. */
	put_part(b, boundary, "text/plain", text);
	put_part(b, boundary, "text/html", html);
	sbuf_printf(b, "--%s--\r\n", boundary);
}
