/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `gateways`: a list of named ways to a telephone, and those that receivers have of their own. The wants of a preset
 * are judged by the kind of receiver that sends by it (integration_kind.gateway_check).
 */
#include "config/gateways.h"

#include "conf.h"
#include "config/gateway_fields.h"

#define OMIT .flags = F_OMIT_EMPTY
#define H struct hearing

const struct field signing_fields[] = {
	STRING_FIELD(struct signing, hmac, OMIT, .doc = "sha256 or sha1."),
	STRING_FIELD(struct signing, key, .flags = F_SECRET | F_OMIT_EMPTY, .doc = "Key."),
	STRING_FIELD(struct signing, key_file, .flags = F_PATH_CWD | F_OMIT_EMPTY, .doc = "File that holds key."),
	STRING_FIELD(struct signing, template, .flags = F_TEMPLATE | F_OWN_DATA | F_OMIT_EMPTY,
	    .doc = "What is signed; .Timestamp is the time in milliseconds, .Date in RFC 3339, .Nonce 32 hexadecimal digits."),
	STRING_FIELD(struct signing, encoding, OMIT, .doc = "hex (the default) or base64."),
	{ 0 },
};

static const struct field hearing_fields[] = {
	BOOL_FIELD(H, reports, OMIT, .doc = "Whether reports of deliveries are heard, and asked for."),
	STRINGS_FIELD(H, replies, OMIT,
	    .doc = "Numbers whose replies are heard (ACK, SIL 2h, STATUS). None: nobody's are."),
	URL_FIELD(H, url, .flags = F_SECRET | F_OMIT_EMPTY,
	    .doc = "Where the gateway reaches this router, if not at --web.external-url; signatures are of this URL."),
	STRING_FIELD(H, secret, .flags = F_SECRET | F_OMIT_EMPTY,
	    .doc = "What the provider signs its requests with; where it does not sign: the token in the URL."),
	STRING_FIELD(H, secret_file, .flags = F_PATH_CWD | F_OMIT_EMPTY, .doc = "File that holds secret."),
	STRING_FIELD(H, id, OMIT, .doc = "http: name of the parameter or member with the message's id."),
	STRING_FIELD(H, status, OMIT, .doc = "http: name of the one that says what became of it."),
	STRINGS_FIELD(H, delivered, OMIT, .doc = "http: its values for a message that arrived."),
	STRINGS_FIELD(H, failed, OMIT, .doc = "http: its values for one that will not."),
	STRING_FIELD(H, error, OMIT, .doc = "http: name of the one with the reason."),
	STRING_FIELD(H, from, OMIT, .doc = "http: name of the one with a reply's sender."),
	STRING_FIELD(H, text, OMIT, .doc = "http: name of the one with a reply's text."),
	{ 0 },
};

const struct field gateway_fields[] = {
	STRING_FIELD(struct gateway, name, .doc = "Its name, for gateways of sms_configs."),
	STRING_FIELD(struct gateway, preset,
	    .doc = "twilio, vonage, messagebird, bird, plivo, infobip, sinch, sns, gatewayapi, 46elks, clickatell, smseagle, "
		   "teltonika, kannel, smstools, gammu or http."),
	HTTP_FIELD(struct gateway, http_config, OMIT, .inherit = "http_config",
	    .doc = "How to reach it; replaces the global one."),
	GATEWAY_ACCESS_ROWS(struct gateway, ),
	STRING_FIELD(struct gateway, from, .flags = F_TEMPLATE | F_OMIT_EMPTY, .doc = "Sender, unless a receiver has one."),
	GATEWAY_HTTP_ROWS(struct gateway, ),
	GATEWAY_RULE_ROWS(struct gateway, ),
	STRUCT_FIELD(struct gateway, hear, struct hearing, hearing_fields, OMIT,
	    .doc = "Reports and replies that the gateway sends to /api/ext/v1/sms/NAME/report and /reply."),
	{ 0 },
};

static bool
policy_read(struct reading *r, const struct yaml_node *n, const struct at *at, struct gateway *g)
{
	static const char *const words[] = { [UNKNOWN_RETRY] = "retry", [UNKNOWN_NEXT_GATEWAY] = "next_gateway",
		[UNKNOWN_GIVE_UP] = "give_up" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_is(g->unknown_word, words[i]) || (i == 0 && g->unknown_word.n == 0)) {
			g->on_unknown = (enum unknown_policy)i;
			return true;
		}
	}
	return reading_problem(r, n, AT_KEY(at, STR("on_unknown")),
	    "unknown on_unknown \"%.*s\": allowed are retry, next_gateway, give_up", STR_ARG(g->unknown_word));
}

