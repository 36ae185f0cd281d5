/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast an answer goes out: who takes almost nothing of it is cut off, and who
 * takes it slowly stands in nobody's way.
 */
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "http_private.h"

/* Offered to the kernel at once: what one turn of a single connection may cost. */
#define WRITE_MAX ((size_t)256 << 10)

/* Output for evhttp to write came, or went to the socket. */
static void
on_output(struct evbuffer *out, const struct evbuffer_cb_info *info, void *arg)
{
	struct http_conn *c = arg;

	(void)out;
	c->waiting += info->n_added;
	c->waiting -= info->n_deleted;
	c->sent += info->n_deleted;
	c->server->taken -= info->n_deleted;
	memory_count(c->server, info->n_added);
	if (info->n_deleted > 0 && c->waiting > 0)
		pace_look(c);
}

void
pace_look(struct http_conn *c)
{
	struct pollfd p = { .fd = bufferevent_getfd(c->bev), .events = POLLOUT };

	if (c->x != NULL && c->x->holds != HTTP_NO_PLACE && poll(&p, 1, 0) == 0)
		exchange_slow(c);
}

void
pace_begin(struct http_conn *c)
{
	evbuffer_add_cb(bufferevent_get_output(c->bev), on_output, c);
	bufferevent_set_max_single_write(c->bev, WRITE_MAX);
}

void
pace_end(struct http_conn *c)
{
	evbuffer_remove_cb(bufferevent_get_output(c->bev), on_output, c);
	c->server->taken -= c->waiting;
	c->waiting = 0;
}

/* The kernel's word counts: its buffers swallow much at once, and then for a long time nothing. */
bool
pace_is_kept(struct http_conn *c)
{
	uint64_t read = c->sent, before = c->read;
	bool grace = !c->watched;
	int unread = 0;

	if (ioctl(bufferevent_getfd(c->bev), SIOCOUTQ, &unread) == 0 && (uint64_t)unread <= read)
		read -= (uint64_t)unread;
	c->read = read;
	c->watched = true;
	return c->waiting == 0 || grace || read >= before + HTTP_READ_MIN;
}
