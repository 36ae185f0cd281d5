/* SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "base/utf8.h"
#include "lib_text.h"
#include "text/regex.h"

static struct regex *
compile(struct str pattern, enum regex_mode mode)
{
	struct err e = { 0 };
	struct str copy = exact_copy(pattern);
	struct regex *re = regex_compile(copy, mode, &e);

	free((char *)(uintptr_t)copy.p);
	ck_assert_msg(re != NULL, "%.*s: %s", STR_ARG(pattern), e.text);
	return re;
}

static bool
match(const char *pattern, enum regex_mode mode, struct str subject)
{
	struct regex *re = compile(str_from(pattern), mode);
	struct str copy = exact_copy(subject);
	bool r = regex_match(re, copy);

	free((char *)(uintptr_t)copy.p);
	regex_free(&re);
	ck_assert_ptr_null(re);
	return r;
}

/* The verdict of Go's regexp.Compile on ^(?:PATTERN)$. */
static const char *const errors[][2] = {
	{ "[a", "missing closing ]: `[a)$`" },
	{ "[)", "missing closing ]: `[))$`" },
	{ "[]", "missing closing ]: `[])$`" },
	{ "(", "missing closing ): `^(?:()$`" },
	{ "a)", "unexpected ): `^(?:a))$`" },
	{ "a**", "invalid nested repetition operator: `**`" },
	{ "a++", "invalid nested repetition operator: `++`" },
	{ "a+?*", "invalid nested repetition operator: `+?*`" },
	{ "x{2}{3}", "invalid nested repetition operator: `{2}{3}`" },
	{ "*a", "missing argument to repetition operator: `*`" },
	{ "a|*", "missing argument to repetition operator: `*`" },
	{ "(?i)+?", "missing argument to repetition operator: `+?`" },
	{ "a{1001}", "invalid repeat count: `{1001}`" },
	{ "a{2,1}", "invalid repeat count: `{2,1}`" },
	{ "(a{100}){100}", "invalid repeat count: `{100}`" },
	{ "a{99999999999999}", "invalid repeat count: `{99999999999999}`" },
	{ "\\8", "invalid escape sequence: `\\8`" },
	{ "\\1", "invalid escape sequence: `\\1`" },
	{ "\\C", "invalid escape sequence: `\\C`" },
	{ "\\Z", "invalid escape sequence: `\\Z`" },
	{ "\\xg1", "invalid escape sequence: `\\xg1`" },
	{ "\\x{110000}", "invalid escape sequence: `\\x{110000`" },
	{ "\\x{}", "invalid escape sequence: `\\x{}`" },
	{ "[\\b]", "invalid escape sequence: `\\b`" },
	{ "[z-a]", "invalid character class range: `z-a`" },
	{ "[[:foo:]]", "invalid character class range: `[:foo:]`" },
	{ "\\pQ", "invalid character class range: `\\pQ`" },
	{ "\\p{Foo}", "invalid character class range: `\\p{Foo}`" },
	{ "\\p{L", "invalid character class range: `\\p{L)$`" },
	{ "(?=a)", "invalid or unsupported Perl syntax: `(?=`" },
	{ "(?!a)", "invalid or unsupported Perl syntax: `(?!`" },
	{ "(?>a)", "invalid or unsupported Perl syntax: `(?>`" },
	{ "(?#c)", "invalid or unsupported Perl syntax: `(?#`" },
	{ "(?x)a", "invalid or unsupported Perl syntax: `(?x`" },
	{ "(?i-)", "invalid or unsupported Perl syntax: `(?i-)`" },
	{ "(?R)", "invalid or unsupported Perl syntax: `(?R`" },
	{ "(?<=a)", "invalid named capture: `(?<=a))$`" },
	{ "(?P<a-b>x)", "invalid named capture: `(?P<a-b>`" },
	{ "(?P<>a)", "invalid named capture: `(?P<>`" },
	{ "a\xff", "invalid UTF-8: `\xff)$`" },
};

