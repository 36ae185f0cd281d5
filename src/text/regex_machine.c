/* SPDX-License-Identifier: Apache-2.0 */
#include "regex_machine.h"

#include <stdatomic.h>

#include "base/mem.h"

/* Machines are made and freed in more than one thread; the lock is held for moments only. */
static atomic_flag busy = ATOMIC_FLAG_INIT;
static struct {
	struct rx_machine *first, *last;
	size_t bytes, max;
} all = { .max = RX_MACHINES_MAX };

static void
lock(void)
{
	while (atomic_flag_test_and_set_explicit(&busy, memory_order_acquire))
		;
}

static void
unlock(void)
{
	atomic_flag_clear_explicit(&busy, memory_order_release);
}

const void *
rx_machine_self(void)
{
	static _Thread_local char self;

	return &self;
}

static void
link_first(struct rx_machine *m)
{
	m->prev = NULL;
	m->next = all.first;
	if (all.first != NULL)
		all.first->prev = m;
	else
		all.last = m;
	all.first = m;
}

static void
unlink_it(struct rx_machine *m)
{
	if (m->prev != NULL)
		m->prev->next = m->next;
	else
		all.first = m->next;
	if (m->next != NULL)
		m->next->prev = m->prev;
	else
		all.last = m->prev;
}

static void
drop(struct rx_machine *m)
{
	unlink_it(m);
	all.bytes -= m->bytes;
	*m->home = NULL;
	rx_prog_free(&m->prog);
	rx_dfa_free(&m->dfa);
	mem_free(m);
}

/* Lets the longest unused go, but not `keep`. One that was used since it was looked at gets another round. */
static void
make_room(const struct rx_machine *keep)
{
	struct rx_machine *m = all.last, *before;
	/* A machine that comes round a second time is not asked again. */
	for (int looks = 0; m != NULL && all.bytes > all.max && looks < 1000; m = before, looks++) {
		before = m->prev;
		if (m == keep || m->owner != keep->owner)
			continue;
		if (!m->used) {
			drop(m);
			continue;
		}
		m->used = false;
		unlink_it(m);
		link_first(m);
		if (before == NULL)
			before = all.last;
	}
}

static size_t
bytes_of(const struct rx_machine *m)
{
	return sizeof(*m) + rx_prog_bytes(m->prog) + (m->dfa != NULL ? rx_dfa_bytes(m->dfa) : 0);
}

void
rx_machine_grown(struct rx_machine *m)
{
	size_t bytes = bytes_of(m);

	if (bytes == m->bytes)
		return;
	lock();
	all.bytes += bytes - m->bytes;
	m->bytes = bytes;
	make_room(m);
	unlock();
}

void
rx_machine_make(struct rx_prog *prog, struct rx_machine **home)
{
	struct rx_machine *m = NEW(struct rx_machine);

	m->prog = prog;
	m->dfa = rx_dfa_new(prog);
	m->home = home;
	m->owner = rx_machine_self();
	*home = m;
	lock();
	link_first(m);
	unlock();
	rx_machine_grown(m);
}

void
rx_machine_free(struct rx_machine **home)
{
	lock();
	if (*home != NULL)
		drop(*home);
	unlock();
}

void
rx_machines_bound(size_t bytes)
{
	lock();
	all.max = bytes != 0 ? bytes : RX_MACHINES_MAX;
	unlock();
}

size_t
rx_machines_bytes(void)
{
	lock();
	size_t bytes = all.bytes;
	unlock();
	return bytes;
}
