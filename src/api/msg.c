/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "api/msg.h"
#include "base/compiler.h"

struct str
api_request_header(const struct api_request *r, const char *name)
{
	struct str wanted = str_from(name);

	for (size_t i = 0; i < r->headers_n; i++)
		if (str_caseeq(r->headers[i].name, wanted))
			return r->headers[i].value;
	return STR_NONE;
}

void
api_response_header(struct api_response *r, const char *name, struct str value)
{
	assert(r->headers_n < ARRAY_LEN(r->headers));
	r->headers[r->headers_n++] = (struct api_header){ str_from(name), value };
}
