/* SPDX-License-Identifier: Apache-2.0 */
#include "user.h"

#include "base/mem.h"
#include "message.h"
#include "tell.h"
#include "wire/proto.h"

/* Parts of a whole state. Alertmanager has two. Fields that are not known count too: none may hold the loop by their number. */
#define PARTS_MAX 64
/* Fields of a part; it has two. */
#define FIELDS_MAX 1024
/* Large changes of one key that may wait; more are dropped, and found with the next whole state. */
#define LARGES_MAX 200
/* Bytes of changes that may wait. */
#define WAITING_MAX ((size_t)64 << 20)
#define UPDATES_MAX 65536

struct large {
	struct list_node place;
	bool silences; /* which key */
	bool begun;
	struct mono since; /* it has begun */
	uint64_t first_call; /* one for each member that was there when it began */
	size_t calls, left;
	struct sbuf message;
};

static size_t
part_size(struct str key, struct str bytes)
{
	return proto_bytes_size(1, key.n) + proto_bytes_size(2, bytes.n);
}

static void
put_part(struct sbuf *b, struct str key, struct str bytes)
{
	proto_bytes(b, 1, key);
	proto_bytes(b, 2, bytes);
}

bool
gossip_is_large(struct str key, struct str bytes)
{
	return part_size(key, bytes) > 700;
}

size_t
user_state_size(const struct gossip_part *parts, size_t n)
{
	size_t size = 0;

	for (size_t i = 0; i < n; i++)
		size += proto_bytes_size(1, part_size(parts[i].key, parts[i].bytes));
	return size;
}

void
user_part_head_put(struct sbuf *b, const struct gossip_part *part)
{
	proto_begin(b, 1, part_size(part->key, part->bytes));
	proto_bytes(b, 1, part->key);
	proto_begin(b, 2, part->bytes.n);
}

static bool
get_part(struct str in, struct gossip_part *out)
{
	struct proto_reader r = { .rest = in };
	struct proto_field f;
	size_t n = 0;

	*out = (struct gossip_part){ STR_NONE, STR_NONE };
	while (n++ < FIELDS_MAX && proto_next(&r, &f)) {
		if (f.type == 2 && f.number == 1)
			out->key = f.bytes;
		else if (f.type == 2 && f.number == 2)
			out->bytes = f.bytes;
	}
	return !r.bad && n <= FIELDS_MAX;
}

static bool
is_known(struct str key)
{
	return str_eq(key, STR(GOSSIP_KEY_LOG)) || str_eq(key, STR(GOSSIP_KEY_SILENCES));
}

void
user_on_update(struct gossip *g, struct str in, const struct gossip_address *from, struct mono now)
{
	struct gossip_part part;

	g->figures.received_updates++;
	g->figures.received_update_bytes += in.n;
	if (!get_part(in, &part))
		tell_bad(g, from, "a change that is malformed");
	else if (is_known(part.key))
		g->port->merge(g->port, part.key, part.bytes, false, now);
}

void
user_on_state(struct gossip *g, struct str in, const struct gossip_address *from, struct mono now)
{
	struct proto_reader r = { .rest = in };
	struct gossip_part parts[PARTS_MAX];
	struct proto_field f;
	size_t n = 0, fields = 0;

	g->figures.received_full++;
	g->figures.received_full_bytes += in.n;
	while (proto_next(&r, &f)) {
		if (++fields > PARTS_MAX)
			r.bad = true;
		else if (f.number == 1 && f.type == 2 && !get_part(f.bytes, &parts[n++]))
			r.bad = true;
	}
	if (r.bad) {
		tell_bad(g, from, "a whole state that is malformed");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (is_known(parts[i].key))
			g->port->merge(g->port, parts[i].key, parts[i].bytes, true, now);
	}
}

void
user_on_request(struct gossip *g, uint64_t stream, struct str message, struct mono now)
{
	struct message m;
	struct err e = { 0 };
	size_t used;

	tell_reply(g, stream, STR_NONE);
	if (!message_get(str_sub(message, 1, message.n), MESSAGE_USER, &m, &used, &e))
		tell_bad(g, NULL, e.text);
	else if (message.n - 1 - used < m.user_message_n)
		tell_bad(g, NULL, "a change that ends early");
	else
		user_on_update(g, str_sub(message, 1 + used, 1 + used + (size_t)m.user_message_n), NULL, now);
}

