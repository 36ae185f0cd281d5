/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch/http_redirect.h - redirects by Go's rules: which are followed, where
 * they lead, and what of the request goes along.
 */
#ifndef FETCH_HTTP_REDIRECT_H
#define FETCH_HTTP_REDIRECT_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "http_hop.h"

/* Is the answer, which is there, a redirect that the request wants to be followed? */
bool http_redirect_wanted(const struct http_hop *hop, int status);
/*
 * Ends the hop and makes of it the next one, which is to be begun: its URL, method, referer, and whether
 * credentials and body go along. False, with the hop as it was, when the place cannot be understood.
 */
bool http_redirect_follow(struct http_hop *hop, int status, struct err *e) MUST_CHECK;

#endif
