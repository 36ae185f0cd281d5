/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/hear.h"

#include "base/ascii.h"
#include "gateways/gateway.h"
#include "gateways/tells.h"
#include "text/html.h"
#include "text/json_tree.h"

/* Values of a body that are worth a tree. */
#define VALUES_MAX 50000
/* Parameters of a query or a form; and members of a body beside its list, where each element of that would look for what it lacks. */
#define BESIDE_MAX 200

/* A request being read. */
struct hearing_call {
	struct told told;
	const struct gateway_tells *tells;
	const struct json *json;	/* NULL: the body is none */
	const struct json *element;	/* of the list at hand */
};

static bool
read_secret(const struct notify_env *env, const struct gateway *g, const struct gateway_preset *p, struct arena *a,
    struct str *out, struct err *e)
{
	struct str value = g->hear.secret, file = g->hear.secret_file;

	if (value.n == 0 && file.n == 0 && p->signs == SIGNS_BY_PASSWORD) {
		value = g->password;
		file = g->password_file;
	}
	*out = value;
	if (value.n > 0 || file.n == 0)
		return true;
	if (!env->read_file(env->arg, arena_str(a, file).p, a, out, e)) {
		e->kind = ERR_IO;
		return false;
	}
	*out = str_trim(*out);
	return true;
}

/* The URL that the gateway was told, with the query that it came with. */
static struct str
url_of(const struct notify_env *env, const struct gateway *g, const struct http_request *r, bool reply, struct arena *a)
{
	struct str base = g->hear.url.n > 0 ? g->hear.url : env->external_url, out;
	struct sbuf b = SBUF_INIT(1 << 16);

	while (str_ends(base, STR("/")))
		base.n--;
	sbuf_str(&b, base);
	sbuf_puts(&b, GATEWAY_PATH);
	url_path_escape(&b, g->name);
	sbuf_puts(&b, reply ? "/reply" : "/report");
	if (r->query.n > 0) {
		sbuf_putc(&b, '?');
		sbuf_str(&b, r->query);
	}
	out = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

/* The next word of a list with spaces between; empty: there is none. */
static struct str
next_word(struct str *list)
{
	return str_split(list, ' ');
}

static struct str
json_value(struct arena *a, const struct json *j, struct str path)
{
	const struct json *v = j != NULL ? gateway_json_member(a, j, path) : NULL;

	return v != NULL && (v->kind == JSON_STRING || v->kind == JSON_NUMBER) ? v->s : STR_NONE;
}

static struct str
value_of(const struct hearing_call *c, struct str name)
{
	struct arena *a = c->told.arena;
	const char *key = arena_str(a, name).p;
	const struct str *v = url_query_get(&c->told.form, key);
	struct str s;

	if (v == NULL)
		v = url_query_get(&c->told.query, key);
	if (v != NULL)
		return *v;
	s = json_value(a, c->element, name);
	return s.n > 0 || c->element == c->json || c->json->n > BESIDE_MAX ? s : json_value(a, c->json, name);
}

/* The first of several names that is there. */
static struct str
first_of(const struct hearing_call *c, const char *names)
{
	struct str list = names != NULL ? str_from(names) : STR_NONE, s = STR_NONE;

	while (list.n > 0 && s.n == 0)
		s = value_of(c, next_word(&list));
	return s;
}

static bool
is_word_of(const char *words, struct str s)
{
	struct str list = words != NULL ? str_from(words) : STR_NONE;

	while (list.n > 0)
		if (str_caseeq(next_word(&list), s))
			return true;
	return false;
}

static bool
is_listed(const struct str_list *list, struct str s)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->v[i], s))
			return true;
	return false;
}

static bool
hear_report(const struct hearing_call *c, struct heard_report *out)
{
	const struct gateway_tells *t = c->tells;
	const struct hearing *own = &c->told.gateway->hear;
	bool http = own->id.n > 0;
	struct str status = http ? value_of(c, own->status) : first_of(c, t->status);

	out->id = http ? value_of(c, own->id) : first_of(c, t->id);
	out->error = http ? (own->error.n > 0 ? value_of(c, own->error) : STR_NONE) : first_of(c, t->error);
	if (out->id.n == 0 || status.n == 0)
		return false;
	if (is_word_of(t->delivered, status) || is_listed(&own->delivered, status))
		out->state = HEARD_DELIVERED;
	else if (is_word_of(t->failed, status) || is_listed(&own->failed, status))
		out->state = HEARD_FAILED;
	if (out->state == HEARD_FAILED)
		out->error = arena_printf(c->told.arena, "%.*s%s%.*s", STR_ARG(str_sub(status, 0, 100)),
		    out->error.n > 0 ? ": " : "", STR_ARG(str_sub(out->error, 0, 300)));
	else
		out->error = STR_NONE;
	return true;
}