START_TEST(words_errors_like_go)
{
	for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
		struct err e = { 0 };
		struct str p = exact_copy(str_from(errors[i][0]));
		ck_assert_msg(regex_compile(p, REGEX_ANCHORED, &e) == NULL, "%s", errors[i][0]);
		ck_assert(str_starts(str_from(e.text), STR("error parsing regexp: ")));
		ck_assert_str_eq(e.text + strlen("error parsing regexp: "), errors[i][1]);
		free((char *)(uintptr_t)p.p);
	}
	struct err e = { 0 };
	ck_assert_ptr_null(regex_compile(STR("a\\"), REGEX_SEARCH, &e));
	ck_assert_str_eq(e.text, "error parsing regexp: trailing backslash at end of expression: ``");
}
END_TEST

START_TEST(bounds_patterns)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct err e = { 0 };

	for (int i = 0; i < 1001; i++)
		sbuf_putc(&b, '(');
	sbuf_putc(&b, 'a');
	for (int i = 0; i < 1001; i++)
		sbuf_putc(&b, ')');
	ck_assert_ptr_null(regex_compile(sbuf_get(&b), REGEX_SEARCH, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "expression nests too deeply"));

	/* Groups that do not capture add no level: no recursion of ours may follow them. */
	sbuf_reset(&b);
	for (int i = 0; i < 9000; i++)
		sbuf_puts(&b, "(?:");
	for (int i = 0; i < 9000; i++)
		sbuf_putc(&b, ')');
	struct regex *re = compile(sbuf_get(&b), REGEX_ANCHORED);
	ck_assert(regex_match(re, STR("")));
	regex_free(&re);

	sbuf_reset(&b);
	for (int i = 0; i < 1100000; i++)
		sbuf_putc(&b, 'a');
	ck_assert_ptr_null(regex_compile(sbuf_get(&b), REGEX_ANCHORED, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "expression too large"));
	sbuf_fini(&b);
}
END_TEST

static const struct {
	const char *pattern, *subject;
	bool anchored, found;
} matches[] = {
	{ "foo", "foo", true, true },
	{ "foo", "xfoo", false, true },
	{ "", "", true, true },
	{ "", "a", false, true },
	{ "foo|bar", "bar", true, true },
	{ "foo|bar", "ba", false, false },
	{ "api-(a|b)[12]?", "api-b2", true, true },
	{ "api-(a|b)[12]?", "api-b3", false, true },
	{ "foo.*", "foo", true, true },
	{ "foo.*", "fooé\xff", true, true },
	{ "foo.*", "foo\nx", false, true },
	{ "(?s)foo.*", "foo\nx", true, true },
	{ "foo.+", "foo", false, false },
	{ "foo.+", "foox", true, true },
	{ ".*foo", "xfoo", true, true },
	{ ".*foo", "x\nfoo", false, true },
	{ ".+foo.+", "xfoox", true, true },
	{ ".+foo.+", "foofoox", true, true },
	{ ".+foo.+", "foox", false, false },
	{ ".*", "", true, true },
	{ ".*", "a\nb", false, true },
	{ ".+.+", "é", false, false },
	{ ".+.+", "éa", true, true },
	{ "^foo$|^bar$", "bar", true, true },
	{ "a$b", "a$b", false, false },
	{ "(?i)FoO", "fOo", true, true },
	{ "(?i)k", "\u212a", true, true },
	{ "(?i)straße", "STRAßE", true, true },
	{ "(?i)Δ", "δ", true, true },
	{ "(?i:a)b", "AB", false, false },
	{ "\\d+", "٣", false, false },
	{ "\\w+", "é", false, false },
	{ "\\s", "\v", false, false },
	{ "[[:space:]]", "\v", true, true },
	{ "\\bfoo\\b", "a foo b", false, true },
	{ "\\pL+", "aéß", true, true },
	{ "\\p{Greek}+", "αβ", true, true },
	{ "\\P{Greek}", "a", true, true },
	{ "[^\\D5]", "4", true, true },
	{ "[^a]", "\n", true, true },
	{ ".", "\n", false, false },
	{ "(?m)^b$", "a\nb\nc", false, true },
	{ "(?m)^$", "a\n", false, true },
	{ "a$", "a\n", false, false },
	{ "\\Qa.b\\E*", "a.bbb", true, true },
	{ "a{,2}", "a{,2}", true, true },
	{ "a{2,3}", "aaa", true, true },
	{ "a{0}", "", true, true },
	{ "[]a]+", "]a", true, true },
	{ "\\x41\\x{1F600}\\101", "A😀A", true, true },
	{ "\\x{d800}", "x", false, false },
	{ "[^\\x00-\\x{10FFFF}]", "x", false, false },
	{ "a|b)(?:c|d", "bc", true, true },
	{ "a)|(?:b", "ax", true, true },
	{ "#x y", "#x y", true, true },
	{ "(?:(?:a*)*)*b", "aab", true, true },
	{ "\\x{fffd}", "\uFFFD", true, true },
	{ ".", "\xff", true, true },
	{ "[^a]", "\xff", true, true },
	{ "\\x{fffd}", "\xff", true, true },
	{ "..", "\xe2\x82", true, true },
};

