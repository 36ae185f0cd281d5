/* SPDX-License-Identifier: Apache-2.0 */
/* A URL that is read can be written, and what was written reads back as the same. */
#include <assert.h>
#include <stdint.h>

#include "text/glob.h"
#include "text/html.h"
#include "text/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
urls(struct arena *a, struct str in)
{
	struct sbuf once = SBUF_INIT(SBUF_UNLIMITED), twice = SBUF_INIT(SBUF_UNLIMITED);
	struct url u, v;
	struct err e = { 0 };

	(void)url_parse_request(a, in, &u, &e);
	if (url_parse(a, in, &u, &e)) {
		(void)url_hostname(&u);
		(void)url_port(&u);
		url_format(&once, &u);
		if (url_parse(a, sbuf_get(&once), &v, NULL)) {
			url_format(&twice, &v);
			assert(str_eq(sbuf_get(&once), sbuf_get(&twice)));
		}
		u = url_join(a, &u, in);
		sbuf_reset(&once);
		url_format(&once, &u);
	}
	sbuf_fini(&once);
	sbuf_fini(&twice);
}

static void
escapes(struct arena *a, struct str in)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED), back = SBUF_INIT(SBUF_UNLIMITED);
	struct url_query q;
	struct err e = { 0 };

	url_query_escape(&b, in);
	assert(url_query_unescape(&back, sbuf_get(&b), NULL) && str_eq(sbuf_get(&back), in));
	sbuf_reset(&b);
	sbuf_reset(&back);
	url_path_escape(&b, in);
	assert(url_path_unescape(&back, sbuf_get(&b), NULL) && str_eq(sbuf_get(&back), in));
	sbuf_reset(&b);
	sbuf_reset(&back);
	html_escape(&b, in);
	html_unescape(&back, sbuf_get(&b));
	assert(str_eq(sbuf_get(&back), in));
	html_unescape(&back, in);
	assert(url_query_parse(a, in, &q, &e) == (e.kind == ERR_NONE));
	sbuf_fini(&b);
	sbuf_fini(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };
	struct arena *a = arena_new();
	bool matched;

	urls(a, in);
	escapes(a, in);
	if (size < 200)
		(void)!glob_match(str_sub(in, 0, size / 2), str_sub(in, size / 2, size), &matched, NULL);
	arena_free(&a);
	return 0;
}
