/* SPDX-License-Identifier: Apache-2.0 */
#include "http/header.h"

#include "base/ascii.h"

bool
http_is_token_char(unsigned char c)
{
	return ascii_alnum((char)c) || ascii_in((char)c, "!#$%&'*+-.^_`|~");
}

bool
http_is_token(struct str s)
{
	/* Names are letters and hyphens, mostly. */
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_letter(s.p[i]) && s.p[i] != '-' && !http_is_token_char((unsigned char)s.p[i]))
			return false;
	return s.n > 0;
}

bool
http_is_header_value(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f)
			return false;
	return true;
}

struct str
http_trim(struct str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

bool
http_header_next(struct str *head, struct http_header *out)
{
	struct str line;

	if (head->n == 0)
		return false;
	line = str_sub(*head, 0, str_chr(*head, '\n'));
	*head = str_sub(*head, line.n + 1, head->n);
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	out->name = str_sub(line, 0, str_chr(line, ':'));
	out->value = http_trim(str_sub(line, out->name.n + 1, line.n));
	return true;
}

struct str
http_canonical_name(struct arena *a, struct str name)
{
	bool upper = true;
	char *p;

	if (!http_is_token(name))
		return name;
	p = arena_alloc(a, name.n + 1);
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (ascii_letter((char)c))
			c = upper ? (unsigned char)(c & ~0x20u) : (unsigned char)(c | 0x20u);
		p[i] = (char)c;
		upper = c == '-';
	}
	p[name.n] = '\0';
	return (struct str){ p, name.n };
}

bool
http_list_next(struct str *list, struct str *element)
{
	size_t comma;

	if (list->n == 0)
		return false;
	comma = str_chr(*list, ',');
	*element = http_trim(str_sub(*list, 0, comma));
	*list = str_sub(*list, comma + 1, list->n);
	return true;
}
