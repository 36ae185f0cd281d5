/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/web_credentials.h - who a request says it is from (RFC 7617).
 */
#ifndef NET_WEB_CREDENTIALS_H
#define NET_WEB_CREDENTIALS_H

#include "api/msg.h"

/* The user and password of a request, decoded into b, of which they are slices; false: there are none. */
bool web_credentials(const struct api_request *r, struct sbuf *b, struct str *user, struct str *password);

#endif