static bool
exempt_read(struct reading *r, const struct yaml_node *n, const struct at *at, struct gateway *g)
{
	struct budget *b = &g->budget;

	b->exempt = ARENA_ARRAY(r->arena, g->exempt_texts.n, struct matchers);
	for (size_t i = 0; i < g->exempt_texts.n; i++) {
		struct str text = g->exempt_texts.v[i];
		struct err e = { 0 };

		b->exempt_n = i + 1;
		if (!matchers_parse(text, r->env->matcher_mode, r->env->warning, &b->exempt[i], &e))
			return reading_problem(r, n, AT_INDEX(AT_KEY(at, STR("budget_exempt")), i), "%s: in matcher %.*s", e.text,
			    STR_ARG(text));
	}
	return true;
}

/* Behind the others, with what its words mean; its name is taken. */
static bool
gateway_add(struct loading *l, const struct yaml_node *n, const struct at *at, struct gateway *g)
{
	struct config *c = l->c;
	struct reading *r = &l->r;
	bool ok;

	if (!names_add(&c->gateway_names, c->arena, g->name, c->gateways_n))
		return reading_problem(r, n, at, "gateway name \"%.*s\" is not unique", STR_ARG(g->name));
	g->path = r->path;
	g->line = n->line;
	g->col = n->col;
	ok = policy_read(r, n, at, g) && exempt_read(r, n, at, g);
	c->gateways = list_room(r->arena, c->gateways, c->gateways_n, 1, sizeof(c->gateways[0]));
	c->gateways[c->gateways_n++] = *g;
	return ok;
}

static const struct integration_kind *
sender(const struct reading *r)
{
	for (const struct integration_kind *const *k = r->env->kinds; *k != NULL; k++)
		if ((*k)->gateway_check != NULL)
			return *k;
	return NULL;
}

static void
gateway_read(struct loading *l, const struct yaml_node *n, const struct at *at)
{
	const struct integration_kind *kind = sender(&l->r);
	struct reading *r = &l->r;
	struct gateway g = { 0 };
	struct err e = { 0 };

	fields_defaults(r, gateway_fields, &g);
	if (!fields_read(r, n, at, gateway_fields, &g, NULL))
		return;
	if (g.name.n == 0) {
		reading_problem(r, n, at, "missing name in gateway");
		return;
	}
	/* Names of those that have none hold a slash; those in paths of the API are one segment. */
	if (str_chr(g.name, '/') < g.name.n) {
		reading_problem(r, yaml_get(n, "name"), AT_KEY(at, STR("name")), "a gateway's name has no slash");
		return;
	}
	fields_inherit(gateway_fields, &g, &l->c->global);
	if (kind != NULL && !kind->gateway_check(&g, &e))
		reading_problem(r, n, at, "%s", e.text);
	else
		gateway_add(l, n, at, &g);
}

bool
gateways_read(struct loading *l, const struct yaml_node *n, const struct at *at)
{
	size_t before = l->r.problems_n;

	if (n->kind != YAML_SEQ)
		return reading_type_problem(&l->r, n, at, false, "[]config.Gateway", "a list is wanted here");
	for (size_t i = 0; i < n->n; i++)
		gateway_read(l, n->items[i], AT_INDEX(at, i));
	return l->r.problems_n == before;
}

bool
gateways_check(struct loading *l, const struct receiver *rc, struct integration *in, const struct at *at)
{
	struct gateway *own = NULL;
	const struct str_list *names = in->kind->gateways != NULL ? in->kind->gateways(in->settings, &own) : NULL;

	for (size_t i = 0; names != NULL && i < names->n; i++)
		if (config_gateway(l->c, names->v[i]) == NULL)
			return reading_problem(&l->r, in->node, AT_INDEX(AT_KEY(at, STR("gateways")), i),
			    "undefined gateway \"%.*s\" used in receiver", STR_ARG(names->v[i]));
	if (own == NULL)
		return true;
	own->name = arena_printf(l->r.arena, "%.*s/%s[%zu]", STR_ARG(rc->name), in->kind->name, in->index);
	return gateway_add(l, in->node, at, own);
}