static struct large *
first_large(const struct gossip *g)
{
	return LIST_ITEM(g->larges.first, struct large, place);
}

static void
drop_large(struct gossip *g, struct large *l)
{
	list_remove(&g->larges, &l->place);
	sbuf_fini(&l->message);
	mem_free(l);
}

void
users_fini(struct gossip *g)
{
	while (g->larges.first != NULL)
		drop_large(g, first_large(g));
}

static struct gossip_large *
large_figures(struct gossip *g, bool silences)
{
	return silences ? &g->figures.large_silences : &g->figures.large_log;
}

/* Sends the first one to all that are there. One after the other, so that there are not too many streams. */
static void
send_larges(struct gossip *g, struct mono now)
{
	struct large *l = first_large(g);
	struct mono deadline = mono_add(now, g->o.tcp_timeout);
	struct member *const *there;
	size_t n;

	there = members_there(&g->members, &n);
	while (l != NULL && !l->begun) {
		l->begun = true;
		l->since = now;
		l->first_call = g->numbers + 1;
		for (size_t i = 0; i < n; i++)
			l->calls += there[i] != g->self;
		l->left = l->calls;
		g->numbers += l->calls;
		if (l->calls == 0) {
			drop_large(g, l);
			l = first_large(g);
		}
	}
	if (l == NULL)
		return;
	for (size_t i = 0, call = 0; i < n; i++) {
		if (there[i] == g->self)
			continue;
		large_figures(g, l->silences)->sent++;
		tell_call(g, l->first_call + call++, &there[i]->address, sbuf_get(&l->message), false, deadline);
	}
}

static void
count_duration(struct gossip_large *f, double seconds)
{
	static const double bounds[] = GOSSIP_LARGE_BOUNDS;
	size_t i = 0;

	while (i < ARRAY_LEN(bounds) && seconds > bounds[i])
		i++;
	f->counts[i]++;
	f->sum += seconds;
}

bool
user_sent(struct gossip *g, uint64_t call, bool ok, struct mono now)
{
	struct large *l = first_large(g);

	if (l == NULL || !l->begun || call < l->first_call || call >= l->first_call + l->calls)
		return false;
	if (!ok)
		large_figures(g, l->silences)->failed++;
	else
		count_duration(large_figures(g, l->silences), (double)mono_sub(now, l->since) / (double)SPAN_S);
	if (--l->left == 0) {
		drop_large(g, l);
		send_larges(g, now);
	}
	return true;
}

static void
add_large(struct gossip *g, struct str key, struct str bytes, struct mono now)
{
	bool silences = str_eq(key, STR(GOSSIP_KEY_SILENCES)), idle = g->larges.first == NULL;
	struct message head = { .type = MESSAGE_USER, .user_message_n = part_size(key, bytes) };
	size_t waiting = 0, total = bytes.n;
	struct large *l;

	LIST_EACH(&g->larges, node)
	{
		l = CONTAINER_OF(node, struct large, place);
		waiting += l->silences == silences;
		total += l->message.n;
	}
	if (waiting >= LARGES_MAX || total > WAITING_MAX) {
		large_figures(g, silences)->dropped++;
		return;
	}
	l = NEW(struct large);
	l->silences = silences;
	l->message.max = SBUF_UNLIMITED;
	message_put(&l->message, &head);
	put_part(&l->message, key, bytes);
	list_append(&g->larges, &l->place);
	if (idle)
		send_larges(g, now);
}

bool
gossip_is_heard(const struct gossip *g)
{
	return gossip_size(g) > 1 || g->pushpulls.first != NULL;
}

void
gossip_broadcast(struct gossip *g, struct str key, struct str bytes, struct mono now)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	/* Nobody is there: whoever joins asks for all there is. One that is about to be joined may have our state already. */
	if (!gossip_is_heard(g))
		return;
	if (gossip_is_large(key, bytes)) {
		add_large(g, key, bytes, now);
		return;
	}
	if (g->updates.n == 0 && g->rumours.n == 0)
		g->next_round = mono_add(now, (span)rand_below(&g->port->rand, (uint64_t)g->o.gossip_interval));
	put_part(&b, key, bytes);
	queue_put(&g->updates, 0, STR("\x08"), sbuf_get(&b));
	sbuf_fini(&b);
	g->figures.pruned += queue_prune(&g->updates, UPDATES_MAX, WAITING_MAX);
}
