/* SPDX-License-Identifier: Apache-2.0 */
#include "web_passwords.h"

#include <assert.h>
#include <crypt.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/sbuf.h"
#include "loop/workers.h"
#include "text/digest.h"

#define WRONG_MAX 128		/* remembered */
#define WAITING_MAX 64		/* looks to be had */
#define WAITING_OF_ONE 16	/* … of one address */
#define TURNS_MAX 256		/* addresses and users of whom we know when they had their turn */

/* Passwords of unknown users are compared with this hash; the cost is put in so that it takes as long as for a known one. */
#define NOBODYS_HASH "$2y$10$abcdefghijklmnopqrstuuAQ41bZmyB0eV5QMU2h9rvPak6XsZD62"
#define COST_AT 4
#define COSTS 32

struct verdict {
	unsigned char key[SHA256_SIZE];
	bool set;
};

/* When an address or user was served last. */
struct turn {
	uint64_t who, when;	/* who 0: free */
	bool right;		/* … with a right password */
};

struct waiter {
	struct look *look;
	struct waiter *next, **at;
	void (*done)(void *arg, enum password verdict);
	void *arg;
};

struct look {
	struct job job;
	struct passwords *p;
	struct look *next, **at;	/* in p->waiting */
	bool running, known_user, ok;
	uint64_t address, user;		/* hashes */
	char *name, *password, *hash;
	unsigned char key[SHA256_SIZE];
	struct waiter *waiters;		/* NULL: all have left */
};

struct passwords {
	struct workers *work;
	const struct web_user *users;
	size_t users_n;
	char nobody[sizeof(NOBODYS_HASH)];
	struct verdict *right;		/* one a user */
	struct verdict wrong[WRONG_MAX];
	size_t next_wrong;
	struct look *waiting, **waiting_end;	/* oldest first */
	size_t waiting_n;
	struct look *running;
	struct turn turns[TURNS_MAX];
	bool known_turn;		/* the last turn was that of an address which was right once */
	uint64_t now;			/* counts turns */
	uint64_t looks;
};

static void run_next(struct passwords *p);

struct passwords *
passwords_new(struct event_base *base, struct err *e)
{
	struct passwords *p = NEW(struct passwords);

	p->waiting_end = &p->waiting;
	p->work = workers_new(base, 1, 1, "tocsin-auth", e);
	if (p->work == NULL)
		passwords_free(&p);
	else
		passwords_users(p, NULL, 0);
	return p;
}

void
passwords_free(struct passwords **pp)
{
	struct passwords *p = *pp;

	if (p == NULL)
		return;
	*pp = NULL;
	workers_stop(&p->work);
	assert(p->waiting == NULL && p->running == NULL);
	mem_free(p->right);
	mem_free(p);
}

/* That of most users; of as many, the higher one. */
static int
usual_cost(const struct web_user *users, size_t n)
{
	size_t count[COSTS] = { 0 };
	int best = 10;

	for (size_t i = 0; i < n; i++) {
		int cost = (users[i].hash.p[COST_AT] - '0') * 10 + users[i].hash.p[COST_AT + 1] - '0';

		if (cost >= 0 && cost < COSTS)
			count[cost]++;
	}
	for (int i = 0; i < COSTS; i++)
		if (count[i] > 0 && count[i] >= count[best])
			best = i;
	return best;
}

/* p->users_n: nobody of that name. */
static size_t
find_user(const struct passwords *p, struct str name)
{
	size_t i = 0;

	while (i < p->users_n && !str_eq(p->users[i].name, name))
		i++;
	return i;
}

/* Verdicts on users who stay as they are stay: keys change with names and hashes. */
static struct verdict *
carry_over(const struct passwords *p, const struct web_user *users, size_t n)
{
	struct verdict *right = n > 0 ? mem_calloc(n, sizeof(right[0])) : NULL;

	for (size_t i = 0; i < n; i++) {
		size_t old = find_user(p, users[i].name);

		if (old < p->users_n && str_eq(p->users[old].hash, users[i].hash))
			right[i] = p->right[old];
	}
	return right;
}

void
passwords_users(struct passwords *p, const struct web_user *users, size_t n)
{
	struct verdict *right = carry_over(p, users, n);
	int cost = usual_cost(users, n);

	mem_free(p->right);
	p->right = right;
	p->users = users;
	p->users_n = n;
	memcpy(p->nobody, NOBODYS_HASH, sizeof(NOBODYS_HASH));
	p->nobody[COST_AT] = (char)('0' + cost / 10);
	p->nobody[COST_AT + 1] = (char)('0' + cost % 10);
}

