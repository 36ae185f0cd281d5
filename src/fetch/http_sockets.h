/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch/http_sockets.h - libcurl's sockets and timer on libevent.
 */
#ifndef FETCH_HTTP_SOCKETS_H
#define FETCH_HTTP_SOCKETS_H

#include <curl/curl.h>

struct http_client;

/* `done` is called from the loop for each transfer that ended. */
void http_sockets_begin(struct http_client *c, void (*done)(CURL *easy, CURLcode code));
/* Before the multi handle is cleaned up. */
void http_sockets_end(struct http_client *c);

#endif
