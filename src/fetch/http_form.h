/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch/http_form.h - a request's head as http_plain.h writes it: all but the length of the body, which is the same for
 * all requests with the same URL and headers, and so is made once for them (http_alike.h).
 */
#ifndef FETCH_HTTP_FORM_H
#define FETCH_HTTP_FORM_H

#include <stdbool.h>

#include <curl/curl.h>

#include "base/arena.h"
#include "base/str.h"
#include "text/url.h"

struct http_form {
	bool fits;		/* it is what libcurl would write, to the byte; else `head` is empty */
	struct str head;	/* of a POST, up to the number of Content-Length, which is its last line */
};

/* By the URL and the headers as libcurl is given them. The head lies in the arena. */
void form_make(struct http_form *f, struct arena *a, const struct url *u, const struct curl_slist *headers);

#endif