static void
make_key(struct str user, struct str hash, struct str password, unsigned char out[SHA256_SIZE])
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	sbuf_printf(&b, "%zu:%zu:", user.n, hash.n);
	sbuf_str(&b, user);
	sbuf_str(&b, hash);
	sbuf_str(&b, password);
	digest_sha256(sbuf_get(&b), out);
	explicit_bzero(b.p, b.n);
	sbuf_fini(&b);
}

static bool
is(const struct verdict *v, const unsigned char key[SHA256_SIZE])
{
	return v->set && memcmp(v->key, key, SHA256_SIZE) == 0;
}

static void
remember(struct verdict *v, const unsigned char key[SHA256_SIZE])
{
	memcpy(v->key, key, SHA256_SIZE);
	v->set = true;
}

static bool
is_known_wrong(const struct passwords *p, const unsigned char key[SHA256_SIZE])
{
	for (size_t i = 0; i < WRONG_MAX; i++)
		if (is(&p->wrong[i], key))
			return true;
	return false;
}

/* Never had a turn: nothing. */
static const struct turn *
last_turn(const struct passwords *p, uint64_t who)
{
	static const struct turn never;

	for (size_t i = 0; i < TURNS_MAX; i++)
		if (p->turns[i].who == who)
			return &p->turns[i];
	return &never;
}

/* The one forgotten for it is of those who never had the right password, if there are any, the oldest. */
static void
note_turn(struct passwords *p, uint64_t who, bool right)
{
	struct turn *to = NULL;

	for (size_t i = 0; i < TURNS_MAX; i++) {
		struct turn *t = &p->turns[i];

		if (t->who == who) {
			to = t;
			right |= t->right;
			break;
		}
		if (to == NULL || t->right < to->right || (t->right == to->right && t->when < to->when))
			to = t;
	}
	*to = (struct turn){ who, ++p->now, right };
}

static void
append(struct passwords *p, struct look *l)
{
	l->at = p->waiting_end;
	*p->waiting_end = l;
	p->waiting_end = &l->next;
	p->waiting_n++;
}

static void
take_out(struct look *l)
{
	*l->at = l->next;
	if (l->next != NULL)
		l->next->at = l->at;
	else
		l->p->waiting_end = l->at;
	l->next = NULL;
	l->p->waiting_n--;
}

static void
free_look(struct look *l)
{
	explicit_bzero(l->password, strlen(l->password));
	mem_free(l->password);
	mem_free(l->name);
	mem_free(l->hash);
	mem_free(l);
}

static void
leave(struct waiter *w)
{
	*w->at = w->next;
	if (w->next != NULL)
		w->next->at = w->at;
	mem_free(w);
}

/* Frees the look. The callback may ask for another one. */
static void
tell(struct look *l, enum password verdict)
{
	while (l->waiters != NULL) {
		void (*done)(void *arg, enum password verdict) = l->waiters->done;
		void *arg = l->waiters->arg;

		leave(l->waiters);
		done(arg, verdict);
	}
	free_look(l);
}

/* In the worker thread: this takes as long as the hash's cost says. */
static void
run_look(struct job *j)
{
	struct look *l = CONTAINER_OF(j, struct look, job);
	struct crypt_data *data = mem_calloc(1, sizeof(*data));
	const char *got = crypt_r(l->password, l->hash, data);

	l->ok = got != NULL && digest_equal(str_from(got), str_from(l->hash)) && l->known_user;
	explicit_bzero(data, sizeof(*data));
	mem_free(data);
}

/* A user whose hash has changed meanwhile is looked at again. */
static void
remember_right(struct passwords *p, const struct look *l)
{
	size_t at = find_user(p, str_from(l->name));

	if (at < p->users_n && str_is(p->users[at].hash, l->hash))
		remember(&p->right[at], l->key);
}

static void
done_look(struct job *j)
{
	struct look *l = CONTAINER_OF(j, struct look, job);
	struct passwords *p = l->p;

	p->running = NULL;
	note_turn(p, l->address, l->ok);
	note_turn(p, l->user, false);
	if (!l->ok)
		remember(&p->wrong[p->next_wrong++ % WRONG_MAX], l->key);
	if (l->ok)
		remember_right(p, l);
	tell(l, l->ok ? PASSWORD_RIGHT : PASSWORD_WRONG);
	run_next(p);
}

/*
 * Does a come before b, which was there first? Addresses that were right once have every other turn, and strangers the rest: a
 * flood from either keeps the others waiting for no more than one look.
 */
static bool
comes_before(const struct passwords *p, const struct look *a, const struct look *b)
{
	const struct turn *ta = last_turn(p, a->address), *tb = last_turn(p, b->address);

	if (ta->right != tb->right)
		return ta->right != p->known_turn;
	if (ta->when != tb->when)
		return ta->when < tb->when;
	return last_turn(p, a->user)->when < last_turn(p, b->user)->when;
}