START_TEST(matches_like_go)
{
	for (size_t i = 0; i < ARRAY_LEN(matches); i++) {
		struct str s = str_from(matches[i].subject);
		ck_assert_msg(match(matches[i].pattern, REGEX_ANCHORED, s) == matches[i].anchored,
		    "anchored %s on %s", matches[i].pattern, matches[i].subject);
		if (matches[i].anchored || strpbrk(matches[i].pattern, ")") == NULL)
			continue;
		ck_assert_msg(match(matches[i].pattern, REGEX_SEARCH, s) == matches[i].found,
		    "search %s on %s", matches[i].pattern, matches[i].subject);
	}
	ck_assert(match("a\\x00?b", REGEX_ANCHORED, BYTES("a\0b")));
	ck_assert(match("a\\x00b|c", REGEX_ANCHORED, BYTES("a\0b")));
	ck_assert(!match("a\\x00b|c", REGEX_ANCHORED, STR("a")));
}
END_TEST

START_TEST(enumerates_literals)
{
	static const struct {
		const char *pattern;
		const char *literals; /* joined by , ; NULL: none */
		const char *prefix;
	} cases[] = {
		{ "foo", "foo", "foo" },
		{ "foo|bar|foo", "bar,foo", "" },
		{ "prod-(eu|us)-[12]", "prod-eu-1,prod-eu-2,prod-us-1,prod-us-2", "prod-" },
		{ "(a|b)?", ",a,b", "" },
		{ "x{2,3}", "xx,xxx", "x" },
		{ "^(?:a|b)$", "a,b", "" },
		{ "", "", "" },
		{ "foo.*", NULL, "foo" },
		{ "foo.*|foobar", NULL, "foo" },
		{ "fo[0-9]+", NULL, "fo" },
		{ "(?i)foo", NULL, "" },
		{ "(?i)12-3", "12-3", "12-3" },
		{ ".*foo", NULL, "" },
		{ "(foo)+", NULL, "foo" },
		{ "(a|b)c", "ac,bc", "" },
		{ "[a-z]", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z", "" },
		{ "\\d{3}", NULL, "" },
		{ "a)|(?:b", NULL, "" },
		{ "\\x{fffd}", NULL, "" },
	};
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct regex *re = compile(str_from(cases[i].pattern), REGEX_ANCHORED);
		const struct str *v;
		size_t n = regex_literals(re, &v);
		for (size_t k = 0; k < n; k++) {
			sbuf_puts(&b, k > 0 ? "," : "");
			sbuf_str(&b, v[k]);
			ck_assert(regex_match(re, v[k]));
		}
		ck_assert_msg((n > 0) == (cases[i].literals != NULL), "%s", cases[i].pattern);
		ASSERT_BUF(&b, cases[i].literals != NULL ? cases[i].literals : "");
		ASSERT_STR(regex_prefix(re), cases[i].prefix);
		ASSERT_STR(regex_pattern(re), cases[i].pattern);
		ck_assert(regex_matches_empty(re) == regex_match(re, STR("")));
		regex_free(&re);
	}
	struct regex *re = compile(STR("foo"), REGEX_SEARCH);
	const struct str *v;
	ck_assert_uint_eq(regex_literals(re, &v), 0);
	ASSERT_STR(regex_prefix(re), "");
	regex_free(&re);
	sbuf_fini(&b);
}
END_TEST