static bool
hear_reply(const struct hearing_call *c, struct heard_reply *out)
{
	const struct hearing *own = &c->told.gateway->hear;

	out->from = own->from.n > 0 ? value_of(c, own->from) : first_of(c, c->tells->from);
	out->text = own->text.n > 0 ? value_of(c, own->text) : first_of(c, c->tells->text);
	out->id = own->id.n > 0 ? value_of(c, own->id) : first_of(c, c->tells->id);
	if (out->id.n == 0)
		out->id = value_of(c, STR("id"));
	return out->from.n > 0;
}

static bool
hear_one(struct hearing_call *c, bool reply, struct heard *out)
{
	if (reply && hear_reply(c, &out->replies[out->replies_n])) {
		out->replies_n++;
		return true;
	}
	if (!reply && hear_report(c, &out->reports[out->reports_n])) {
		out->reports_n++;
		return true;
	}
	return false;
}

static bool
hear_all(struct hearing_call *c, bool reply, struct heard *out, struct err *e)
{
	const char *name = c->tells->list;
	const struct json *list = name != NULL && c->json != NULL ? json_get(c->json, name) : NULL;
	size_t n = list != NULL && list->kind == JSON_ARRAY ? list->n : 0, heard = 0;

	if (n > HEARD_MAX)
		return err_set(e, ERR_INVALID, "more than %d at once", HEARD_MAX);
	out->reports = ARENA_ARRAY(c->told.arena, n + 1, struct heard_report);
	out->replies = ARENA_ARRAY(c->told.arena, n + 1, struct heard_reply);
	for (size_t i = 0; i < n; i++) {
		c->element = &list->v[i];
		heard += hear_one(c, reply, out);
	}
	c->element = c->json;
	if (n == 0)
		heard += hear_one(c, reply, out);
	return heard > 0 ||
	    err_set(e, ERR_INVALID, reply ? "there is no sender of a reply in it" : "there is no id and state of a message in it");
}

bool
gateway_hear(const struct notify_env *env, const struct gateway *g, const struct http_request *r, bool reply,
    struct moment now, struct arena *arena, struct heard *out, struct err *e)
{
	const struct gateway_preset *p = gateway_preset(g->preset);
	struct hearing_call c = { .told = { .gateway = g, .http = r, .now = now, .arena = arena }, .tells = p->tells };
	struct str type = http_request_header(r, "Content-Type");

	*out = (struct heard){ 0 };
	if (r->body.n > HEARD_BODY_MAX)
		return err_set(e, ERR_INVALID, "the body has more than %zu bytes", HEARD_BODY_MAX);
	if (!read_secret(env, g, p, arena, &c.told.secret, e))
		return false;
	c.told.url = url_of(env, g, r, reply, arena);
	url_query_parse(arena, r->query, &c.told.query, NULL);
	if (str_caseeq(str_trim(str_sub(type, 0, str_chr(type, ';'))), STR("application/x-www-form-urlencoded")))
		url_query_parse(arena, r->body, &c.told.form, NULL);
	if (c.told.query.n > BESIDE_MAX || c.told.form.n > BESIDE_MAX)
		return err_set(e, ERR_INVALID, "more than %d parameters", BESIDE_MAX);
	if (!(p->proven != NULL ? p->proven : told_by_token)(&c.told))
		return err_set(e, ERR_AUTH, "the request does not prove to be the gateway's");
	if (c.told.form.n == 0 && r->body.n > 0)
		c.json = json_parse_some(arena, r->body, JSON_DOCUMENT, VALUES_MAX, NULL);
	if (p->tells->once != NULL)
		out->once = http_request_header(r, p->tells->once);
	return hear_all(&c, reply, out, e);
}

struct str
gateway_answer(const struct gateway *g, struct str text, struct arena *arena, struct str *type)
{
	const struct gateway_preset *p = gateway_preset(g->preset);
	struct sbuf b = SBUF_INIT(1 << 16);
	struct str out;

	*type = STR_NONE;
	switch (p->tells->back) {
	case BACK_TEXT:
		*type = STR("text/plain; charset=utf-8");
		return text;
	case BACK_TWILIO:
	case BACK_PLIVO:
		*type = p->tells->back == BACK_TWILIO ? STR("text/xml") : STR("application/xml");
		break;
	case BACK_NOTHING:
	default:
		return STR_NONE;
	}
	html_escape(&b, text);
	if (text.n == 0)
		out = STR("<Response></Response>");
	else
		out = arena_printf(arena, "<Response><Message>%.*s</Message></Response>", STR_ARG(sbuf_get(&b)));
	sbuf_fini(&b);
	return out;
}

const char *
gateway_failed_folder(const struct gateway *g)
{
	return gateway_preset(g->preset)->failed;
}
