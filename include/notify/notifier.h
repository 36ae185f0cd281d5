/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify/notifier.h - one kind of receiver: what it accepts, what goes on the
 * wire, and what an answer means.
 *
 * To add a kind: write src/notify/notify_<name>.c that defines
 * `const struct notifier notify_<name>`, and add NOTIFIER(<name>) to
 * notifiers.def. Nothing else knows it.
 *
 * A notifier is pure: it opens no socket and arms no timer. An attempt is a
 * conversation: `start` gives the first request (or ends at once); each
 * response is handed to `resume`, which gives the next request or the verdict.
 * Between the two it may keep state in attempt->state (arena of the attempt).
 * A notifier that has `more` may have several requests under way: after each
 * STEP_SEND it is asked for another one, up to ATTEMPT_REQUESTS_MAX. Answers
 * come in any order; `about` tells whose they are. A verdict ends the attempt,
 * whatever is still under way.
 *
 * Any of the calls may come in another thread than the loop's, one at a time:
 * all that an attempt reaches is then its own or does not change, and `env`
 * brings home what it is told.
 */
#ifndef NOTIFY_NOTIFIER_H
#define NOTIFY_NOTIFIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "base/time.h"
#include "config/config.h"
#include "core/notification.h"
#include "http/fetch.h"
#include "notify/kept.h"

struct tmpl_set;
struct value;
struct zone;

/* The process as rendering sees it; set up once, borrowed. */
struct notify_env {
	struct str external_url;	/* no trailing slash */
	struct str user_agent;
	struct str hostname;		/* of this machine, for Message-Id */
	/* Reads a small file (a secret); NULL arena text on failure. */
	bool (*read_file)(void *arg, const char *path, struct arena *a, struct str *out, struct err *e);
	/* Notes that something was cut (title, message …): logged by the edge. */
	void (*truncated)(void *arg, const struct notification *n, const char *field, size_t limit);
	/*
	 * Notes that one of several recipients was given up while others were served,
	 * so that the notification as a whole is no failure: logged by the edge.
	 * `why` is the gateway's word. NULL: nobody wants to know.
	 */
	void (*recipient_failed)(void *arg, const struct notification *n, struct str to, struct str why);
	/* Looks up and keeps small values between attempts (tokens): process-wide, forgotten at restart. */
	bool (*cache_get)(void *arg, struct str key, struct moment now, struct arena *a, struct str *out);
	void (*cache_put)(void *arg, struct str key, struct str value, span ttl, struct moment now);
	void (*cache_drop)(void *arg, struct str key);
	/* A notification goes out although a template failed, with what was rendered before. NULL: nobody wants to know. */
	void (*incomplete)(void *arg, const struct notification *n, struct str why);
	/* A label of a route that could not be rendered was left out. NULL: nobody wants to know. */
	void (*route_label_failed)(void *arg, const struct notification *n, struct str label, struct str why);
	/* A variable of the process's environment, NULL when not set. May itself be NULL: none is set. */
	const char *(*env_get)(void *arg, const char *name);
	void *arg;
};

enum step {
	STEP_SEND,	/* the request was filled in: send it and come back with the response */
	STEP_WAIT,	/* nothing to send now: come back with the responses to what is under way */
	STEP_DONE,	/* notified */
	STEP_RETRY,	/* failed, another attempt may do better; error set */
	STEP_FAIL,	/* failed for good for this flush; error set */
};

/* A notification that is too much to render as it is tells of at least so many alerts. */
#define ATTEMPT_FEW 1000
/* Requests that one attempt has under way. */
#define ATTEMPT_REQUESTS_MAX 8

struct attempt {
	const struct notify_env *env;
	struct notification *n;		/* n->recipients is the one part to change */
	const void *settings;		/* the integration's, of the notifier's settings struct */
	struct arena *arena;		/* freed when the attempt ends */
	struct moment now;
	span left;			/* from now until the attempt is cut; 0: unknown */
	struct rand *rand;
	unsigned number;		/* 1 for the first attempt of this notification */
	void *state;			/* the notifier's own, in `arena` */
	enum failure failure;		/* with RETRY and FAIL; FAILURE_OTHER unless set */
	struct receiver_data data;	/* with DONE and data_set: what to remember */
	bool data_set;
	span retry_after;		/* with RETRY: wait at least this long; 0: as usual */
	size_t max_alerts;		/* templates see only the first so many alerts; 0: all */
	bool too_much;			/* rendering passed a bound on steps, memory or size */
	bool shortened;			/* … so templates see only the first ATTEMPT_FEW alerts */
	uint64_t steps;			/* of templates, so far: an attempt has no more than one execution */
	uint64_t max_steps;		/* … or so many; 0: that. A caller that gives less sees to `too_much` itself */
	size_t max_output;		/* of one template; 0: as tmpl/tmpl.h has it */
	unsigned brevity;		/* each step halves the data's brief */
	struct kept *kept;		/* texts of the attempts before and of this one, borrowed; NULL: nothing is kept (notify/kept.h) */
	struct tmpl_set *tmpl;		/* NULL: the configuration's */
	void *rendering;		/* render.c's own: the template data, made on first use */
};

