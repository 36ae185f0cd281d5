/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve/http_private.h - the insides of the HTTP server.
 *
 * libevent's evhttp parses requests and frames responses. Around it:
 * http_server.c owns evhttp and the listeners, http_accept.c bounds how many
 * connections there are, http_guard.c how long one may take, http_memory.c how much memory all of them may,
 * http_exchange.c turns a request of evhttp into an answer, http_request.c and
 * http_response.c translate, http_admit.c asks admission.c who may, http_stream.c
 * sends bodies that are not in memory, http_later.c does what has no answer as yet,
 * http_pace.c watches how fast answers are taken, http_interest.c spares system calls, http_direct.c does without evhttp
 * where that can be.
 *
 * A connection is always in exactly one state, and on the list of that state; a
 * list is in order of deadlines, because all that is on it has the same time
 * to spend there.
 */
#ifndef SERVE_HTTP_PRIVATE_H
#define SERVE_HTTP_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>
#include <sys/types.h>

#include "base/hmap.h"
#include "base/list.h"
#include "base/vec.h"
#include "chunk_scan.h"
#include "head_scan.h"
#include "known_head.h"
#include "loop/aio.h"
#include "loop/tasks.h"
#include "loop/timer.h"
#include "serve/http_server.h"

struct bufferevent;
struct evbuffer;
struct event;
struct evhttp;
struct evhttp_bound_socket;
struct evhttp_connection;
struct evhttp_request;
struct http_conn;
struct web_config;

enum conn_state {
	CONN_FRESH,	/* accepted just now; evhttp is about to take it */
	CONN_IDLE,	/* nothing of a request has come yet */
	CONN_HEAD,	/* some of its head has */
	CONN_BODY,	/* the head is complete; or evhttp itself answers to what is no request */
	CONN_ADMIT,	/* credentials are being checked elsewhere */
	CONN_HELD,	/* answered, but the answer must wait */
	CONN_MAKE,	/* its answer is to be made, or some of it is made but none sent */
	CONN_WRITE,	/* the answer goes out */
	CONN_LINGER,	/* answered and shut; what the peer still sends is thrown away */
	CONN_STATES,
};

struct conn_list {
	struct list conns;
	size_t n;
	span after;		/* how long one may stay; 0: for ever */
	struct timer timer;
	struct http_server *server;
	enum conn_state state;
};

/* The part that only exists while a request is being answered. */
struct exchange {
	struct http_server *server;
	struct http_conn *conn;		/* NULL: it goes on without a client, see http_later.c */
	struct arena *arena;		/* it stands in there itself */
	/* evhttp's, or ours when it has lost its connection; NULL without a client, or while evhttp knows nothing of it */
	struct evhttp_request *evreq;
	struct sbuf body;		/* of the request, where it had to be copied */
	struct evbuffer *held;		/* … or where it is, for as long as something goes on later */
	struct http_request req;
	struct http_response resp;
	struct mono began;
	struct moment answered;		/* its answer is on its way since */
	uint64_t ticket, held_no;	/* that it waits for; its number among those that wait */
	bool is_get;			/* counted among the GETs in flight */
	enum http_places holds;		/* … and what it has of their limit */
	bool close;			/* the connection ends with this answer */
	bool unread;			/* … and the peer may still be sending */
	struct task slice;		/* it is to be dispatched, or the next piece of it to be done */
	struct sbuf piece;		/* … what there is of it while nothing is sent */
	uint64_t streamed;		/* bytes of resp.stream that evhttp got */
	enum { STREAM_UNSENT, STREAM_HEAD, STREAM_BODY } stage;	/* how much of it evhttp knows of */
	bool chunked;			/* its length is not told at the beginning */
	bool sent;			/* evhttp has all of the answer, and will free the request */
	void (*dispatch)(struct http_conn *c);	/* behind later_collect */
	struct list_node place;		/* among those without a client */
	size_t counted;			/* bytes of its body, without a client */
};

/* Whether a request is admitted; from the end of its head until its exchange begins. */
struct admit {
	char *line;			/* its first */
	struct mono began;
	void *pending;			/* of admission.c, in CONN_ADMIT */
	struct evbuffer *hidden;	/* … what came of the request */
	enum { ADMIT_GRANTED, ADMIT_DENIED, ADMIT_EXPIRED } verdict;
	struct http_response denial;
	char *user;			/* who asks, granted; "": there are no users */
	bool body;			/* one was to follow */
};

