/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of libcurl in the words of Go's net and crypto/tls packages. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "http_hop.h"
#include "loop/errno_text.h"
#include "tls/certificate.h"

/* "127.0.0.1:9" of the connection, or the host of the URL while there is none. */
static struct str
peer(const struct http_hop *hop)
{
	char *ip = NULL;
	long port = 0;
	struct str host, p;

	curl_easy_getinfo(hop->easy, CURLINFO_PRIMARY_IP, &ip);
	curl_easy_getinfo(hop->easy, CURLINFO_PRIMARY_PORT, &port);
	if (ip != NULL && *ip != '\0')
		return arena_printf(hop->arena, str_chr(str_from(ip), ':') < str_from(ip).n ? "[%s]:%ld" : "%s:%ld",
		    ip, port);
	host = url_hostname(&hop->url);
	p = url_port(&hop->url);
	if (p.n == 0)
		p = str_is(hop->url.scheme, "https") ? STR("443") : STR("80");
	return arena_printf(hop->arena, "%.*s:%.*s", STR_ARG(host), STR_ARG(p));
}

static bool
is_connected(const struct http_hop *hop)
{
	curl_off_t us = 0;

	curl_easy_getinfo(hop->easy, CURLINFO_CONNECT_TIME_T, &us);
	return us > 0;
}

static long
verify_result(const struct http_hop *hop)
{
	long result = 0;

	curl_easy_getinfo(hop->easy, CURLINFO_SSL_VERIFYRESULT, &result);
	return result;
}

static const char *
lower(struct arena *a, const char *s)
{
	char *copy = arena_strdup(a, s);

	if (isupper((unsigned char)copy[0]) && islower((unsigned char)copy[1]))
		copy[0] = (char)tolower((unsigned char)copy[0]);
	return copy;
}

/* libcurl's own detail, or else its name for the code. */
static const char *
detail(const struct http_hop *hop, CURLcode code)
{
	/* A proxy that it does not understand is quoted, password and all. */
	if (strstr(hop->curl_error, "proxy") != NULL && strchr(hop->curl_error, '@') != NULL)
		return "the proxy's URL is not supported";
	return lower(hop->arena, hop->curl_error[0] != '\0' ? hop->curl_error : curl_easy_strerror(code));
}

static void
connect_error(const struct http_hop *hop, CURLcode code, struct err *e)
{
	long os = 0;

	curl_easy_getinfo(hop->easy, CURLINFO_OS_ERRNO, &os);
	if (os == ETIMEDOUT)
		err_set(e, ERR_TIMEOUT, "dial tcp %.*s: connect: connection timed out", STR_ARG(peer(hop)));
	else if (os > 0)
		err_set(e, ERR_IO, "dial tcp %.*s: connect: %s", STR_ARG(peer(hop)), errno_text((int)os).s);
	else
		err_set(e, ERR_IO, "dial tcp %.*s: %s", STR_ARG(peer(hop)), detail(hop, code));
}

void
http_hop_error(const struct http_hop *hop, CURLcode code, struct err *e)
{
	struct str host = url_hostname(&hop->url);
	long os = 0;

	curl_easy_getinfo(hop->easy, CURLINFO_OS_ERRNO, &os);
	/* Many other codes exist; they have libcurl's words. */
	if (code == CURLE_COULDNT_RESOLVE_HOST)
		err_set(e, ERR_IO, "dial tcp: lookup %.*s: no such host", STR_ARG(host));
	else if (code == CURLE_COULDNT_RESOLVE_PROXY)
		err_set(e, ERR_IO, "proxyconnect tcp: %s", detail(hop, code));
	else if (code == CURLE_COULDNT_CONNECT)
		connect_error(hop, code, e);
	else if (code == CURLE_OPERATION_TIMEDOUT && is_connected(hop))
		err_set(e, ERR_TIMEOUT, "net/http: TLS handshake timeout");
	else if (code == CURLE_OPERATION_TIMEDOUT)
		err_set(e, ERR_TIMEOUT, "dial tcp %.*s: i/o timeout", STR_ARG(peer(hop)));
	else if (code == CURLE_PEER_FAILED_VERIFICATION)
		certificate_error(verify_result(hop), host, e);
	else if (code == CURLE_SSL_CONNECT_ERROR)
		err_set(e, ERR_IO, "tls: %s", detail(hop, code));
	else if (code == CURLE_GOT_NOTHING)
		err_set(e, ERR_IO, "EOF");
	else if (code == CURLE_PARTIAL_FILE)
		err_set(e, ERR_IO, "unexpected EOF");
	else if (code == CURLE_RECV_ERROR && os > 0)
		err_set(e, ERR_IO, "read tcp %.*s: read: %s", STR_ARG(peer(hop)), errno_text((int)os).s);
	else if (code == CURLE_SEND_ERROR && os > 0)
		err_set(e, ERR_IO, "write tcp %.*s: write: %s", STR_ARG(peer(hop)), errno_text((int)os).s);
	else if (code == CURLE_RECV_ERROR && str_find(str_from(hop->curl_error), STR("reset by peer")) <
	    str_from(hop->curl_error).n)
		err_set(e, ERR_IO, "read tcp %.*s: read: connection reset by peer", STR_ARG(peer(hop)));
	else
		err_set(e, ERR_IO, "%s", detail(hop, code));
}
