/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateways/gateway.h - a way to a telephone: the request for one recipient, and what its answer means.
 *
 * A preset is a file of its name and a row of gateways.def. It is pure, as notifiers are. Which settings it wants, which
 * else it takes, and how numbers are written there are words of its struct; the rest of the rows of
 * config/gateway_fields.h is refused, so that nobody sets what has no effect.
 */
#ifndef GATEWAYS_GATEWAY_H
#define GATEWAYS_GATEWAY_H

#include "config/gateways.h"
#include "http.h"
#include "notify/notifier.h"
#include "tells.h"

/* Where gateways report to; then come a gateway's name and /report or /reply. */
#define GATEWAY_PATH "/api/ext/v1/sms/"

/* Settings, as bits; either one of a pair with a file is meant. */
enum gateway_setting {
	G_URL = 1,
	G_USERNAME = 2,
	G_PASSWORD = 4,
	G_TOKEN = 8,
	G_ACCOUNT = 16,
	G_SERVICE = 32,
	G_REGION = 64,
	G_FROM = 128,
	G_SPOOL = 256,
	G_QUERY = 512,
	G_HTTP = 1024,		/* method, headers, form, body, rules for answers, sign */
	G_VALIDITY = 2048,
	G_REPORTS = 4096,
	G_REPLIES = 8192,
};

/* A number as people write it is +90 (532) 123-45-67 or 0090532…; one without + or 00 stays as it is. */
enum number_form {
	NUMBER_AS_IT_IS,
	NUMBER_PLUS,	/* +905321234567 */
	NUMBER_PLAIN,	/* 905321234567 */
	NUMBER_ZEROS,	/* 00905321234567 */
};

/* One message to one recipient. */
struct gateway_message {
	const struct gateway *gateway;
	struct str url, password, token;	/* as set, from their files, or the preset's */
	struct str to;			/* in the preset's form */
	struct str from, text;
	bool unicode;			/* it takes UCS-2 */
	unsigned segments;
	struct str reference;		/* ours: 32 hexadecimal digits, the same whenever it is asked for again */
	struct str report_url;		/* where reports are wanted; empty: nowhere */
};

enum gateway_word {
	GATEWAY_ACCEPTED,	/* also without an id that can be read, where the status says it: then there are no reports of it */
	GATEWAY_LATER,		/* another attempt may do better */
	GATEWAY_REFUSED,	/* this gateway will not take it */
};

struct gateway_answer {
	struct str id;		/* the gateway's, of the message; may be empty */
	struct str why;		/* with LATER and REFUSED; empty: the status and body say it */
};

struct gateway_preset {
	const char *name;
	unsigned wants, takes;	/* of enum gateway_setting */
	const char *url;	/* NULL: it is one of those wanted, or made by the request */
	enum number_form numbers;
	unsigned segments_max;	/* 0: as many as are configured */
	/* Whether its reports and replies carry a signature, by hear.secret or by the password where that is not set; else a token in the URL. */
	enum { SIGNS_NOTHING, SIGNS_BY_SECRET, SIGNS_BY_PASSWORD } signs;
	const char *failed;	/* G_SPOOL: the directory of what could not be sent */
	bool own_ids;		/* its reports name a message by our reference */
	const struct gateway_tells *tells;	/* NULL: it takes neither G_REPORTS nor G_REPLIES */
	bool (*proven)(const struct told *t);	/* NULL: by a token */
	/* Judges what the bits cannot say. NULL: nothing. */
	bool (*check)(const struct gateway *g, struct err *e);
	bool (*request)(struct attempt *a, const struct gateway_message *m, struct request *out, struct err *e);
	/* An answer is there, though it may be any. *out may borrow from r. */
	enum gateway_word (*judge)(struct arena *a, const struct gateway *g, const struct response *r,
	    struct gateway_answer *out);
};

/* NULL: there is none of that name. */
const struct gateway_preset *gateway_preset(struct str name);
/* Judges the settings of a gateway, by its preset. Error text without place. */
bool gateway_check(struct gateway *g, struct err *e) MUST_CHECK;
/* The number in the preset's form. */
struct str gateway_number(struct arena *a, enum number_form form, struct str to);

/* Fills in what is the same for all recipients: url, password and token as they are now, where reports are wanted. */
bool gateway_prepare(struct attempt *a, const struct gateway *g, struct gateway_message *out, struct err *e) MUST_CHECK;
/* Our own name of the message to `to`: 32 hexadecimal digits, the same in all attempts of the notification. */
struct str gateway_reference(struct attempt *a, struct str to);

/* For presets: */
/* The member of a JSON text at a path with dots, as text; a number in it is the place in a list. Empty: there is none. */
struct str gateway_member(struct arena *a, struct str json, struct str path);
/* The same of a tree; NULL: there is none. */
struct json;
const struct json *gateway_json_member(struct arena *a, const struct json *j, struct str path);
/* The verdict by the status alone of an answer that is no success: 408, 429 and 5xx are worth another attempt. */
enum gateway_word gateway_by_status(const struct response *r);
/* base with a path behind, whose slashes are one; url is secret where base was set. */
struct str gateway_url(struct arena *a, struct str base, const char *fmt, ...) PRINTF(3, 4);
/* Authorization: SCHEME TOKEN; and Basic. */
void gateway_authorization(struct attempt *a, struct request *out, const char *scheme, struct str token);
void gateway_basic(struct attempt *a, struct request *out, struct str user, struct str password);
/* Adds a query to the URL, which may have one already. */
bool gateway_query(struct attempt *a, struct str url, struct str query, struct str *out, struct err *e) MUST_CHECK;
/* A file that a spool has taken: its name is the message's id. */
enum gateway_word gateway_spooled(struct arena *a, const struct gateway *g, const struct response *r, struct gateway_answer *out);
/* Seconds of the validity within bounds; 0: none is set. */
int64_t gateway_validity(const struct gateway *g, span unit, int64_t min, int64_t max);
/* Bodies under way: a form or JSON; both end in a POST of it to url. */
struct gateway_form {
	struct sbuf b;
	bool rest;	/* the first pair is there */
};
void gateway_form_add(struct gateway_form *f, const char *key, struct str value);
void gateway_form_add_opt(struct gateway_form *f, const char *key, struct str value);	/* unless it is empty */
bool gateway_post_form(struct attempt *a, struct gateway_form *f, struct str url, struct request *out,
    struct err *e) MUST_CHECK;
bool gateway_post_json(struct attempt *a, struct http_json *j, struct str url, struct request *out,
    struct err *e) MUST_CHECK;

/* Preset http, whose templates see the message: a sample of what they see. */
struct value gateway_http_sample(struct value data, struct arena *a);
/* Renders pairs as key=value&… with the message's data; preset kannel has some, too. */
bool gateway_pairs(struct attempt *a, const struct gateway_message *m, const struct str_pairs *pairs, struct sbuf *b,
    bool *first, struct err *e) MUST_CHECK;

#define GATEWAY(symbol) extern const struct gateway_preset gateway_##symbol;
#include "gateways.def"
#undef GATEWAY

#endif
