/* SPDX-License-Identifier: Apache-2.0 */
#include "http_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct address {
	int family;		/* 0: it is a name */
	unsigned char b[16];
};

static struct address
address_of(struct str host)
{
	struct address a = { 0 };
	char z[64];

	if (host.n >= sizeof(z))
		return a;
	memcpy(z, host.p, host.n);
	z[host.n] = '\0';
	if (inet_pton(AF_INET, z, a.b) == 1)
		a.family = AF_INET;
	else if (inet_pton(AF_INET6, z, a.b) == 1)
		a.family = AF_INET6;
	return a;
}

static bool
is_loopback(struct str host)
{
	struct address a = address_of(host);

	if (a.family == AF_INET)
		return a.b[0] == 127;
	if (a.family == AF_INET6)
		return memcmp(a.b, &in6addr_loopback, 16) == 0;
	return str_caseeq(host, STR("localhost"));
}

static bool
prefix_matches(struct str network, size_t slash, const struct address *host)
{
	struct address net = address_of(str_sub(network, 0, slash));
	unsigned bits = 0;

	for (size_t i = slash + 1; i < network.n; i++) {
		if (network.p[i] < '0' || network.p[i] > '9' || bits > 128)
			return false;
		bits = bits * 10 + (unsigned)(network.p[i] - '0');
	}
	if (slash + 1 == network.n || net.family == 0 || net.family != host->family || bits > (net.family == AF_INET ? 32u : 128u))
		return false;
	for (unsigned i = 0; i < bits; i++)
		if ((net.b[i / 8] ^ host->b[i / 8]) & (0x80 >> i % 8))
			return false;
	return true;
}

/* One element of a NO_PROXY list. */
static bool
element_matches(struct str el, struct str host, struct str port)
{
	struct address a = address_of(host);
	size_t slash = str_chr(el, '/'), colon, bracket = str_find(el, STR("]:"));

	if (str_is(el, "*"))
		return true;
	if (slash < el.n)
		return prefix_matches(el, slash, &a);
	if (el.n > 0 && el.p[0] == '[' && bracket < el.n) {
		if (!str_eq(str_sub(el, bracket + 2, el.n), port))
			return false;
		el = str_sub(el, 1, bracket);
	} else if (el.n > 0 && el.p[0] == '[' && el.p[el.n - 1] == ']') {
		el = str_sub(el, 1, el.n - 1);
	}
	if (address_of(el).family == 0) {
		colon = str_chr(el, ':');
		if (colon < el.n && !str_eq(str_sub(el, colon + 1, el.n), port))
			return false;
		el = str_sub(el, 0, colon);
	}
	if (a.family != 0) {
		struct address b = address_of(el);

		return b.family == a.family && memcmp(a.b, b.b, 16) == 0;
	}
	if (str_starts(el, STR("*.")))
		el = str_sub(el, 1, el.n);
	if (el.n == 0)
		return false;
	/* ".x.y" are the subdomains, "x.y" the domain as well. */
	if (el.p[0] != '.' && str_caseeq(host, el))
		return true;
	if (host.n <= el.n)
		return false;
	return str_caseeq(str_sub(host, host.n - el.n, host.n), el) &&
	    (el.p[0] == '.' || host.p[host.n - el.n - 1] == '.');
}

static bool
goes_direct(struct str no_proxy, const struct url *u)
{
	struct str host = url_hostname(u), port = url_port(u);

	if (port.n == 0)
		port = str_is(u->scheme, "https") ? STR("443") : STR("80");
	if (is_loopback(host))
		return true;
	while (no_proxy.n > 0)
		if (element_matches(str_trim(str_split(&no_proxy, ',')), host, port))
			return true;
	return false;
}

static struct str
env(const char *upper, const char *lower)
{
	const char *s = getenv(upper);

	if (s == NULL || *s == '\0')
		s = getenv(lower);
	return str_from(s != NULL ? s : "");
}

struct str
http_proxy_for(const struct proxy_config *p, const struct url *u, struct arena *a)
{
	struct str proxy;

	if (p->proxy_from_environment) {
		proxy = str_is(u->scheme, "https") ? env("HTTPS_PROXY", "https_proxy") : env("HTTP_PROXY", "http_proxy");
		if (proxy.n == 0 || goes_direct(env("NO_PROXY", "no_proxy"), u))
			return STR_NONE;
	} else {
		proxy = p->proxy_url;
		/* Without exceptions there are none, not even for ourselves. */
		if (proxy.n == 0 || (p->no_proxy.n > 0 && goes_direct(p->no_proxy, u)))
			return STR_NONE;
	}
	return arena_str(a, proxy);
}