struct http_conn {
	struct http_server *server;
	struct hmap_node node;		/* by bufferevent, in server->by_bev */
	struct bufferevent *bev;	/* evhttp's; NULL in CONN_LINGER */
	struct evhttp_connection *evcon;	/* NULL in CONN_FRESH and CONN_LINGER */
	struct admit *admit;
	struct exchange *x;
	struct list_node place;		/* in the list of its state */
	struct mono deadline;
	enum conn_state state;
	size_t taken;			/* bytes of its request that are in memory */
	size_t waiting;			/* bytes of its answer that the socket has not taken */
	uint64_t sent;			/* bytes that it has */
	uint64_t read;			/* … of which the peer had these when it was last looked at */
	bool watched;			/* it has been looked at since the answer began */
	struct event *interest;		/* http_interest.c */
	bool interested;		/* … in what comes */
	bool interest_fed;		/* something was read since it fired last */
	struct head_scan head;
	struct chunk_scan chunks;	/* of the body behind it */
	bool gated;			/* evhttp is not shown the head until it is complete */
	struct evbuffer *early;		/* … what came of it behind another request */
	bool own;			/* what happens to the input is our doing */
	bool unread;			/* the peer may still be sending when the connection ends */
	bool cut;			/* it ends because we want it to */
	struct event *drain;		/* in CONN_LINGER; it has a descriptor of its own */
	/* A request that http_direct.c reads, in CONN_BODY: so many bytes of `total` have come. p: NULL: there is none. */
	struct {
		char *p;
		size_t n, cap, total;
	} part;
};

/* The connection that has been in the list longest; NULL: it is empty. */
static inline struct http_conn *
conn_first(const struct conn_list *l)
{
	return LIST_ITEM(l->conns.first, struct http_conn, place);
}

#define HTTP_GATHER_MAX 64

/* http_gather.c: answers that are gathered, to go out together. */
struct http_gather {
	struct aio aio;
	bool tried, possible;		/* the kernel was asked, and takes them together */
	bool open;			/* … and they are gathered now */
	struct sbuf text;		/* of all of them */
	size_t n;
	struct {
		struct http_conn *conn;
		size_t end;		/* of its text */
		ssize_t sent;		/* what became of it */
	} each[HTTP_GATHER_MAX];
	struct iocb orders[HTTP_GATHER_MAX], *list[HTTP_GATHER_MAX];
};

/* A promise for which answers are held was kept, or not. */
struct held_verdict {
	uint64_t upto;	/* the last ticket */
	uint64_t held_no;	/* … and the last exchange: the number that it got when it began to wait */
	char *why;	/* owned; NULL: it was kept */
};

/* http_held.c: verdicts that are not carried out yet. */
struct http_held {
	struct task slice;
	VEC(struct held_verdict) verdicts;	/* by tickets */
	uint64_t last;		/* exchange that was held */
};

struct listener {
	int fd;
	struct evhttp_bound_socket *bound;	/* while connections are accepted */
	struct str address;
	unsigned port;
};

struct http_server {
	struct http_server_options o;
	struct evhttp *evhttp;
	struct list_node place;		/* among all servers */
	struct conn_list lists[CONN_STATES];
	struct hmap by_bev;
	struct tasks *tasks;		/* answers that are made in pieces, requests that wait for their turn */
	struct timeval round;		/* of the loop, by its own clock */
	span spent;			/* in it, on requests as they came */
	struct event *welcome;		/* looks after CONN_FRESH */
	size_t conns;
	size_t taken;			/* and waiting, of all connections */
	struct event *squeeze;		/* makes room when that is too much */
	struct list alone;		/* exchanges without a client */
	struct list dropped;		/* streams that are being freed: http_stream.c */
	int64_t gets[HTTP_PLACES];	/* in the limit, by their places */
	size_t gets_in_flight;		/* in it or not */
	uint64_t gets_refused;
	struct arena *arena;		/* addresses */
	struct listener *listeners;
	size_t listeners_n;
	struct timer retry;		/* accepts again after trouble */
	struct timer grace;
	struct web_config *web;
	bool serving, stopping;
	bool paused;			/* nothing is accepted */
	bool starved;			/* … because there was no descriptor for it */
	void (*stopped)(void *arg);
	void *stopped_arg;
	struct sbuf plain;		/* the small answer that is being written */
	struct http_held held;
	struct http_gather gather;
	struct known_head known;	/* of requests that it reads */
	char *input;			/* what http_direct.c has read; NULL: none as yet, or an exchange has it */
	int64_t date_s;			/* the second that `date` is for */
	char date[40];
};

