/* SPDX-License-Identifier: Apache-2.0 */
/* html, base64, digest: text in other clothes. */
#include "base/compiler.h"
#include "base/hex.h"
#include "lib_text.h"
#include "text/base64.h"
#include "text/digest.h"
#include "text/html.h"

START_TEST(html_escapes)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	html_escape(&b, STR("<a href=\"x\">'&'é</a>"));
	ASSERT_BUF(&b, "&lt;a href=&#34;x&#34;&gt;&#39;&amp;&#39;é&lt;/a&gt;");
	html_escape(&b, STR_NONE);
	ASSERT_BUF(&b, "");
	sbuf_fini(&b);
}
END_TEST

START_TEST(html_unescapes)
{
	static const char *const cases[][2] = {
		{ "&lt;b&gt; &amp;&quot;&#39;&#x2F;&apos;", "<b> &\"'/'" },
		{ "&eacute;&Eacute;&nbsp;|&euro;&thetasym;", "éÉ\u00a0|€ϑ" },
		{ "&amp", "&" },
		{ "&ltx", "<x" },
		{ "&nope; &; & &#; &#x; &#xZ;", "&nope; &; & &#; &#x; &#xZ;" },
		{ "&#150;&#0;&#x110000;&#55296;", "–\uFFFD\uFFFD\uFFFD" },
		{ "&#65 &#x41", "A A" },
		{ "&", "&" },
		{ "&averyverylongname;", "&averyverylongname;" },
		{ "&#99999999999999999999;", "\uFFFD" },
	};
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str s = exact_copy(str_from(cases[i][0]));
		html_unescape(&b, s);
		ASSERT_BUF(&b, cases[i][1]);
		free((char *)(uintptr_t)s.p);
	}
	sbuf_fini(&b);
}
END_TEST

START_TEST(base64_both_ways)
{
	static const char *const cases[][2] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "foobar", "Zm9vYmFy" }, { "\xfb\xff\xfe", "+//+" },
	};
	static const char *const bad[] = { "Zg", "Zg=", "Z", "=", "Zg==Zg==", "Zg=a", "Z===", "Zm9v!", "-__-", "====" };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		base64_encode(&b, str_from(cases[i][0]), BASE64_STD);
		ASSERT_BUF(&b, cases[i][1]);
		ck_assert(base64_decode(&b, str_from(cases[i][1]), BASE64_STD));
		ASSERT_BUF(&b, cases[i][0]);
	}
	sbuf_puts(&b, "kept");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ck_assert_msg(!base64_decode(&b, str_from(bad[i]), BASE64_STD), "%s", bad[i]);
		ASSERT_STR(sbuf_get(&b), "kept");
	}
	sbuf_reset(&b);
	base64_encode(&b, STR("\xfb\xff\xfe"), BASE64_URL);
	ASSERT_BUF(&b, "-__-");
	ck_assert(base64_decode(&b, STR("Zm9\r\nv\n"), BASE64_STD));
	ASSERT_BUF(&b, "foo");
	sbuf_fini(&b);
}
END_TEST

START_TEST(digests)
{
	unsigned char any[DIGEST_MAX];
	unsigned char sum[SHA256_SIZE];
	char hex[SHA256_HEX];

	digest_sha256_hex(STR("abc"), hex);
	ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest_sha256_hex(STR_NONE, hex);
	ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	digest_sha1(STR("abc"), sum);
	hex_encode(sum, SHA1_SIZE, hex);
	ck_assert_str_eq(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
	if (digest_md5(STR("abc"), sum)) {
		hex_encode(sum, MD5_SIZE, hex);
		ck_assert_str_eq(hex, "900150983cd24fb0d6963f7d28e17f72");
	}
	/* RFC 4231, case 2. */
	digest_hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), sum);
	hex_encode(sum, SHA256_SIZE, hex);
	ck_assert_str_eq(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	/* The same of other digests: RFC 2202 and RFC 4231. */
	ck_assert_uint_eq(digest_hmac("sha256", STR("Jefe"), STR("what do ya want for nothing?"), any), SHA256_SIZE);
	ck_assert_mem_eq(any, sum, SHA256_SIZE);
	ck_assert_uint_eq(digest_hmac("sha1", STR("Jefe"), STR("what do ya want for nothing?"), any), SHA1_SIZE);
	hex_encode(any, SHA1_SIZE, hex);
	ck_assert_str_eq(hex, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	ck_assert_uint_eq(digest_hmac("sha512", STR("k"), STR(""), any), DIGEST_MAX);
	ck_assert_uint_eq(digest_hmac("sha3", STR("k"), STR(""), any), 0);
	ck_assert(hex_decode("00f0a1", 3, sum));
	ck_assert_mem_eq(sum, "\0\xf0\xa1", 3);
	ck_assert(!hex_decode("0g", 1, sum));
	ck_assert(!hex_decode("aF", 1, sum));
	ck_assert(digest_equal(STR("ab"), STR("ab")) && digest_equal(STR_NONE, STR("")));
	ck_assert(!digest_equal(STR("ab"), STR("ac")) && !digest_equal(STR("ab"), STR("a")));
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, html_escapes);
	tcase_add_test(tc, html_unescapes);
	tcase_add_test(tc, base64_both_ways);
	tcase_add_test(tc, digests);
}

int
main(void)
{
	return run_suite("codecs", add);
}