/* One message over SMTP. Which transport carries it (libESMTP, libcurl for implicit TLS) is the edge's choice. */
struct mail_request {
	struct host_port smarthost;
	struct str hello;
	struct str from;		/* envelope, bare address */
	struct str *to;			/* envelope, bare addresses */
	size_t to_n;
	struct str message;		/* whole RFC 5322 message, CRLF lines */
	bool require_tls, implicit_tls;
	bool auth_optional;		/* a server that offers no AUTH gets the mail all the same */
	const struct tls_config *tls;	/* NULL: defaults */
	struct str username, password, secret, identity;	/* empty: none */
	struct fetch_gate *gate;	/* borrowed; NULL: always open. Asked when all but the end of the message has been sent; set by the edge */
};

/*
 * A file for a program that sends what lies in a directory: root/in. It is written beside, in `root`, and moved there when it is
 * whole. One of that name that is there already, or in one of the other directories, is the same message.
 */
struct spool_request {
	struct str root, in, sent, failed;
	struct str taken;	/* the directory of what is being sent; empty: that stays in `in` */
	struct str name;	/* without slashes */
	struct str content;
};

enum request_kind { REQUEST_HTTP, REQUEST_MAIL, REQUEST_SPOOL };
struct request {
	enum request_kind kind;
	struct fetch_request http;
	struct mail_request mail;
	struct spool_request spool;
	void *about;		/* the notifier's own: comes back with the response */
	struct str recipient;	/* the one of several that it is for; empty: not of that kind */
	struct str gateway;	/* with a recipient: whose budgets it is asked of before it leaves (config/gateways.h); empty: of none */
	bool asks;		/* for a token, or what there is: whatever becomes of it, nobody has been told by it */
};

/* All borrowed for the call of resume. */
struct response {
	enum request_kind kind;
	void *about;			/* of the request */
	bool transport_error;		/* no answer: `error` says why */
	bool timed_out;			/* … because the request's own timeout passed */
	bool unanswered;		/* … and the request, or a part of it, had gone out */
	bool suppressed;		/* no answer and no error: a budget kept the request, its recipient is to have a digest */
	struct str error;
	/* HTTP */
	int status;
	struct str body;		/* cut at 1 MiB; of a spool: the file's name */
	struct str content_type;
	span retry_after;		/* of the header; 0 when absent */
	/* mail: one per mail_request.to, in order; 0 when not reached */
	int smtp_code;			/* final reply to the message, 0 when not reached */
	const int *smtp_recipient_codes;
	bool smtp_auth_refused;		/* the server did not take the password */
};

struct notifier {
	struct integration_kind kind;	/* name, settings, fields, checks */
	enum step (*start)(struct attempt *a, struct request *out, struct err *e);
	/* May be NULL: then 2xx is success, 5xx and `retry_statuses` are worth a retry, the rest is final. */
	enum step (*resume)(struct attempt *a, const struct response *r, struct request *out, struct err *e);
	/* Another request beside those under way: STEP_SEND, or STEP_WAIT for none. NULL: one at a time. */
	enum step (*more)(struct attempt *a, struct request *out);
	const int *retry_statuses;	/* ends with 0; NULL: none but 5xx */
	/* With a `resume`: it needs no more than the status of an answer of 2xx; without one nobody does. */
	bool by_status;
	/* Whether resume or more execute templates; with NULL they do not. */
	bool (*renders_later)(const void *settings);
	/* A sample of the data of its F_OWN_DATA fields, with one of the usual data. NULL: it has no such fields. */
	struct value (*own_sample)(struct value data, struct arena *a);
};

/* Ends with NULL; order of notifiers.def. The kinds for config_env. */
extern const struct notifier *const notifiers[];
const struct integration_kind *const *notifier_kinds(void);
const struct notifier *notifier_of(const struct integration *i);

/* Starts and resumes an attempt, whatever its kind; the defaults for errors live here. */
enum step notify_start(struct attempt *a, struct request *out, struct err *e) MUST_CHECK;
enum step notify_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e) MUST_CHECK;
enum step notify_more(struct attempt *a, struct request *out) MUST_CHECK;
/*
 * Between the two a may be used by another thread than its notification's
 * configuration. Templates parsed then serve others afterwards.
 */
void notify_take_templates(struct attempt *a);
void notify_return_templates(struct attempt *a);
/* Whether only the start of an attempt executes templates. */
bool notify_renders_at_start(const struct notification *n);

#endif
