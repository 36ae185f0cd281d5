/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims and key of a JWT bearer grant: what stands before the first NUL is YAML and goes
 * into each text, the rest is the key. An assertion has three parts, all of them base64url; claims are JSON.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "jwt.h"
#include "text/json_small.h"
#include "text/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_claims(const struct oauth2 *o)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct json_t *j;
	struct err e = { 0 };

	jwt_write_claims(o, &b);
	j = json_small_parse(sbuf_get(&b), JSON_DOCUMENT, &e);
	assert(j != NULL || b.n > JSON_SMALL_MAX || str_is(sbuf_get(&b), "null"));
	json_small_free(&j);
	sbuf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	struct str text = { (const char *)data, end != NULL ? (size_t)(end - data) : 0 };
	struct str key = str_sub((struct str){ (const char *)data, size }, text.n + (end != NULL), size);
	struct oauth2 o = { 0 };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct arena *a = arena_new();
	struct err e = { 0 };
	size_t dots = 0;

	o.client_id = o.token_url = text;
	o.scopes.v = &text;
	o.scopes.n = 1;
	if (!yaml_parse(a, text, &o.claims, &e))
		o.claims = NULL;
	check_claims(&o);
	if (jwt_assertion(&o, key, (struct wall){ .s = 1795320000 }, &b, &e)) {
		for (size_t i = 0; i < b.n; i++) {
			dots += b.p[i] == '.';
			assert(b.p[i] == '.' || b.p[i] == '-' || b.p[i] == '_' || (b.p[i] >= '0' && b.p[i] <= '9') ||
			    (b.p[i] >= 'A' && b.p[i] <= 'Z') || (b.p[i] >= 'a' && b.p[i] <= 'z'));
		}
		assert(dots == 2);
	}
	sbuf_fini(&b);
	arena_free(&a);
	return 0;
}
