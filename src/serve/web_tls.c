/* SPDX-License-Identifier: Apache-2.0 */
#include "web_tls.h"

#include <assert.h>

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>

#include "tls/server.h"

static int
on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n, const unsigned char *in, unsigned in_n, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *found;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&found, out_n, ours, sizeof(ours) - 1, in, in_n) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = found;
	return SSL_TLSEXT_ERR_OK;
}

SSL_CTX *
web_tls_new(const struct web_tls *t, struct err *e)
{
	SSL_CTX *ctx = tls_server_new(t, e);

	if (ctx != NULL)
		SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
	return ctx;
}

struct bufferevent *
web_tls_accept(SSL_CTX *ctx, struct event_base *base, int fd)
{
	struct bufferevent *bev;
	SSL *ssl;

	if (ctx == NULL) {
		bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	} else {
		ssl = SSL_new(ctx);
		assert(ssl != NULL);
		bev = bufferevent_openssl_socket_new(base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
		if (bev != NULL)
			bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	}
	assert(bev != NULL);
	return bev;
}

struct str
web_tls_client(struct bufferevent *bev, struct arena *a)
{
	SSL *ssl = bev != NULL ? bufferevent_openssl_get_ssl(bev) : NULL;

	return ssl != NULL ? tls_client_name(ssl, a) : STR_NONE;
}