/* http_guard.c */

/* evhttp asks for the bufferevent of a connection that was accepted. */
struct bufferevent *guard_accept(struct event_base *base, void *server);
/* The record of a connection of evhttp. */
struct http_conn *guard_find(struct http_server *s, struct evhttp_connection *evcon);
void guard_move(struct http_conn *c, enum conn_state state);
/* The same, for who has read the clock just now. */
void guard_move_at(struct http_conn *c, enum conn_state state, struct mono now);
/* The answer is out and the connection stays: the next request may come, or part of it is here. */
void guard_next(struct http_conn *c, struct mono now);
/* In the place of what came: evhttp goes on with this. */
void guard_replace(struct http_conn *c, struct str text);
/* evhttp is shown what came, now. */
void guard_open(struct http_conn *c);
/* Does with what was read elsewhere what is done with what evhttp has read, which reads on from here. */
void guard_feed(struct http_conn *c, struct str text);
/* Takes what came away from evhttp, and reads no more. */
struct evbuffer *guard_hide(struct http_conn *c);
/* … and gives it back, with what is left of `hidden` freed. */
void guard_show(struct http_conn *c, struct evbuffer **hidden);
/* The server stops, and nobody is idle: who does not take HTTP_READ_MIN of its answer in half a second is not waited for. */
void guard_hasten(struct http_server *s);
/* Ends the connection at once. Not from within a callback of evhttp for this very connection. */
void guard_cut(struct http_conn *c);
void guard_init(struct http_server *s);
/* Cuts all connections. */
void guard_fini(struct http_server *s);

/* http_accept.c */

void accept_init(struct http_server *s);
void accept_fini(struct http_server *s);
/* From here on connections come in … */
void accept_begin(struct http_server *s);
/* … to here; listeners are closed. */
void accept_end(struct http_server *s);
/* One more is about to be there: another goes, if there is no room and one that can. */
void accept_make_room(struct http_server *s);
/* It is there, and counted. */
void accept_counted(struct http_server *s);
/* One less is. */
void accept_freed(struct http_server *s);

/* http_chunks.c: the last n bytes of the input are of c's body, and evhttp has not seen them. */
void chunks_scan(struct http_conn *c, struct evbuffer *in, size_t n);
/* http_verb.c: the input begins with a head, which is there whole and which evhttp has not seen: its verb is for it what it is for Alertmanager. */
void verb_raise(struct http_conn *c, struct evbuffer *in);

/* http_memory.c */

void memory_init(struct http_server *s);
void memory_fini(struct http_server *s);
/* n more bytes of requests or answers are in memory; room is made, soon, when that is too much. */
void memory_count(struct http_server *s, size_t n);
/* n more bytes of the connection's request are. */
void memory_take(struct http_conn *c, size_t n);
/* Nothing of its request is any more. */
void memory_give_back(struct http_conn *c);

/* http_interest.c */

/* The connection has its socket; until interest_end, which has to come before that is closed. */
void interest_begin(struct http_conn *c);
void interest_end(struct http_conn *c);
/* Another request may come. */
void interest_next(struct http_conn *c);

/* http_direct.c */

/* The connection has its socket … */
void direct_begin(struct http_conn *c);
/* … and an answer of evhttp's, to a request of so many bytes, is out: it turns reading on. Calls direct_resume, soon, if they are few. */
void direct_next(struct http_conn *c, size_t taken);
void direct_resume(struct http_conn *c);
/* Is direct_read to read what comes now? */
bool direct_reads(const struct http_conn *c);
void direct_read(struct http_conn *c);
/* The connection ends: what has come of a request goes. */
void direct_end(struct http_conn *c);
/* The body of x, which evhttp has not seen, stays where it is when another request comes. */
void direct_keep(struct exchange *x);
/* The exchange needs evhttp for its answer: sets c->x->evreq. */
void direct_lend(struct http_conn *c);

/* http_held.c */

void held_init(struct http_server *s);
void held_fini(struct http_server *s);
/* The answer waits for its ticket. */
void held_add(struct http_conn *c, struct moment now);

/* http_gather.c */

