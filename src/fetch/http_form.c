/* SPDX-License-Identifier: Apache-2.0 */
#include "http_form.h"

#include <string.h>
#include <strings.h>

#include "base/sbuf.h"

/* Headers that have a say in how the request is written, or its answer. */
static bool
has_odd_header(const struct curl_slist *headers)
{
	static const char *const names[] = { "Host", "Connection", "Proxy-Connection", "Transfer-Encoding",
		"Content-Length", "Expect", "Accept-Encoding", "Te", "Upgrade" };

	for (const struct curl_slist *l = headers; l != NULL; l = l->next) {
		size_t n = strcspn(l->data, ":;");

		/* One that is not to be sent, or one that is empty. */
		if (l->data[n] == ':' && l->data[n + 1] == '\0')
			continue;
		if (l->data[n] == ';')
			return true;
		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			if (strlen(names[i]) == n && strncasecmp(l->data, names[i], n) == 0)
				return true;
	}
	return false;
}

/* Whether u is written here as libcurl would write it. */
static bool
is_simple(const struct url *u)
{
	if (!str_is(u->scheme, "http") || u->has_user || u->path.n == 0 || u->path.p[0] != '/')
		return false;
	for (size_t i = 0; i < u->host.n; i++)
		if ((unsigned char)u->host.p[i] <= ' ' || (unsigned char)u->host.p[i] >= 0x7f || u->host.p[i] == '%')
			return false;
	for (size_t i = 0; i < u->query.n; i++)
		if ((unsigned char)u->query.p[i] <= ' ' || (unsigned char)u->query.p[i] >= 0x7f)
			return false;
	return true;
}

static struct str
host_of(const struct url *u)
{
	struct str port = url_port(u), host = u->host;

	if (str_is(port, "80") || (port.n == 0 && str_ends(host, STR(":"))))
		return str_sub(host, 0, host.n - port.n - 1);
	return host;
}

void
form_make(struct http_form *f, struct arena *a, const struct url *u, const struct curl_slist *headers)
{
	struct sbuf head = SBUF_INIT(SBUF_UNLIMITED);

	*f = (struct http_form){ .fits = is_simple(u) && !has_odd_header(headers) };
	if (!f->fits)
		return;
	sbuf_puts(&head, "POST ");
	url_escaped_path(&head, u);
	if (u->query.n > 0 || u->force_query)
		sbuf_putc(&head, '?');
	sbuf_str(&head, u->query);
	sbuf_printf(&head, " HTTP/1.1\r\nHost: %.*s\r\n", STR_ARG(host_of(u)));
	for (const struct curl_slist *l = headers; l != NULL; l = l->next) {
		size_t n = strcspn(l->data, ":");

		/* "Name:" is libcurl's way of saying that there is to be none. */
		if (l->data[n] != ':' || l->data[n + 1] != ' ')
			continue;
		sbuf_puts(&head, l->data);
		sbuf_puts(&head, "\r\n");
	}
	sbuf_puts(&head, "Content-Length: ");
	f->head = arena_str(a, sbuf_get(&head));
	sbuf_fini(&head);
}