static void
run_next(struct passwords *p)
{
	struct look *best = p->waiting;

	if (best == NULL || p->running != NULL)
		return;
	for (struct look *l = best->next; l != NULL; l = l->next)
		if (comes_before(p, l, best))
			best = l;
	take_out(best);
	p->known_turn = last_turn(p, best->address)->right;
	best->job = (struct job){ .run = run_look, .done = done_look };
	best->running = true;
	p->looks++;
	p->running = best;
	if (!workers_submit(p->work, &best->job)) {
		p->running = NULL;
		tell(best, PASSWORD_TOO_MANY);
	}
}

static size_t
count_waiting(const struct passwords *p, uint64_t address, uint64_t user)
{
	size_t n = 0;

	for (const struct look *l = p->waiting; l != NULL; l = l->next)
		n += l->address == address && (user == 0 || l->user == user);
	return n;
}

/* The newest of the address that has the most, and there of the user who has the most. */
static struct look *
most_common(const struct passwords *p, uint64_t address)
{
	struct look *found = NULL;
	size_t most = 0;

	for (struct look *l = p->waiting; l != NULL; l = l->next) {
		size_t n = count_waiting(p, l->address, 0) * WAITING_MAX + count_waiting(p, l->address, l->user);

		if ((address == 0 || l->address == address) && n >= most) {
			most = n;
			found = l;
		}
	}
	return found;
}

/* The newcomer waits, and who gives way for it is told so; or the newcomer himself. */
static bool
make_room(struct passwords *p, uint64_t address, uint64_t user)
{
	bool one_has_many = count_waiting(p, address, 0) >= WAITING_OF_ONE;
	struct look *out;

	if (!one_has_many && p->waiting_n < WAITING_MAX)
		return true;
	out = most_common(p, one_has_many ? address : 0);
	if (out->address == address ? count_waiting(p, address, out->user) <= count_waiting(p, address, user) + 1
				    : count_waiting(p, out->address, 0) <= count_waiting(p, address, 0) + 1)
		return false;
	take_out(out);
	tell(out, PASSWORD_TOO_MANY);
	return true;
}

static struct look *
find_look(const struct passwords *p, const unsigned char key[SHA256_SIZE])
{
	struct look *l = p->waiting;

	if (p->running != NULL && memcmp(p->running->key, key, SHA256_SIZE) == 0)
		return p->running;
	while (l != NULL && memcmp(l->key, key, SHA256_SIZE) != 0)
		l = l->next;
	return l;
}

static void
wait_for(struct look *l, void (*done)(void *arg, enum password verdict), void *arg, void **pending)
{
	struct waiter *w = NEW(struct waiter);

	w->look = l;
	w->done = done;
	w->arg = arg;
	w->next = l->waiters;
	w->at = &l->waiters;
	if (w->next != NULL)
		w->next->at = &w->next;
	l->waiters = w;
	*pending = w;
}

bool
passwords_know(const struct passwords *p, struct str user, struct str password)
{
	size_t at = find_user(p, user);
	unsigned char key[SHA256_SIZE];

	if (at == p->users_n)
		return false;
	make_key(user, p->users[at].hash, password, key);
	return is(&p->right[at], key);
}

enum password
passwords_judge(struct passwords *p, struct str user, struct str password, uint64_t address,
    void (*done)(void *arg, enum password verdict), void *arg, void **pending)
{
	size_t at = find_user(p, user);
	struct str hash = at < p->users_n ? p->users[at].hash : str_from(p->nobody);
	unsigned char key[SHA256_SIZE];
	struct look *l;

	/* 0 is nobody's. */
	address = address != 0 ? address : 1;
	make_key(user, hash, password, key);
	if (at < p->users_n && is(&p->right[at], key))
		return PASSWORD_RIGHT;
	if (is_known_wrong(p, key))
		return PASSWORD_WRONG;
	l = find_look(p, key);
	if (l == NULL) {
		uint64_t who = hash_seeded(user.p, user.n) + address;

		if (!make_room(p, address, who))
			return PASSWORD_TOO_MANY;
		l = NEW(struct look);
		l->p = p;
		l->known_user = at < p->users_n;
		l->address = address;
		l->user = who;
		l->name = mem_strndup(user.p, user.n);
		l->password = mem_strndup(password.p, password.n);
		l->hash = mem_strndup(hash.p, hash.n);
		memcpy(l->key, key, sizeof(key));
		append(p, l);
	}
	wait_for(l, done, arg, pending);
	run_next(p);
	return PASSWORD_LATER;
}

void
passwords_abandon(void **pending)
{
	struct waiter *w = *pending;
	struct look *l;

	*pending = NULL;
	if (w == NULL)
		return;
	l = w->look;
	leave(w);
	if (l->waiters != NULL || l->running)
		return;
	take_out(l);
	free_look(l);
}

uint64_t
passwords_looks(const struct passwords *p)
{
	return p->looks;
}
