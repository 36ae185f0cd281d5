/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateways/tells.h - how a gateway writes reports and replies, as names and words; and how it proves them.
 */
#ifndef GATEWAYS_TELLS_H
#define GATEWAYS_TELLS_H

#include "config/gateways.h"
#include "http/msg.h"
#include "text/url.h"

/* The kinds of answers that are sent back as a message. */
enum tells_back { BACK_NOTHING, BACK_TEXT, BACK_TWILIO, BACK_PLIVO };

/*
 * Names are of parameters of the query, fields of a form or members of JSON; there with dots between (gateway_member). The
 * first of several names, with spaces between, that is there counts.
 */
struct gateway_tells {
	const char *list;		/* JSON: the member with a list of what follows; NULL: the body is one */
	const char *id, *status, *error;
	const char *delivered, *failed;	/* words of `status` with spaces between; case is ignored */
	const char *from, *text;	/* of a reply */
	enum tells_back back;
	const char *once;		/* a header that is in no other request; NULL: requests are told apart by what they say */
};

/* A request, as those who judge its signature see it. */
struct told {
	const struct gateway *gateway;
	const struct http_request *http;
	struct str url;			/* as the gateway was told it, with the query that came */
	struct url_query query, form;	/* of the body: empty when it is none */
	struct str secret;
	struct moment now;
	struct arena *arena;
};

/* One for each preset that signs. */
bool told_by_twilio(const struct told *t);
bool told_by_vonage(const struct told *t);
bool told_by_messagebird(const struct told *t);
bool told_by_bird(const struct told *t);
bool told_by_plivo(const struct told *t);
/* The others: ?token= is the secret. */
bool told_by_token(const struct told *t);

#endif
