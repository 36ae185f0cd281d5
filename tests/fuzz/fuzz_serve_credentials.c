/* SPDX-License-Identifier: Apache-2.0 */
/* Authorization headers: whoever is in there is in there as it was encoded. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "web_credentials.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_header h[2] = {
		{ STR("Accept"), STR("x") }, { STR("authorization"), { (const char *)data, size } },
	};
	struct http_request r = { .headers = h, .headers_n = ARRAY_LEN(h) };
	struct sbuf b = SBUF_INIT(64 * 1024);
	struct str user = STR_NONE, password = STR_NONE;

	if (web_credentials(&r, &b, &user, &password)) {
		assert(user.p == b.p && password.p + password.n == b.p + b.n);
		assert(user.n + 1 + password.n == b.n && memchr(user.p, ':', user.n) == NULL);
	}
	sbuf_fini(&b);
	return 0;
}
