/* SPDX-License-Identifier: Apache-2.0 */
#include "spools.h"

#include <unistd.h>

#include "base/mem.h"
#include "config/gateways.h"
#include "core/delivery.h"
#include "core/view.h"
#include "loop/file.h"
#include "loop/workers.h"
#include "notify/hear.h"
#include "server_private.h"

#define LOOK_EVERY (5 * SPAN_S)
/* Messages that are looked for at a time, of so many deliveries, and for so long. */
#define ITEMS_MAX 500
#define LOOK_MAX 20000
#define AGE_MAX (24 * SPAN_HOUR)
#define FILE_MAX ((size_t)64 << 10)

struct spools {
	struct server *s;
	struct timer timer;
	struct workers *workers;	/* NULL: not needed yet */
};

/* Messages whose files a thread looks for. */
struct looking {
	struct job job;
	struct spools *spools;
	struct arena *arena;
	struct wall now;
	struct item {
		struct str gateway, id, path;
		bool failed;
		struct str why;
	} *items;
	size_t n, looked;
};

/* "Fail_reason: …" among the headers of a file of smstools. */
static struct str
reason_in(struct str file)
{
	static const char key[] = "Fail_reason:";

	while (file.n > 0) {
		struct str line = str_split(&file, '\n');

		if (str_starts(line, STR("Fail_reason:")))
			return str_trim(str_sub(line, sizeof(key) - 1, line.n));
		if (str_trim(line).n == 0)
			break;
	}
	return STR_NONE;
}

static void
look(struct job *j)
{
	struct looking *l = CONTAINER_OF(j, struct looking, job);
	struct str text;

	for (size_t i = 0; i < l->n; i++) {
		l->items[i].failed = access(l->items[i].path.p, F_OK) == 0;
		if (l->items[i].failed && file_read(l->items[i].path.p, FILE_MAX, l->arena, &text, NULL))
			l->items[i].why = reason_in(text);
	}
}

static void
looking_free(struct looking *l)
{
	arena_free(&l->arena);
	mem_free(l);
}

static void
looked(struct job *j)
{
	struct looking *l = CONTAINER_OF(j, struct looking, job);
	struct server *s = l->spools->s;

	for (size_t i = 0; i < l->n; i++) {
		const struct item *it = &l->items[i];

		if (it->failed)
			engine_report(s->engine, it->gateway, it->id, DELIVERY_FAILED,
			    it->why.n > 0 ? it->why : STR("the spool has it among what failed"), s->clock->now(s->clock));
	}
	drive_rearm(s->drive);
	timer_in(&l->spools->timer, LOOK_EVERY);
	looking_free(l);
}

static bool
visit(void *arg, const struct delivery *d)
{
	struct looking *l = arg;
	const struct gateway *g;
	const char *folder;

	if (l->n == ITEMS_MAX || ++l->looked > LOOK_MAX || wall_sub(l->now, d->created) > AGE_MAX)
		return false;
	if (d->state != DELIVERY_ACCEPTED || d->provider_id.n == 0)
		return true;
	g = config_gateway(view_config(l->spools->s->engine), d->gateway);
	folder = g != NULL ? gateway_failed_folder(g) : NULL;
	if (folder != NULL)
		l->items[l->n++] = (struct item){ .gateway = arena_str(l->arena, d->gateway), .id = arena_str(l->arena, d->provider_id),
			.path = arena_printf(l->arena, "%.*s/%s/%.*s", STR_ARG(g->spool), folder, STR_ARG(d->provider_id)) };
	return true;
}

static bool
has_spools(const struct config *c)
{
	for (size_t i = 0; i < c->gateways_n; i++)
		if (gateway_failed_folder(&c->gateways[i]) != NULL)
			return true;
	return false;
}

static bool
begin(struct spools *x)
{
	struct looking *l;
	struct err e = { 0 };

	if (!has_spools(view_config(x->s->engine)))
		return false;
	if (x->workers == NULL)
		x->workers = workers_new(x->s->base, 1, 1, "spools", &e);
	if (x->workers == NULL)
		return false;
	l = NEW(struct looking);
	*l = (struct looking){ .job = { .run = look, .done = looked }, .spools = x, .arena = arena_new() };
	l->now = x->s->clock->now(x->s->clock).wall;
	l->items = ARENA_ARRAY(l->arena, ITEMS_MAX, struct item);
	view_deliveries(x->s->engine, UINT64_MAX, visit, l);
	if (l->n > 0 && workers_submit(x->workers, &l->job))
		return true;
	looking_free(l);
	return false;
}

static void
on_timer(void *arg)
{
	struct spools *x = arg;

	if (!begin(x))
		timer_in(&x->timer, LOOK_EVERY);
}

struct spools *
spools_new(struct server *s)
{
	struct spools *x = NEW(struct spools);

	x->s = s;
	timer_init(&x->timer, s->base, "spools", on_timer, x);
	timer_in(&x->timer, LOOK_EVERY);
	return x;
}

void
spools_free(struct spools **xp)
{
	struct spools *x = *xp;

	if (x == NULL)
		return;
	timer_fini(&x->timer);
	workers_stop(&x->workers);
	mem_free(x);
	*xp = NULL;
}
