/* SPDX-License-Identifier: Apache-2.0 */
/* POST /api/ext/v1/templates/preview: what a template makes of alerts. */
#include "base/mem.h"
#include "base/quote.h"
#include "ext_groups.h"
#include "ext_made_up.h"

/* A text that is longer is no template of a message. */
#define TEXT_MAX ((size_t)32 << 10)
/* So much of what was rendered is written at a time. */
#define PIECE ((size_t)16 << 10)

struct preview_reply {
	struct packed body;
	struct tmpl_preview preview;
	struct api *api;
	struct made_up *m;
	bool over, failed;
	struct sbuf output;
	size_t written;		/* of it */
	struct err e;
};

/* The request, read; in its arena. */
struct preview_wish {
	struct str text;
	bool html;
	const struct receiver *receiver;	/* NULL: none was named */
	struct config *config;			/* that has it; not owned, only compared */
};

static void
on_over(struct tmpl_preview *p, struct str output, const struct err *e)
{
	struct preview_reply *r = CONTAINER_OF(p, struct preview_reply, preview);

	r->over = true;
	r->failed = e != NULL;
	if (e != NULL)
		r->e = *e;
	else
		sbuf_str(&r->output, output);
	if (r->body.stream.ready != NULL)
		r->body.stream.ready(r->body.stream.ready_arg);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The digits at the front of *s, and the colon behind them; 0: there are none. */
static int
take_number(struct str *s)
{
	size_t n = 0;
	int value = 0;

	for (; n < s->n && n < 9 && is_digit(s->p[n]); n++)
		value = value * 10 + (s->p[n] - '0');
	if (n == 0 || n == s->n || s->p[n] != ':')
		return 0;
	*s = str_sub(*s, n + 1, s->n);
	return value;
}

/* "template: FILE:LINE:COLUMN: …", where FILE is empty for the text itself, and columns count from 0. */
static void
put_place(struct json_writer *w, struct str text)
{
	struct str rest = str_starts(text, STR("template: ")) ? str_sub(text, 10, text.n) : STR("");
	size_t file = str_chr(rest, ':');
	struct str name = str_sub(rest, 0, file);
	int line, column;

	rest = str_sub(rest, file + 1, rest.n);
	line = file < text.n ? take_number(&rest) : 0;
	if (line == 0)
		return;
	if (name.n > 0)
		json_put_str(w, "file", name);
	json_put_int(w, "line", line);
	if (rest.n > 0 && is_digit(rest.p[0])) {
		column = take_number(&rest);
		json_put_int(w, "column", column + 1);
	}
}

static void
write_error(struct json_writer *w, const struct err *e)
{
	struct str text = str_from(e->text);

	json_object_begin(w);
	json_key(w, STR("error"));
	json_object_begin(w);
	json_put_str(w, "code", STR("bad_template"));
	json_put_str(w, "message", text);
	put_place(w, text);
	json_object_end(w);
	json_object_end(w);
}

/* The next piece of the output, of whole runes. */
static struct str
next_piece(struct preview_reply *r)
{
	struct str all = sbuf_get(&r->output);
	size_t from = r->written, to = from + PIECE;

	if (to >= all.n)
		to = all.n;
	for (size_t back = 0; back < 3 && to < all.n && ((unsigned char)all.p[to] & 0xC0) == 0x80; back++)
		to--;
	r->written = to;
	return str_sub(all, from, to);
}

static enum http_more
make(struct packed *body, struct work *work, struct moment now, struct err *e)
{
	struct preview_reply *r = CONTAINER_OF(body, struct preview_reply, body);
	struct json_writer w;
	struct str piece;

	(void)now;
	(void)e;
	if (!r->over)
		return HTTP_WAIT;
	if (r->failed) {
		body->stream.status = 400;
		json_writer_init(&w, &body->plain, JSON_HTML_ESCAPED);
		write_error(&w, &r->e);
		sbuf_putc(&body->plain, '\n');
		return HTTP_END;
	}
	if (r->written == 0)
		sbuf_puts(&body->plain, "{\"output\":\"");
	piece = next_piece(r);
	json_quote_part(&body->plain, piece, JSON_HTML_ESCAPED);
	work_spend(work, (int64_t)piece.n);
	if (r->written < r->output.n)
		return HTTP_MORE;
	sbuf_puts(&body->plain, "\"}\n");
	return HTTP_END;
}

static void
fini(struct packed *body)
{
	struct preview_reply *r = CONTAINER_OF(body, struct preview_reply, body);

	if (!r->over)
		r->api->env.preview_off(r->api->env.arg, &r->preview);
	made_up_let_go(&r->m);
	sbuf_fini(&r->output);
}

/* Takes m. */
static void
begin(struct call *c, struct made_up *m, const struct preview_wish *wish)
{
	const struct api_env *env = &c->api->env;
	struct preview_reply *r = NEW(struct preview_reply);
	struct err e = { 0 };

	r->api = c->api;
	r->m = m;
	r->preview.over = on_over;
	r->output = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
	r->body.make = make;
	r->body.fini = fini;
	if (env->preview(env->arg, &r->preview, &m->n, wish->text, wish->html, &e)) {
		ext_reply_later(c);
		packed_reply(c, &r->body);
		return;
	}
	made_up_let_go(&r->m);
	mem_free(r);
	http_response_header(c->resp, "Retry-After", STR("1"));
	ext_error(c, 429, "too_many_previews", str_from(e.text));
}

/* For the alerts of a group: the first of them, in the order of a notification, those held back as well. */
static void
of_group(struct call *c, const struct group_item *g, void *arg)
{
	const struct preview_wish *wish = arg;
	const struct receiver *receiver = g->route->receiver;
	struct made_up *m;
	struct alert *a = NULL;

	/* The configuration may have changed since the receiver was looked up. */
	if (wish->receiver != NULL && wish->config == view_config(c->api->env.engine))
		receiver = wish->receiver;
	m = made_up_new(c->api, g->route, receiver, g->key, c->now.wall);
	while ((a = view_member_after(g->group, a != NULL ? a->labels : NULL)) != NULL)
		if (!made_up_add(m, alert_ref(a), alert_resolved_at(a, c->now.wall)))
			break;
	made_up_end(m, labels_ref(g->labels));
	labels_unref(m->n.route_labels);
	m->n.route_labels = view_route_labels(c->api->env.engine, g->group, c->now, c->arena);
	begin(c, m, wish);
}

/* An alert that fires and one that has ended. */
static bool
add_sample(struct call *c, struct made_up *m)
{
	for (int i = 0; i < 2; i++) {
		struct label_pair labels[] = {
			{ STR("alertname"), STR("DiskFull") },
			{ STR("instance"), i == 0 ? STR("db1:9100") : STR("db2:9100") },
			{ STR("job"), STR("node") },
			{ STR("severity"), STR("critical") },
		};
		struct label_pair annotations[] = {
			{ STR("runbook_url"), STR("https://wiki.example/disk") },
			{ STR("summary"), i == 0 ? STR("Disk /var of db1 is 97 % full") : STR("Disk /var of db2 is 96 % full") },
		};
		struct made_up_alert a = { labels, annotations, ARRAY_LEN(labels), ARRAY_LEN(annotations), i == 1 };

		if (!made_up_add_read(c, m, &a))
			return false;
	}
	return true;
}

static bool
add_alerts(struct call *c, struct made_up *m, const struct json *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct made_up_alert a;

		if (list->v[i].kind != JSON_OBJECT) {
			ext_error_at(c, 400, "bad_member", STR("alerts must be a list of objects"), "alerts", (int)i);
			return false;
		}
		if (!made_up_read(c, &list->v[i], &a) || !made_up_add_read(c, m, &a))
			return false;
	}
	return true;
}

