/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch/http_hop.h - one request and its answer by libcurl: what a call consists
 * of, redirects being further hops.
 */
#ifndef FETCH_HTTP_HOP_H
#define FETCH_HTTP_HOP_H

#include <stdbool.h>

#include <curl/curl.h>
#include <openssl/ssl.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/time.h"
#include "http/fetch.h"
#include "text/url.h"

#define HTTP_ALIVE_S 15	/* without a word on a connection, until the other side is asked for: as Go's net.Dialer has it */
#define HTTP_BODY_MAX ((size_t)1 << 20)	/* of an answer, where the request says nothing else; the rest is not read */

struct http_form;

struct http_hop {
	/* Set by the owner; all borrowed. */
	struct arena *arena;		/* of the call */
	const struct fetch_request *r;
	struct url url;
	struct str method;
	bool no_body;			/* the body was dropped by a redirect */
	bool strange_host;		/* credentials are not for this host */
	struct str referer;		/* empty: none */
	struct str authorization;	/* of oauth2; empty: by http_config */
	struct err *error;		/* set by r->sink and r->gate */
	struct curl_slist *known_headers;	/* made before, for requests like this one (http_alike.h); NULL: not */
	const struct http_form *form;	/* likewise, or made when it is asked for */

	CURL *easy;
	X509_STORE *authorities;	/* of easy */
	struct curl_slist *headers, *proxy_headers, *connect_to;
	char curl_error[CURL_ERROR_SIZE];

	/* The answer so far. */
	struct sbuf body;
	bool cut;			/* the body was longer than it may be */
	bool has_error;			/* … which was done */
	struct str content_type, location, retry_after;
	bool framed;			/* its headers say where it ends */
	bool direct;			/* without a proxy */

	int status;			/* its head is complete; 0: it is not. Not that of 1xx */
	bool left;			/* by http_plain.h, instead of `easy`: the request has, or is just about to */
};

/* Makes what is the same however it is sent: the headers. Once for each hop. */
bool http_hop_prepare(struct http_hop *hop, struct err *e) MUST_CHECK;
/* Nothing of an answer has come: it was not the one. */
void http_hop_forget_answer(struct http_hop *hop);
/* A header of the answer. */
void http_hop_take_header(struct http_hop *hop, struct str name, struct str value);

/* After http_hop_prepare: makes hop->easy, ready to be added to a multi handle. */
bool http_hop_begin(struct http_hop *hop, struct err *e) MUST_CHECK;
/* Frees what belongs to libcurl (which must have let go of it) and the body. */
void http_hop_end(struct http_hop *hop);
/* Has the request, or a part of it, been sent? Until http_hop_end. */
bool http_hop_gone_out(const struct http_hop *hop);
/* Seconds to wait, by a number or a date in an answer to http_plain.h; none: 0. */
curl_off_t http_hop_retry_after(const struct http_hop *hop, struct clock *clock);
/* Why the transfer failed, in Go's words: dial tcp 127.0.0.1:9: connect: connection refused. */
void http_hop_error(const struct http_hop *hop, CURLcode code, struct err *e);
/* The value of the Authorization header by basic_auth or authorization; empty for none. */
bool http_authorization(const struct http_config *h, struct arena *a, struct str *out, struct err *e) MUST_CHECK;
/* A secret that is inline or in a file (blanks around trimmed). */
bool http_secret(struct str text, struct str file, struct arena *a, struct str *out, struct err *e) MUST_CHECK;

#endif
