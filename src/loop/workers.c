/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/workers.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"
#include "loop/clock_real.h"
#include "loop/errno_text.h"
#include "loop/heap.h"
#include "loop/turn.h"

#define BEHIND 5		/* so much nicer than the loop */
/* Without a job for so many seconds a thread gives memory back. */
#define REST_S 2
/* A turn has this much for those whose jobs have come home. */
#define HOME_TIME (3 * SPAN_MS)

struct queue {
	struct job *first, **last;
};

struct workers {
	/* Loop thread only. */
	struct event *home;
	struct queue brought;	/* their owners have not been told yet */
	size_t pending, queue_max;
	pthread_t *threads;
	unsigned threads_n;
	bool stopping;		/* workers_stop was called: no new jobs */

	const char *name;
	int fd;			/* eventfd: something came home */

	sem_t more;		/* as many as there are jobs in `todo`; and when it ends, one for each thread */
	pthread_mutex_t lock;	/* of all below */
	struct queue todo, done;
};

static void
queue_init(struct queue *q)
{
	q->first = NULL;
	q->last = &q->first;
}

static void
queue_push(struct queue *q, struct job *j)
{
	j->next = NULL;
	*q->last = j;
	q->last = &j->next;
}

static struct job *
queue_pop(struct queue *q)
{
	struct job *j = q->first;

	if (j == NULL)
		return NULL;
	q->first = j->next;
	if (q->first == NULL)
		q->last = &q->first;
	j->next = NULL;
	return j;
}

static void
lock(struct workers *w)
{
	int bad = pthread_mutex_lock(&w->lock);

	assert(bad == 0);
}

static void
unlock(struct workers *w)
{
	int bad = pthread_mutex_unlock(&w->lock);

	assert(bad == 0);
}

/* False: none came for a while. */
static bool
await_job(struct workers *w)
{
	struct wall now = clock_real()->now(clock_real()).wall;
	struct timespec until = { .tv_sec = (time_t)now.s + REST_S, .tv_nsec = now.ns };
	int bad;

	do
		bad = sem_timedwait(&w->more, &until) != 0 ? errno : 0;
	while (bad == EINTR);
	return bad == 0;
}

/* Waits for a job. Memory that the jobs so far have left free goes back when there is time. */
static void
await(struct workers *w, bool *worked)
{
	while (*worked) {
		if (await_job(w))
			return;
		*worked = !heap_give_back();
	}
	while (sem_wait(&w->more) != 0)
		;
	*worked = true;
}

/* It can only fail when the counter is about to overflow, which 2^64 jobs would take. */
static void
wake(struct workers *w)
{
	uint64_t one = 1;

	while (write(w->fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void *
worker(void *arg)
{
	struct workers *w = arg;
	struct job *j;
	bool worked = false;

	/* From here no file is written for it (loop/sandbox.h). */
	pthread_setname_np(pthread_self(), w->name);
	/* Where processors are scarce the loop goes first. On Linux this is about the calling thread alone. */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), getpriority(PRIO_PROCESS, 0) + BEHIND);
	for (;;) {
		bool was_empty;

		await(w, &worked);
		lock(w);
		j = queue_pop(&w->todo);
		unlock(w);
		if (j == NULL)
			return NULL;
		j->run(j);
		lock(w);
		was_empty = w->done.first == NULL;
		queue_push(&w->done, j);
		unlock(w);
		if (was_empty)
			wake(w);
	}
}

/* Jobs that have run are the loop's from here. */
static void
bring_home(struct workers *w)
{
	lock(w);
	if (w->done.first != NULL) {
		*w->brought.last = w->done.first;
		w->brought.last = w->done.last;
		queue_init(&w->done);
	}
	unlock(w);
}

/* Hands one to its owner. */
static void
hand_over(struct workers *w)
{
	struct job *j = queue_pop(&w->brought);

	w->pending--;
	j->done(j);
}

static struct mono
mono_now(void)
{
	return clock_real()->now(clock_real()).mono;
}

/* At least one, and as many as there is time for; the rest in the next turn. */
static void
hand_over_some(struct workers *w)
{
	struct mono since;

	if (w->brought.first == NULL)
		return;
	since = w->brought.first->next != NULL ? mono_now() : (struct mono){ 0 };
	for (hand_over(w); w->brought.first != NULL; hand_over(w))
		if (mono_sub(mono_now(), since) > HOME_TIME) {
			wake(w);
			return;
		}
}

static void
on_home(evutil_socket_t fd, short what, void *arg)
{
	struct workers *w = arg;

	(void)fd;
	(void)what;
	turn_begin(w->name);
	/* It is not read: each write to it wakes us once, and a job that comes home from here on does so again. */
	bring_home(w);
	hand_over_some(w);
	turn_end();
}

/* Signals are the loop's business: new threads start with all of them blocked. */
static bool
start_threads(struct workers *w, unsigned n, struct err *e)
{
	sigset_t all, old;
	int bad = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	w->threads = mem_calloc(n, sizeof(w->threads[0]));
	while (w->threads_n < n) {
		bad = pthread_create(&w->threads[w->threads_n], NULL, worker, w);
		if (bad != 0)
			break;
		w->threads_n++;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (bad != 0)
		return err_set(e, ERR_IO, "cannot start a thread: %s", errno_text(bad).s);
	return true;
}

struct workers *
workers_new(struct event_base *base, unsigned threads, size_t queue_max, const char *name, struct err *e)
{
	struct workers *w = NEW(struct workers);
	int bad;

	assert(threads >= 1 && queue_max >= 1);
	w->queue_max = queue_max;
	w->name = name;
	queue_init(&w->todo);
	queue_init(&w->done);
	queue_init(&w->brought);
	bad = pthread_mutex_init(&w->lock, NULL);
	assert(bad == 0);
	bad = sem_init(&w->more, 0, 0);
	assert(bad == 0);
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->fd < 0) {
		err_set(e, ERR_IO, "eventfd: %s", errno_text(errno).s);
		goto fail;
	}
	w->home = event_new(base, w->fd, EV_READ | EV_ET | EV_PERSIST, on_home, w);
	assert(w->home != NULL);
	if (event_add(w->home, NULL) < 0) {
		err_set(e, ERR_IO, "cannot watch an eventfd");
		goto fail;
	}
	if (!start_threads(w, threads, e))
		goto fail;
	return w;
fail:
	workers_stop(&w);
	return NULL;
}

bool
workers_submit(struct workers *w, struct job *j)
{
	if (w->stopping || w->pending >= w->queue_max)
		return false;
	w->pending++;
	lock(w);
	queue_push(&w->todo, j);
	unlock(w);
	sem_post(&w->more);
	return true;
}

size_t
workers_pending(const struct workers *w)
{
	return w->pending;
}

void
workers_stop(struct workers **wp)
{
	struct workers *w = *wp;

	if (w == NULL)
		return;
	*wp = NULL;
	w->stopping = true;
	for (unsigned i = 0; i < w->threads_n; i++)
		sem_post(&w->more);
	for (unsigned i = 0; i < w->threads_n; i++)
		pthread_join(w->threads[i], NULL);
	bring_home(w);
	while (w->brought.first != NULL)
		hand_over(w);
	assert(w->pending == 0);
	if (w->home != NULL)
		event_free(w->home);
	if (w->fd >= 0)
		close(w->fd);
	sem_destroy(&w->more);
	pthread_mutex_destroy(&w->lock);
	mem_free(w->threads);
	mem_free(w);
}
