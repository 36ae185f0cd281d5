/* SPDX-License-Identifier: Apache-2.0 */
#include "mail_names.h"

#include <curl/curl.h>

static bool
is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

static bool
to_ascii(struct arena *a, struct str *host, struct err *e)
{
	char *text = NULL;
	CURLU *u;
	bool ok;

	if (is_ascii(*host))
		return true;
	u = curl_url();
	ok = u != NULL && curl_url_set(u, CURLUPART_SCHEME, "smtp", 0) == CURLUE_OK &&
	    curl_url_set(u, CURLUPART_HOST, arena_str(a, *host).p, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_HOST, &text, CURLU_PUNYCODE) == CURLUE_OK && is_ascii(str_from(text));
	if (ok)
		*host = arena_str(a, str_from(text));
	else
		err_set(e, ERR_INVALID, "%.*s is not an internationalized domain name", STR_ARG(*host));
	curl_free(text);
	curl_url_cleanup(u);
	return ok;
}

static bool
address_to_ascii(struct arena *a, struct str *address, bool *utf8, struct err *e)
{
	struct str local = *address, domain = STR_NONE;

	for (size_t i = address->n; i-- > 0;) {
		if (address->p[i] == '@') {
			local = str_sub(*address, 0, i);
			domain = str_sub(*address, i + 1, address->n);
			break;
		}
	}
	*utf8 |= !is_ascii(local);
	if (is_ascii(domain))
		return true;
	if (!to_ascii(a, &domain, e))
		return false;
	*address = arena_printf(a, "%.*s@%.*s", STR_ARG(local), STR_ARG(domain));
	return true;
}

bool
mail_names_to_ascii(struct arena *a, struct mail_request *r, bool *utf8, struct err *e)
{
	*utf8 = false;
	if (!to_ascii(a, &r->smarthost.host, e) || !address_to_ascii(a, &r->from, utf8, e))
		return false;
	for (size_t i = 0; i < r->to_n; i++)
		if (!address_to_ascii(a, &r->to[i], utf8, e))
			return false;
	return true;
}
