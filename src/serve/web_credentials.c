/* SPDX-License-Identifier: Apache-2.0 */
#include "web_credentials.h"

#include <string.h>

#include "text/base64.h"

bool
web_credentials(const struct http_request *r, struct sbuf *b, struct str *user, struct str *password)
{
	static const char scheme[] = "Basic ";
	struct str value = STR_NONE, plain;
	size_t colon;

	for (size_t i = 0; i < r->headers_n && value.n == 0; i++)
		if (str_caseeq(r->headers[i].name, STR("Authorization")))
			value = r->headers[i].value;
	if (value.n < strlen(scheme) || !str_caseeq(str_sub(value, 0, strlen(scheme)), str_from(scheme)) ||
	    !base64_decode(b, str_sub(value, strlen(scheme), value.n), BASE64_STD))
		return false;
	plain = sbuf_get(b);
	colon = str_chr(plain, ':');
	if (colon == plain.n)
		return false;
	*user = str_sub(plain, 0, colon);
	*password = str_sub(plain, colon + 1, plain.n);
	return true;
}