static void
put_marks(struct sbuf *b, const char *pattern)
{
	struct regex *re = compile(str_from(pattern), REGEX_ANCHORED);
	const struct text_mark *v;
	size_t n = regex_marks(re, &v);

	for (size_t i = 0; i < n; i++) {
		sbuf_printf(b, "%s%.*s*", i > 0 ? "|" : "", STR_ARG(v[i].start));
		if (v[i].within.n > 0)
			sbuf_printf(b, "%.*s*", STR_ARG(v[i].within));
		sbuf_str(b, v[i].end);
	}
	regex_free(&re);
}

START_TEST(marks)
{
	static const struct {
		const char *pattern, *marks;
	} cases[] = {
		{ "foo", "foo*foo" },
		{ "foo.*", "foo*" },
		{ ".*foo", "*foo" },
		{ ".+foo.+", "*foo*" },
		{ "web-[0-9]+\\.example\\.org:9100", "web-*.example.org:9100" },
		{ "[a-z]+-prod-[0-9]+", "*-prod-*" },
		{ "(a+)+[bc]17", "a*17" },
		{ "a(x|xy+)long-one(?:z|yz)b", "ax*long-one*zb" },
		{ "(?:[0-9](?:[a-z](middle)[a-z])+)+x", "*middle*x" },
		{ "foo.*|.*bar|x.y", "foo*|*bar|x*y" },
		{ "(a|b)c.*", "ac*|bc*" },
		{ "foo.*|.+", "" },
		{ ".*", "" },
		{ "a*", "" },
		{ "", "" },
		{ "(?i)foo.*", "" },
		{ "(?i:foo)-bar.*", "*-bar*" },
		{ "\\bfoo\\b[^x]*$", "foo*" },
		{ "^foo[^x]*", "foo*" },
		{ "fo\\x{fffd}o.*x", "*x" },
		{ "a)|(?:b", "" },
	};
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		put_marks(&b, cases[i].pattern);
		ck_assert_str_eq(sbuf_cstr(&b), cases[i].marks);
		sbuf_reset(&b);
	}
	/* Too many have only what is common to them. */
	struct sbuf many = SBUF_INIT(SBUF_UNLIMITED);
	for (int i = 0; i < 65; i++)
		sbuf_printf(&many, "%shost-%d.*", i > 0 ? "|" : "", i);
	put_marks(&b, sbuf_cstr(&many));
	ck_assert_str_eq(sbuf_cstr(&b), "host-*");
	sbuf_fini(&many);
	sbuf_fini(&b);
}
END_TEST

static void
same_strings(struct str a, struct str b, const char *pattern)
{
	ck_assert_msg(str_eq(a, b), "%s: %.*s and %.*s", pattern, STR_ARG(a), STR_ARG(b));
}

