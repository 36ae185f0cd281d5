/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_smtpd.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "base/mem.h"

struct session {
	struct smtpd *d;
	struct session *next;
	struct bufferevent *bev;
	int fd;
	bool data, auth, upgrade, tls;
	int mails;
};

static void on_read(struct bufferevent *bev, void *arg);
static void on_written(struct bufferevent *bev, void *arg);
static void on_event(struct bufferevent *bev, short what, void *arg);

static void
session_free(struct session *s)
{
	struct session **at = (struct session **)&s->d->sessions_list;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	bufferevent_free(s->bev);
	if (!s->tls)
		close(s->fd);
	s->d->open--;
	mem_free(s);
}

static void
attach(struct session *s, bool tls)
{
	if (tls) {
		s->bev = bufferevent_openssl_socket_new(s->d->base, s->fd, SSL_new(s->d->tls), BUFFEREVENT_SSL_ACCEPTING,
		    BEV_OPT_DEFER_CALLBACKS | BEV_OPT_CLOSE_ON_FREE);
		bufferevent_openssl_set_allow_dirty_shutdown(s->bev, 1);
	} else {
		s->bev = bufferevent_socket_new(s->d->base, s->fd, BEV_OPT_DEFER_CALLBACKS);
	}
	s->tls = tls;
	s->d->encrypted = tls;
	bufferevent_setcb(s->bev, on_read, on_written, on_event, s);
	bufferevent_enable(s->bev, EV_READ | EV_WRITE);
}

static bool
say(struct session *s, const char *reply)
{
	if (reply == NULL) {
		session_free(s);
		return false;
	}
	for (size_t n; *reply != '\0'; reply += n) {
		n = s->d->drips ? 1 : strlen(reply);
		bufferevent_write(s->bev, reply, n);
		if (s->d->drips)
			bufferevent_flush(s->bev, EV_WRITE, BEV_FLUSH);
	}
	return true;
}

static const char *
usual(struct session *s, const char *line)
{
	if (strncasecmp(line, "EHLO", 4) == 0)
		return s->tls && s->d->ehlo_tls != NULL ? s->d->ehlo_tls : s->d->ehlo != NULL ? s->d->ehlo : "250 test\r\n";
	if (strncasecmp(line, "STARTTLS", 8) == 0) {
		s->upgrade = true;
		return "220 go\r\n";
	}
	if (strncasecmp(line, "AUTH CRAM-MD5", 13) == 0) {
		s->auth = true;
		return "334 PDE+\r\n";
	}
	if (strncasecmp(line, "AUTH LOGIN", 10) == 0) {
		s->auth = true;
		return line[10] == ' ' ? "334 UGFzc3dvcmQ6\r\n" : "334 VXNlcm5hbWU6\r\n";
	}
	if (strncasecmp(line, "AUTH", 4) == 0)
		return "235 ok\r\n";
	if (strncasecmp(line, "DATA", 4) == 0) {
		s->data = true;
		return "354 go\r\n";
	}
	if (strncasecmp(line, "QUIT", 4) == 0)
		return "221 bye\r\n";
	if (*line == '\0')
		return "220 test ESMTP\r\n";
	return "250 ok\r\n";
}

static const char *
answer(struct session *s, const char *line)
{
	const char *otherwise = usual(s, line);

	if (strncasecmp(line, "MAIL", 4) == 0 && s->mails++ == s->d->limit && s->d->limit > 0)
		return NULL;

	for (const struct smtpd_rule *r = s->d->rules; r != NULL && r->prefix != NULL; r++) {
		size_t n = strlen(r->prefix);

		if (n == 0 ? *line == '\0' : strncasecmp(line, r->prefix, n) == 0) {
			if (r->reply == NULL || r->reply[0] != '3')
				s->data = s->auth = false;
			if (r->reply == NULL || strncmp(r->reply, "220", 3) != 0)
				s->upgrade = false;
			return r->reply;
		}
	}
	return otherwise;
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct session *s = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	char *line;

	while ((line = evbuffer_readln(in, NULL, EVBUFFER_EOL_CRLF)) != NULL) {
		bool more = true;

		if (s->data && strcmp(line, ".") != 0) {
			sbuf_printf(&s->d->message, "%s\n", line);
		} else if (s->data) {
			s->data = false;
			s->d->ended++;
			more = say(s, answer(s, "."));
		} else if (s->auth && strcmp(line, "*") != 0) {
			sbuf_printf(&s->d->heard, "%s\n", line);
			s->auth = strcmp(line, "dXNlcg==") == 0;	/* LOGIN has a second turn */
			more = say(s, s->auth ? "334 UGFzc3dvcmQ6\r\n" : "235 ok\r\n");
		} else {
			sbuf_printf(&s->d->heard, "%s\n", line);
			more = say(s, answer(s, line));
		}
		free(line);
		if (!more)
			return;
	}
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	struct session *s = arg;

	if (!s->upgrade)
		return;
	s->upgrade = false;
	bufferevent_free(bev);
	attach(s, true);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct session *s = arg;

	if (what & BEV_EVENT_CONNECTED) {
		const char *name = SSL_get_servername(bufferevent_openssl_get_ssl(bev), TLSEXT_NAMETYPE_host_name);

		snprintf(s->d->sni, sizeof(s->d->sni), "%s", name != NULL ? name : "(none)");
		if (s->d->tls_first)
			say(s, answer(s, ""));
		return;
	}
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		session_free(s);
}

static void
on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int n, void *arg)
{
	struct smtpd *d = arg;
	struct session *s = NEW(struct session);

	(void)l;
	(void)sa;
	(void)n;
	s->d = d;
	s->fd = fd;
	s->next = d->sessions_list;
	d->sessions_list = s;
	d->sessions++;
	d->open++;
	attach(s, d->tls_first);
	if (!d->tls_first)
		say(s, answer(s, ""));
}

void
smtpd_begin(struct smtpd *s, struct event_base *base)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(sa);

	s->base = base;
	s->heard.max = s->message.max = SBUF_UNLIMITED;
	s->listener = evconnlistener_new_bind(base, on_accept, s, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 100, (struct sockaddr *)&sa, sizeof(sa));
	ck_assert_ptr_nonnull(s->listener);
	getsockname(evconnlistener_get_fd(s->listener), (struct sockaddr *)&sa, &n);
	s->port = ntohs(sa.sin_port);
}

void
smtpd_end(struct smtpd *s)
{
	while (s->sessions_list != NULL)
		session_free(s->sessions_list);
	evconnlistener_free(s->listener);
	SSL_CTX_free(s->tls);
	sbuf_fini(&s->heard);
	sbuf_fini(&s->message);
}
