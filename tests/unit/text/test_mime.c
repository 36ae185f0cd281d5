/* SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "lib_text.h"
#include "text/mime.h"

START_TEST(quoted_printable)
{
	static const char *const cases[][2] = {
		{ "", "" },
		{ "foo=bar", "foo=3Dbar" },
		{ "é", "=C3=A9" },
		{ "a\nb\r\nc\rd", "a\r\nb\r\nc\r\nd" },
		{ "a \nb\t\r\nc ", "a=20\r\nb=09\r\nc=20" },
		{ "a  \n", "a =20\r\n" },
		{ "\n\n", "\r\n\r\n" },
		{ "\x01", "=01" },
		{ "123456789012345678901234567890123456789012345678901234567890123456789012345",
		    "123456789012345678901234567890123456789012345678901234567890123456789012345" },
		{ "1234567890123456789012345678901234567890123456789012345678901234567890123456",
		    "123456789012345678901234567890123456789012345678901234567890123456789012345=\r\n6" },
		{ "1234567890123456789012345678901234567890123456789012345678901234567890123é",
		    "1234567890123456789012345678901234567890123456789012345678901234567890123=\r\n=C3=A9" },
		{ "123456789012345678901234567890123456789012345678901234567890123456789012=x",
		    "123456789012345678901234567890123456789012345678901234567890123456789012=3D=\r\nx" },
	};
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str s = exact_copy(str_from(cases[i][0]));
		mime_qp_encode(&b, s);
		ASSERT_BUF(&b, cases[i][1]);
		free((char *)(uintptr_t)s.p);
	}
	sbuf_fini(&b);
}
END_TEST

START_TEST(encoded_words)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	mime_q_encode(&b, "utf-8", STR("[FIRING:1] a=b\t~"));
	ASSERT_BUF(&b, "[FIRING:1] a=b\t~");
	mime_q_encode(&b, "utf-8", STR("¡Hola, señor! =?_"));
	ASSERT_BUF(&b, "=?utf-8?q?=C2=A1Hola,_se=C3=B1or!_=3D=3F=5F?=");
	mime_q_encode(&b, "utf-8", STR("a\nBcc: x@y"));
	ASSERT_BUF(&b, "=?utf-8?q?a=0ABcc:_x@y?=");
	mime_q_encode(&b, "utf-8", STR("éééééééééééééééééééééé"));
	ASSERT_BUF(&b, "=?utf-8?q?=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9?= "
		       "=?utf-8?q?=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9?= "
		       "=?utf-8?q?=C3=A9=C3=A9?=");
	mime_q_encode(&b, "iso-8859-1", STR("\xe9"));
	ASSERT_BUF(&b, "=?iso-8859-1?q?=E9?=");
	sbuf_fini(&b);
}
END_TEST

static void
show(struct sbuf *b, const struct mail_addresses *list)
{
	for (size_t i = 0; i < list->n; i++) {
		sbuf_puts(b, i > 0 ? ";" : "");
		sbuf_str(b, list->v[i].name);
		sbuf_putc(b, '|');
		sbuf_str(b, list->v[i].address);
	}
}

START_TEST(parses_address_lists)
{
	static const char *const cases[][2] = {
		{ "a@b", "|a@b" },
		{ "  a@b , c@d ", "|a@b;|c@d" },
		{ "a@b,,c@d,", "|a@b;|c@d" },
		{ "Joe Q. Public <john.q.public@example.com>", "Joe Q. Public|john.q.public@example.com" },
		{ "\"Joe \\\"Q\\\"\" <a@b>", "Joe \"Q\"|a@b" },
		{ "<a@b>", "|a@b" },
		{ "a@b (Joe (the) Boss)", "Joe (the) Boss|a@b" },
		{ "a@b (c) , d@e", "c|a@b;|d@e" },
		{ "=?utf-8?q?J=C3=B6rg_D?= <a@b>", "Jörg D|a@b" },
		{ "=?utf-8?q?J=C3=B6?= =?UTF-8?B?cmc=?= <a@b>", "Jörg|a@b" },
		{ "=?ISO-8859-1?Q?Keld_J=F8rn?= <a@b>", "Keld Jørn|a@b" },
		{ "=?utf-8?x?a?= <a@b>", "=?utf-8?x?a?=|a@b" },
		{ "Jörg <ä@ö>", "Jörg|ä@ö" },
		{ "\"john doe\"@b", "|john doe@b" },
		{ "Group: a@b, N <c@d>;", "|a@b;N|c@d" },
		{ "Group:;, a@b", "|a@b" },
		{ "a@[127.0.0.1]", "|a@[127.0.0.1]" },
		{ "Asem H. (x) <a@b>", "Asem H. (x)|a@b" },
	};
	struct arena *a = arena_new();
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mail_addresses list;
		struct err e = { 0 };
		struct str s = exact_copy(str_from(cases[i][0]));
		ck_assert_msg(mail_addresses_parse(a, s, &list, &e), "%s: %s", cases[i][0], e.text);
		ck_assert_int_eq(e.kind, ERR_NONE);
		show(&b, &list);
		ASSERT_BUF(&b, cases[i][1]);
		free((char *)(uintptr_t)s.p);
	}
	sbuf_fini(&b);
	arena_free(&a);
}
END_TEST

START_TEST(words_address_errors_like_go)
{
	static const char *const cases[][2] = {
		{ "", "mail: no address" },
		{ "a@b c@d", "mail: expected comma" },
		{ "foo", "mail: missing '@' or angle-addr" },
		{ "Foo Bar", "mail: no angle-addr" },
		{ "a@", "mail: no angle-addr" },
		{ "Foo <a@b", "mail: unclosed angle-addr" },
		{ "Foo <ab>", "mail: missing @ in addr-spec" },
		{ "Foo <a..b@c>", "mail: double dot in atom" },
		{ "Foo <.a@c>", "mail: leading dot in atom" },
		{ "Foo <a@>", "mail: invalid string" },
		{ "Foo <>", "mail: invalid string" },
		{ "Foo <", "mail: no addr-spec" },
		{ "\"Foo", "mail: missing word in phrase: mail: unclosed quoted-string" },
		{ "a@b (c", "mail: misformatted parenthetical comment" },
		{ "G: a@b", "mail: expected comma" },
		{ "=?koi8-r?q?a?= <a@b>", "mail: missing word in phrase: charset not supported: \"koi8-r\"" },
		{ "a\xff@b", "mail: missing word in phrase: mail: invalid utf-8 in address: \"a\\xff@b\"" },
		{ "a@[x]", "mail: no angle-addr" },
		{ "\"a\nb\" <x@y>", "mail: missing word in phrase: mail: bad character in quoted-string: '\\n'" },
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mail_addresses list;
		struct err e = { 0 };
		struct str s = exact_copy(str_from(cases[i][0]));
		ck_assert_msg(!mail_addresses_parse(a, s, &list, &e), "%s", cases[i][0]);
		ck_assert_str_eq(e.text, cases[i][1]);
		free((char *)(uintptr_t)s.p);
	}
	struct mail_address one;
	struct err e = { 0 };
	ck_assert(mail_address_parse(a, STR("A <a@b>"), &one, &e));
	ASSERT_STR(one.name, "A");
	ck_assert(!mail_address_parse(a, STR("a@b, c@d"), &one, &e));
	ck_assert_str_eq(e.text, "mail: expected single address, got \", c@d\"");
	ck_assert(!mail_address_parse(a, STR("g:;"), &one, &e));
	ck_assert_str_eq(e.text, "mail: empty group");
	ck_assert(!mail_address_parse(a, STR("g: a@b, c@d;"), &one, &e));
	ck_assert_str_eq(e.text, "mail: group with multiple addresses");
	arena_free(&a);
}
END_TEST

START_TEST(formats_addresses)
{
	static const struct {
		const char *name, *address, *want;
	} cases[] = {
		{ "", "a@b", "<a@b>" },
		{ "Bob", "a@b", "\"Bob\" <a@b>" },
		{ "Bob \"x\" \\", "a@b", "\"Bob \\\"x\\\" \\\\\" <a@b>" },
		{ "Böb", "a@b", "=?utf-8?q?B=C3=B6b?= <a@b>" },
		{ "Böb, Jacöb", "a@b", "=?utf-8?b?QsO2YiwgSmFjw7Zi?= <a@b>" },
		{ "", "john doe@b", "<\"john doe\"@b>" },
		{ "", "a>b@c", "<\"a>b\"@c>" },
		{ "", ".a@c", "<\".a\"@c>" },
		{ "", "a@b@c", "<\"a@b\"@c>" },
	};
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mail_address m = { str_from(cases[i].name), str_from(cases[i].address) };
		mail_address_format(&b, &m);
		ASSERT_BUF(&b, cases[i].want);
	}
	sbuf_fini(&b);
}
END_TEST

START_TEST(headers)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED), long_word = SBUF_INIT(SBUF_UNLIMITED);

	mime_header(&b, STR("Subject"), STR("hello  world"));
	ASSERT_BUF(&b, "Subject: hello  world\r\n");
	mime_header(&b, STR("To"), STR("a@b\r\nBcc: evil@x\r\n\r\nbody"));
	ASSERT_BUF(&b, "To: a@b  Bcc: evil@x    body\r\n");
	mime_header(&b, STR("Subject"), STR("[FIRING:1] A "));
	ASSERT_BUF(&b, "Subject: [FIRING:1] A \r\n");
	mime_header(&b, STR("X"), STR(""));
	ASSERT_BUF(&b, "X: \r\n");
	mime_header(&b, STR("X"), STR(" \r\n "));
	ASSERT_BUF(&b, "X: \r\n");
	mime_header(&b, STR("Subject"), STR("1234567890 1234567890 1234567890 1234567890 1234567890 1234567890 1234567890 x"));
	ASSERT_BUF(&b, "Subject: 1234567890 1234567890 1234567890 1234567890 1234567890 1234567890\r\n 1234567890 x\r\n");
	for (int i = 0; i < 3000; i++)
		sbuf_puts(&long_word, i % 2 == 0 ? "x" : "é");
	mime_header(&b, STR("X"), sbuf_get(&long_word));
	size_t column = 0;
	for (size_t i = 0; i < b.n; i++) {
		column = b.p[i] == '\n' ? 0 : column + 1;
		ck_assert_uint_le(column, 999);
	}
	ck_assert(mime_header_name_valid(STR("X-Foo_1")));
	ck_assert(!mime_header_name_valid(STR("")) && !mime_header_name_valid(STR("a:b")));
	ck_assert(!mime_header_name_valid(STR("a b")) && !mime_header_name_valid(STR("a\n")) &&
	    !mime_header_name_valid(STR("é")));
	sbuf_fini(&b);
	sbuf_fini(&long_word);
}
END_TEST

START_TEST(names_longer_than_a_line)
{
	struct sbuf name = SBUF_INIT(SBUF_UNLIMITED), b = SBUF_INIT(SBUF_UNLIMITED);
	struct str value = exact_copy(STR("word"));

	for (int i = 0; i < 1200; i++)
		sbuf_putc(&name, 'X');
	mime_header(&b, sbuf_get(&name), value);
	ck_assert(str_ends(sbuf_get(&b), STR(":\x20\r\n word\r\n")));
	sbuf_fini(&name);
	sbuf_fini(&b);
	free((char *)(uintptr_t)value.p);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, quoted_printable);
	tcase_add_test(tc, encoded_words);
	tcase_add_test(tc, parses_address_lists);
	tcase_add_test(tc, words_address_errors_like_go);
	tcase_add_test(tc, formats_addresses);
	tcase_add_test(tc, headers);
	tcase_add_test(tc, names_longer_than_a_line);
}

int
main(void)
{
	return run_suite("mime", add);
}