/* Patterns that are read at sight are to have the plan of the parser, whose way everything in a group goes. */
static void
same_either_way(const char *pattern, const char *subjects)
{
	struct sbuf grouped = SBUF_INIT(SBUF_UNLIMITED);
	struct regex *re = compile(str_from(pattern), REGEX_ANCHORED), *other;
	const struct text_mark *m, *n;
	const struct str *v, *w;
	struct str rest = str_from(subjects);

	sbuf_printf(&grouped, "(?:%s)", pattern);
	other = compile(sbuf_get(&grouped), REGEX_ANCHORED);
	ck_assert_uint_eq(regex_literals(re, &v), regex_literals(other, &w));
	for (size_t i = 0; i < regex_literals(re, &v); i++)
		same_strings(v[i], w[i], pattern);
	ck_assert_uint_eq(regex_marks(re, &m), regex_marks(other, &n));
	for (size_t i = 0; i < regex_marks(re, &m); i++) {
		same_strings(m[i].start, n[i].start, pattern);
		same_strings(m[i].within, n[i].within, pattern);
		same_strings(m[i].end, n[i].end, pattern);
	}
	same_strings(regex_prefix(re), regex_prefix(other), pattern);
	ck_assert(regex_matches_empty(re) == regex_matches_empty(other) && regex_stands_alone(re) == regex_stands_alone(other));
	while (rest.n > 0) {
		struct str s = str_split(&rest, ' ');

		ck_assert_msg(regex_match(re, s) == regex_match(other, s), "%s on %.*s", pattern, STR_ARG(s));
	}
	sbuf_fini(&grouped);
	regex_free(&re);
	regex_free(&other);
}

START_TEST(plain_patterns_are_as_all_others)
{
	static const char *const bits[] = { "a", "b", "ab", ".*", ".+", "|", "[.]", "\\.", "[-]", "[ab]", "-", "", "]", "a?", "b+", "a{2}", "}", "." };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct err e = { 0 };
	uint64_t state = 7;

	for (int i = 0; i < 5000; i++) {
		sbuf_reset(&b);
		for (int k = 0; k < 6; k++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			sbuf_puts(&b, bits[(state >> 33) % ARRAY_LEN(bits)]);
		}
		struct regex *re = regex_compile(sbuf_get(&b), REGEX_ANCHORED, &e);
		if (re == NULL)
			continue;
		regex_free(&re);
		same_either_way(sbuf_cstr(&b), "a b ab ba . a. .a a.b aab -a - ab-ab ]a b} xabx a\nb \na bab. aa bb");
	}
	/* So many have a list, gaps that are compared, marks, and none of these. */
	for (int n = 15; n < 70; n++) {
		for (int gap = 0; gap < 2; gap++) {
			sbuf_reset(&b);
			for (int i = 0; i < n; i++)
				sbuf_printf(&b, "%shost-%d%s", i > 0 ? "|" : "", i, gap ? ".*" : "");
			same_either_way(sbuf_cstr(&b), "host-1 host-69 host- host-14x host-2 xhost-1");
		}
	}
	sbuf_fini(&b);
}
END_TEST

START_TEST(large_alternations)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	/* Literals: no program at all. */
	for (int i = 0; i < 9900; i++)
		sbuf_printf(&b, "%shost-%d\\.example\\.org", i > 0 ? "|" : "", i);
	struct regex *re = compile(sbuf_get(&b), REGEX_ANCHORED);
	const struct str *v;
	ck_assert_uint_eq(regex_literals(re, &v), 0);
	ck_assert(regex_match(re, STR("host-9899.example.org")));
	ck_assert(!regex_match(re, STR("host-20000.example.org")));
	ASSERT_STR(regex_prefix(re), "host-");
	regex_free(&re);

	/* A large program. */
	sbuf_reset(&b);
	for (int i = 0; i < 1500; i++)
		sbuf_printf(&b, "%shost-%d\\.[a-z]+\\.org", i > 0 ? "|" : "", i);
	re = compile(sbuf_get(&b), REGEX_ANCHORED);
	ck_assert(regex_match(re, STR("host-0.x.org")));
	ck_assert(regex_match(re, STR("host-1499.example.org")));
	ck_assert(!regex_match(re, STR("host-1500.example.org")));
	regex_free(&re);
	sbuf_fini(&b);
}
END_TEST