/* From here plain answers are gathered … */
void gather_begin(struct http_server *s);
/* … to here, and have been sent. */
void gather_end(struct http_server *s);
/* Where the text of the next one goes, and then gather_add; NULL: none is gathered now. */
struct sbuf *gather_text(struct http_server *s);
/* Its answer is whole. Some may be sent at once. */
void gather_add(struct http_conn *c);
void gather_fini(struct http_server *s);

/* http_pace.c */

/* Looks after what is written to the connection, from here on … */
void pace_begin(struct http_conn *c);
/* … to here. */
void pace_end(struct http_conn *c);
/* More is there than the kernel may want: if it does not, the client is a slow one (exchange_slow). */
void pace_look(struct http_conn *c);
/* Called once in each read_window while an answer goes out: has enough of it been taken? */
bool pace_is_kept(struct http_conn *c);

/* http_admit.c */

/* The head is complete, and evhttp has not seen it yet. False: not before the verdict, then guard_open. */
bool admit_begin(struct http_conn *c);
/* The time for the verdict is over. */
void admit_expire(struct http_conn *c);
/* Forgets it. */
void admit_end(struct http_conn *c);

/* http_exchange.c */

/* evhttp has read a request. */
void exchange_begin(struct evhttp_request *req, void *server);
/*
 * A request of which text is there, and which evhttp has not seen. DIRECT_PART: there is going to be *total of it, and nothing was done;
 * DIRECT_NOT: it is not plain, and nothing was done either. owned: text is a heap block, which is the exchange's if it is taken, and was
 * counted (memory_take); else it stands in server->input.
 */
enum direct { DIRECT_NOT, DIRECT_PART, DIRECT_TAKEN };
enum direct exchange_direct(struct http_conn *c, struct str text, bool owned, size_t *total);
/* So many bytes of its answer, which is plain, were taken by the socket; negative: none. */
void exchange_sent(struct http_conn *c, struct str text, ssize_t n);
/* All of the answer was taken by the socket. Behind this the exchange is over. */
void exchange_complete(struct http_conn *c, struct mono now);
/* Its answer may go out; with `refusal` (non-empty) a 500 goes instead. */
void exchange_release(struct http_conn *c, struct str refusal, struct moment now);
/* Its client takes the answer more slowly than it is made. */
void exchange_slow(struct http_conn *c);
/* The time for an answer is over. */
void exchange_expire(struct http_conn *c);
/* The connection is gone, or the answer went out. */
void exchange_end(struct http_conn *c);

/*
 * Gives evhttp what x->resp says: of a stream the head, of anything else all. Nothing is read until it is written.
 * Behind this the exchange may be over, and the connection gone, unless it is a stream that has a body.
 */
void exchange_send(struct http_conn *c, struct moment now);
/* All of the answer is made, and resp.stream, if it has one, knows its size: for metrics. */
void exchange_observe(struct http_conn *c, struct mono now);
/* A 500 with this text goes in the place of the answer. */
void exchange_fail(struct http_conn *c, struct str why);

/* Requests have had their share of this round of the loop: what can wait, waits for the next. */
bool exchange_round_is_full(struct http_server *s);
/* The handler has answered. False: the answer is held, for which hardly any time was needed. */
bool exchange_answered(struct http_conn *c, struct moment now);
/* Frees x, which no connection has. */
void exchange_free(struct exchange *x);

/* http_later.c */

/* A body that came in many pieces: puts it together in slices, then calls `dispatch`. */
void later_collect(struct http_conn *c, void (*dispatch)(struct http_conn *c));
/* Behind the handler: is there something to be done in slices, if only to free the body? Then until exchange_answered. */
bool later_is_wanted(const struct exchange *x);
void later_begin(struct http_conn *c);
/* The connection is about to be gone, or to be told something else: x, which goes on, leaves it. */
void later_part(struct exchange *x);
/* Breaks off what goes on without a client. */
void later_fini(struct http_server *s);

/* http_stream.c */

/* The answer may go out: sends resp.stream, which is open, as it is made and taken. */
void http_stream_begin(struct http_conn *c);
/* It is not to be sent any further. */
void http_stream_end(struct http_conn *c);
/* Frees it, in slices where that takes long. */
void http_stream_drop(struct http_server *s, struct http_stream *stream);
/* Frees what is left of those that are being freed. */
void http_streams_fini(struct http_server *s);

/* http_server.c: a connection was freed, or something without one is over: accepts again, or ends the stop. */
void http_server_freed(struct http_server *s);

#endif