/* list NULL: for a sample. */
static void
of_alerts(struct call *c, const struct json *list, const struct preview_wish *wish)
{
	const struct route *route = view_config(c->api->env.engine)->route;
	struct made_up *m = made_up_new(c->api, route, wish->receiver != NULL ? wish->receiver : route->receiver,
	    STR("{}:{}"), c->now.wall);

	if (list != NULL ? add_alerts(c, m, list) : add_sample(c, m)) {
		made_up_end(m, NULL);
		begin(c, m, wish);
	} else {
		made_up_let_go(&m);
	}
}

/* Exactly one of text and template; false: answered. */
static bool
read_text(struct call *c, const struct json *body, struct preview_wish *wish)
{
	struct str text = STR_NONE, template = STR_NONE, type = STR("text");

	if (!ext_member_str(c, body, "text", &text) || !ext_member_str(c, body, "template", &template) ||
	    !ext_member_str(c, body, "type", &type))
		return false;
	if ((text.p == NULL) == (template.p == NULL)) {
		ext_error_at(c, 400, "bad_member", STR("either text or the name of a template is wanted"), "text", -1);
		return false;
	}
	if (text.n > TEXT_MAX || template.n > TEXT_MAX) {
		ext_error_at(c, 400, "bad_member", arena_printf(c->arena, "text is longer than %zu bytes", TEXT_MAX), "text", -1);
		return false;
	}
	wish->html = str_is(type, "html");
	if (!wish->html && !str_is(type, "text")) {
		ext_error_at(c, 400, "bad_member", STR("type is text or html"), "type", -1);
		return false;
	}
	wish->text = text;
	if (template.p != NULL) {
		struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

		sbuf_puts(&b, "{{ template ");
		quote_go(&b, template);
		sbuf_puts(&b, " . }}");
		wish->text = arena_str(c->arena, sbuf_get(&b));
		sbuf_fini(&b);
	}
	return true;
}

static bool
read_receiver(struct call *c, const struct json *body, struct preview_wish *wish)
{
	struct str name = STR_NONE;

	wish->config = view_config(c->api->env.engine);
	if (!ext_member_str(c, body, "receiver", &name))
		return false;
	if (name.p == NULL)
		return true;
	wish->receiver = config_receiver(wish->config, name);
	if (wish->receiver != NULL)
		return true;
	ext_error_at(c, 400, "unknown_receiver", STR("there is no receiver of this name"), "receiver", -1);
	return false;
}

void
api_ext_template_preview(struct call *c)
{
	static const char *const known[] = { "text", "template", "type", "receiver", "group", "alerts", NULL };
	struct preview_wish *wish = ARENA_NEW(c->arena, struct preview_wish);
	const struct json *body, *alerts = NULL;
	struct str group = STR_NONE;
	uint64_t id = 0;

	if (c->api->env.preview == NULL) {
		ext_error(c, 501, "not_here", STR("nothing is rendered here"));
		return;
	}
	body = made_up_body(c, known);
	if (body == NULL || !read_text(c, body, wish) || !read_receiver(c, body, wish) ||
	    !ext_member_str(c, body, "group", &group) || !ext_member_array(c, body, "alerts", &alerts))
		return;
	if (group.p != NULL && alerts != NULL)
		ext_error_at(c, 400, "bad_member", STR("either a group or alerts, not both"), "alerts", -1);
	else if (group.p != NULL && !fingerprint_parse(group, &id))
		ext_error_at(c, 400, "bad_member", STR("group is the id of a group: 1 to 16 hexadecimal digits"), "group", -1);
	else if (group.p != NULL)
		group_find_later(c, id, of_group, wish);
	else
		of_alerts(c, alerts, wish);
}
