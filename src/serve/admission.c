/* SPDX-License-Identifier: Apache-2.0 */
#include "admission.h"

#include <assert.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/hash.h"
#include "base/mem.h"
#include "web_credentials.h"
#include "web_passwords.h"

struct admission {
	struct clock *clock;
	const struct web_conf *rules;	/* NULL: none as yet */
	/* Rate limit: a bucket that fills with time. */
	double tokens;
	struct mono filled;
	struct passwords *passwords;
};

/* A request that waits for its password to be looked at. */
struct waiting {
	void *look;
	struct http_response *denial;
	admission_done *done;
	void *arg;
	char *user;
	size_t user_n;
};

struct admission *
admission_new(struct event_base *base, struct clock *clock, struct err *e)
{
	struct admission *a = NEW(struct admission);

	a->clock = clock;
	a->filled = clock->now(clock).mono;
	if ((a->passwords = passwords_new(base, e)) == NULL)
		admission_free(&a);
	return a;
}

void
admission_free(struct admission **ap)
{
	struct admission *a = *ap;

	if (a == NULL)
		return;
	*ap = NULL;
	passwords_free(&a->passwords);
	mem_free(a);
}

void
admission_rules(struct admission *a, const struct web_conf *rules)
{
	if (a->rules == NULL)
		a->tokens = (double)rules->rate.burst;
	a->rules = rules;
	passwords_users(a->passwords, rules->users, rules->users_n);
}

static bool
is_within_rate(struct admission *a)
{
	struct mono now = a->clock->now(a->clock).mono;
	const struct web_rate *rate = &a->rules->rate;

	if (rate->interval <= 0)
		return true;
	a->tokens += (double)mono_sub(now, a->filled) / (double)rate->interval;
	a->filled = now;
	if (a->tokens > (double)rate->burst)
		a->tokens = (double)rate->burst;
	if (a->tokens < 1)
		return false;
	a->tokens -= 1;
	return true;
}

/* The client's address, of IPv6 the half that is not a host's to choose, as a number. 0: unknown. */
static uint64_t
address_of(int fd)
{
	struct sockaddr_storage a = { 0 };
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a;
	socklen_t n = sizeof(a);

	if (fd < 0 || getpeername(fd, (struct sockaddr *)&a, &n) != 0)
		return 0;
	if (a.ss_family == AF_INET)
		return hash_seeded(&v4->sin_addr, sizeof(v4->sin_addr));
	if (a.ss_family != AF_INET6)
		return 0;
	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		return hash_seeded(&v6->sin6_addr.s6_addr[12], 4);
	return hash_seeded(&v6->sin6_addr, 8);
}

/* False: `denial` was filled in. */
static bool
follow(enum password verdict, struct http_response *denial)
{
	if (verdict == PASSWORD_WRONG) {
		http_response_header(denial, "WWW-Authenticate", STR("Basic"));
		http_response_text(denial, 401, STR("Unauthorized"));
	} else if (verdict == PASSWORD_TOO_MANY) {
		http_response_text(denial, 503, STR("Too many passwords to verify"));
	}
	return verdict == PASSWORD_RIGHT;
}

static void
free_waiting(struct waiting *w)
{
	mem_free(w->user);
	mem_free(w);
}

static void
on_password(void *arg, enum password verdict)
{
	struct waiting *w = arg;
	bool granted = follow(verdict, w->denial);

	w->done(w->arg, granted, granted ? (struct str){ w->user, w->user_n } : STR(""));
	free_waiting(w);
}

static void
wipe(struct sbuf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->n);
	sbuf_fini(b);
}

/* The user and the password that the request brings; false: none that a hash can be of. `plain` holds them. */
static bool
read_credentials(const struct http_request *r, struct sbuf *plain, struct str *user, struct str *password)
{
	/* A hash is of a C string, so a password with a NUL has none. */
	return web_credentials(r, plain, user, password) && memchr(password->p, '\0', password->n) == NULL;
}

/* It costs nothing to judge: there are no users, or the password was found right before. */
static bool
is_known(const struct admission *a, const struct http_request *r)
{
	struct sbuf plain = SBUF_INIT(64 * 1024);
	struct str user, password;
	bool known = a->rules->users_n == 0 ||
	    (read_credentials(r, &plain, &user, &password) && passwords_know(a->passwords, user, password));

	wipe(&plain);
	return known;
}

/* PASSWORD_LATER: w->look was set. */
static enum password
judge(struct admission *a, const struct http_request *r, int fd, struct waiting *w)
{
	struct sbuf plain = SBUF_INIT(64 * 1024);
	enum password verdict = PASSWORD_WRONG;
	struct str user, password;

	if (read_credentials(r, &plain, &user, &password)) {
		w->user = mem_strndup(user.p, user.n);
		w->user_n = user.n;
		verdict = passwords_judge(a->passwords, user, password, address_of(fd), on_password, w, &w->look);
	}
	wipe(&plain);
	return verdict;
}

void
admission_ask(struct admission *a, const struct http_request *r, bool metered, int fd, struct http_response *denial,
    admission_done *done, void *arg, void **pending)
{
	struct waiting *w;
	enum password verdict;

	assert(a->rules != NULL);
	/* A path that is not metered must be no way to try passwords faster than on others. */
	if ((metered || !is_known(a, r)) && !is_within_rate(a)) {
		http_response_text(denial, 429, STR("Too Many Requests"));
		done(arg, false, STR(""));
		return;
	}
	if (a->rules->users_n == 0) {
		done(arg, true, STR(""));
		return;
	}
	w = NEW(struct waiting);
	*w = (struct waiting){ .denial = denial, .done = done, .arg = arg };
	verdict = judge(a, r, fd, w);
	if (verdict == PASSWORD_LATER)
		*pending = w;
	else
		on_password(w, verdict);
}

void
admission_abandon(void **pending)
{
	struct waiting *w = *pending;

	*pending = NULL;
	if (w == NULL)
		return;
	passwords_abandon(&w->look);
	free_waiting(w);
}