/* Names and cases as Go 1.2x with Unicode 15 has them. */
START_TEST(sets_of_runes)
{
	static const struct {
		const char *pattern, *in, *out;
	} cases[] = {
		{ "\\pL", "aéßж中ａ", "1 .\u0301٣" },
		{ "\\p{Lu}", "AÉЖ", "aéж1" },
		{ "(?i)\\p{Lu}", "AaÉéЖж", "1中" },
		{ "(?i)\\P{Lu}", "1中", "AaÉé" },
		{ "\\PL", "1 ٣", "aЖ" },
		{ "\\p{^Greek}", "aЖ", "αΩ" },
		{ "\\p{greek}", "αΩ", "aж" },
		{ "\\p{Nd}", "5٣", "aⅣ" },
		{ "\\pN", "5٣Ⅳ½", "a" },
		{ "\\p{Yi}", "\ua000", "a" },
		{ "\\p{Old_South_Arabian}", "\U00010a60", "a" },
		{ "[^\\p{L}\\p{N}]", "-\u0301", "aЖ5" },
		{ "(?i)[^\\p{Lu}x]", "1", "aAxX" },
		{ "\\p{Cn}", "\u0378", "a" },
		{ "\\pC", "\x01\ue000", "a\u0378" },
		{ "\\p{Any}", "a\u0378", "" },
		{ "(?i)ſ", "sSſ", "ß" },
		{ "(?i)Ǆ", "Ǆǅǆ", "d" },
		{ "(?i)[θ]", "θϑΘϴ", "t" },
		{ "(?i)µ", "µμΜ", "m" },
		{ "(?i)[k-l]", "kKlL\u212a", "j" },
		{ "(?i)[ά-ϊ]", "Ωω\u2126ςΣ", "a" },
		{ "(?i)Ⴀ", "Ⴀⴀ", "ა" },
		{ "(?i)[Ꭰ]", "Ꭰꭰ", "a" },
		{ "(?i)ж", "Жж", "z" },
		{ "(?i)\\W", "\u00e9-", "kKsS\u212aſ_" },
		{ "[[:^alpha:]]", "1é", "aZ" },
		{ "[^\\n]", "\u2028a", "\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (int out = 0; out < 2; out++) {
			const char *p = out ? cases[i].out : cases[i].in;
			for (size_t n; *p != '\0'; p += n) {
				uint32_t rune;
				n = utf8_decode(str_from(p), &rune);
				ck_assert_msg(match(cases[i].pattern, REGEX_ANCHORED, (struct str){ p, n }) == !out,
				    "%s on U+%04X", cases[i].pattern, rune);
			}
		}
	}
	struct err e = { 0 };
	static const char *const unknown[] = { "\\p{Klingon}", "\\p{Y}", "\\pX", "\\p{Grek}", "\\p{Lx}", "\\p{}" };
	for (size_t i = 0; i < ARRAY_LEN(unknown); i++)
		ck_assert_msg(regex_compile(str_from(unknown[i]), REGEX_SEARCH, &e) == NULL, "%s", unknown[i]);
}
END_TEST

/* A copy is the same expression. */
START_TEST(compiled_once)
{
	struct regex *re = compile(STR("a+b|c"), REGEX_ANCHORED), *same = regex_ref(re);

	ck_assert_ptr_eq(re, same);
	regex_free(&re);
	ck_assert_ptr_null(re);
	ck_assert(regex_match(same, STR("aab")));
	regex_free(&same);
	regex_free(&same);
}
END_TEST

