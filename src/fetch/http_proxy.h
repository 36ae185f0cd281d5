/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch/http_proxy.h - which proxy a URL is fetched through.
 */
#ifndef FETCH_HTTP_PROXY_H
#define FETCH_HTTP_PROXY_H

#include "base/arena.h"
#include "base/str.h"
#include "config/http_config.h"
#include "text/url.h"

/* The proxy's URL with a NUL behind it; empty: none. (golang.org/x/net/http/httpproxy) */
struct str http_proxy_for(const struct proxy_config *p, const struct url *u, struct arena *a);

#endif
