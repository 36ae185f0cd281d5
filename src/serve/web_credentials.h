/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve/web_credentials.h - who a request says it is from (RFC 7617).
 */
#ifndef SERVE_WEB_CREDENTIALS_H
#define SERVE_WEB_CREDENTIALS_H

#include "http/msg.h"

/* The user and password of a request, decoded into b, of which they are slices; false: there are none. */
bool web_credentials(const struct http_request *r, struct sbuf *b, struct str *user, struct str *password);

#endif