/* Known without compiling the pattern a second time, as it stands. */
START_TEST(stands_alone)
{
	static const char *const patterns[] = {
		"", "a", "(a)", "(?:a)", "()", "(a)(b)", "((a)|b)", "(?i)a", "(?i:a)(b)", "a|(b)", "[)(]", "\\)\\(", "\\Q)(\\E",
		"(a)\\Q(", "^(a)$", "(?P<n>a)", "(?i)(a)(?-i)", "a)(b", "a)|(?:b", ")(", "a)\\Q(", "(a))((b)", "a)[)](b", "a)(?i", "a)(?:b)(c",
	};

	for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
		struct str p = str_from(patterns[i]);
		struct regex *between = regex_compile(p, REGEX_ANCHORED, NULL), *alone = regex_compile(p, REGEX_SEARCH, NULL);

		ck_assert_msg(between == NULL || regex_stands_alone(between) == (alone != NULL), "%s", patterns[i]);
		ck_assert(alone == NULL || regex_stands_alone(alone));
		regex_free(&between);
		regex_free(&alone);
	}
}
END_TEST

START_TEST(replaces_like_go)
{
	static const struct {
		const char *pattern, *repl, *src, *want;
	} cases[] = {
		{ "a", "b", "banana", "bbnbnb" },
		{ "a*", "x", "baac", "xbxcx" },
		{ "", "-", "aé", "-a-é-" },
		{ "", "-", "", "-" },
		{ "b*", "-", "abc", "-a-c-" },
		{ "(\\w+)@(\\w+)", "$2 at $1", "me@home you@work", "home at me work at you" },
		{ "(?P<first>\\w)(?<rest>\\w*)", "${rest}${first}ay", "pig latin", "igpay atinlay" },
		{ "(a)(b)?", "[$1$2]", "aab", "[a][ab]" },
		{ "a", "$1x", "a", "" },
		{ "a", "${1}x", "a", "x" },
		{ "a", "$$0", "a", "$0" },
		{ "a", "$", "a", "$" },
		{ "a", "${", "a", "${" },
		{ "a", "${a-b}", "a", "${a-b}" },
		{ "a", "$00|$01|$0", "a", "||a" },
		{ "a", "$99999999999", "a", "" },
		{ "(?P<n>a)|(?P<n>b)", "<$n>", "ab", "<a><b>" },
		{ "^", ">", "ab", ">ab" },
		{ "(?m)^", ">", "a\nb\n", ">a\n>b\n>" },
		{ "$", "<", "ab\n", "ab\n<" },
		{ "\\b", "|", "ab cd", "|ab| |cd|" },
		{ "x", "y", "\xff" "x\xfe", "\xff" "y\xfe" },
		{ ".", "[$0]", "a\xff", "[a][\xff]" },
		{ "[^x]", "", "\xe2\x82x", "x" },
	};
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct regex *re = compile(str_from(cases[i].pattern), REGEX_SEARCH);
		struct str src = exact_copy(str_from(cases[i].src)), repl = exact_copy(str_from(cases[i].repl));
		ck_assert(regex_replace_all(re, repl, src, &b, NULL));
		ASSERT_BUF(&b, cases[i].want);
		free((char *)(uintptr_t)src.p);
		free((char *)(uintptr_t)repl.p);
		regex_free(&re);
	}
	struct regex *re = compile(STR("z"), REGEX_SEARCH);
	ck_assert(regex_replace_all(re, STR("x"), STR("abc"), &b, NULL));
	ASSERT_BUF(&b, "abc");
	regex_free(&re);
	regex_free(&re);
	sbuf_fini(&b);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, words_errors_like_go);
	tcase_add_test(tc, bounds_patterns);
	tcase_add_test(tc, matches_like_go);
	tcase_add_test(tc, enumerates_literals);
	tcase_add_test(tc, marks);
	tcase_add_test(tc, plain_patterns_are_as_all_others);
	tcase_add_test(tc, large_alternations);
	tcase_add_test(tc, sets_of_runes);
	tcase_add_test(tc, compiled_once);
	tcase_add_test(tc, stands_alone);
	tcase_add_test(tc, replaces_like_go);
}

int
main(void)
{
	return run_suite("regex", add);
}
