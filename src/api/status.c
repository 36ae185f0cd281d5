/* SPDX-License-Identifier: Apache-2.0 */
/* Status, receivers, health and reload. */
#include "base/mem.h"
#include "base/utf8.h"
#include "ext.h"
#include "list.h"

struct str
cluster_status(const struct api *a, const struct api_cluster *c)
{
	return a->env.cluster == NULL ? STR("disabled") : c->settled ? STR("ready") : STR("settling");
}

static void
write_etcd(struct json_writer *w, const struct api *a)
{
	struct api_etcd etcd = { .connected = false };
	struct arena *arena;

	if (a->env.etcd == NULL) {
		json_put_null(w, "etcd");
		return;
	}
	json_key(w, STR("etcd"));
	arena = arena_new();
	a->env.etcd(a->env.arg, arena, &etcd);
	json_object_begin(w);
	json_put_bool(w, "connected", etcd.connected);
	json_put_str(w, "endpoint", etcd.endpoint);
	json_put_str(w, "prefix", etcd.prefix);
	json_put_str(w, "member", etcd.member);
	ext_put_seconds(w, "lease_seconds", etcd.lease);
	json_key(w, STR("members"));
	json_array_begin(w);
	for (size_t i = 0; i < etcd.members_n; i++)
		json_str(w, etcd.members[i]);
	json_array_end(w);
	json_put_int(w, "revision", etcd.revision);
	json_put_uint(w, "records", etcd.records);
	json_put_uint(w, "waiting", etcd.waiting);
	if (etcd.error.n > 0)
		json_put_str(w, "error", etcd.error);
	else
		json_put_null(w, "error");
	json_object_end(w);
	arena_free(&arena);
}

void
write_cluster(struct json_writer *w, const struct api *a, bool ours)
{
	struct api_cluster cluster = { .members_n = 0 };
	struct arena *arena = arena_new();

	if (a->env.cluster != NULL)
		a->env.cluster(a->env.arg, arena, &cluster);
	json_key(w, STR("cluster"));
	json_object_begin(w);
	if (a->env.cluster != NULL)
		json_put_str(w, "name", cluster.name);
	json_key(w, STR("peers"));
	json_array_begin(w);
	for (size_t i = 0; i < cluster.members_n; i++) {
		json_object_begin(w);
		json_put_str(w, "address", cluster.members[i].address);
		json_put_str(w, "name", cluster.members[i].name);
		json_object_end(w);
	}
	json_array_end(w);
	json_put_str(w, "status", cluster_status(a, &cluster));
	if (ours) {
		json_put_bool(w, "split", cluster.split);
		json_put_uint(w, "differing", cluster.differing);
		write_etcd(w, a);
	}
	json_object_end(w);
	arena_free(&arena);
}

static void
write_version(struct json_writer *w, const struct build_info *b)
{
	json_key(w, STR("versionInfo"));
	json_object_begin(w);
	json_put_str(w, "branch", str_from(b->branch));
	json_put_str(w, "buildDate", str_from(b->build_date));
	json_put_str(w, "buildUser", str_from(b->build_user));
	json_put_str(w, "goVersion", str_from(b->go_version));
	json_put_str(w, "revision", str_from(b->revision));
	json_put_str(w, "version", str_from(b->version));
	json_object_end(w);
}

/* The configuration in it may be large: it is quoted piece by piece. */
struct status {
	struct http_stream stream;
	const struct api *api;
	struct config *config;	/* owned reference */
	struct json_writer w;
	bool begun;
	size_t at;		/* in the text */
};

static void
begin_status(struct status *s)
{
	s->begun = true;
	json_object_begin(&s->w);
	write_cluster(&s->w, s->api, false);
	json_key(&s->w, STR("config"));
	json_object_begin(&s->w);
	json_key(&s->w, STR("original"));
	sbuf_putc(s->w.b, '"');
}

static void
end_status(struct status *s)
{
	json_raw(&s->w, STR("\""));
	json_object_end(&s->w);
	write_time(&s->w, "uptime", s->api->env.started);
	write_version(&s->w, s->api->env.build);
	json_object_end(&s->w);
	sbuf_putc(s->w.b, '\n');
}

/* That are quoted. */
#define BYTES_A_UNIT 2

static enum http_more
next_of_status(struct http_stream *stream, struct sbuf *out, struct work *work, struct moment now, struct err *e)
{
	struct status *s = CONTAINER_OF(stream, struct status, stream);
	struct str text = s->config->original, piece;

	(void)now;
	(void)e;
	s->w.b = out;
	if (!s->begun)
		begin_status(s);
	piece = str_sub(text, s->at, text.n);
	piece = str_sub(piece, 0, utf8_prefix(piece, HTTP_PIECE));
	json_quote_part(out, piece, s->w.html);
	work_spend(work, (int64_t)(piece.n / BYTES_A_UNIT));
	s->at += piece.n;
	if (s->at < text.n)
		return HTTP_MORE;
	end_status(s);
	return HTTP_END;
}

static void
drop_status(struct http_stream *stream)
{
	struct status *s = CONTAINER_OF(stream, struct status, stream);

	config_unref(s->config);
	mem_free(s);
}

void
api_status(struct call *c)
{
	struct status *s = NEW(struct status);

	s->stream = (struct http_stream){ .size = HTTP_STREAM_UNKNOWN, .next = next_of_status, .drop = drop_status };
	s->api = c->api;
	s->config = config_ref(view_config(c->api->env.engine));
	json_writer_init(&s->w, NULL, JSON_HTML_ESCAPED);
	c->resp->status = 200;
	http_response_header(c->resp, "Content-Type", STR("application/json"));
	c->resp->stream = &s->stream;
}

struct receiver_list {
	struct list list;
	struct config *config;	/* owned reference: a reload meanwhile does not show */
	size_t at;
	struct matchers wanted;
	struct match_run run;
};

static enum http_more
step_receivers(struct list *list, struct work *w, struct moment now, struct err *e)
{
	struct receiver_list *l = CONTAINER_OF(list, struct receiver_list, list);
	const struct receiver *r = &l->config->receivers[l->at];
	size_t before = list->w.b->n;
	enum match m;

	(void)now;
	(void)e;
	if (l->at == l->config->receivers_n)
		return HTTP_END;
	m = matchers_match_some(&l->wanted, r->labels, &l->run, w);
	if (m == MATCH_LATER)
		return HTTP_LATER;
	l->at++;
	work_spend(w, 1);
	if (m == MATCH_NO)
		return HTTP_MORE;
	json_object_begin(&list->w);
	json_key(&list->w, STR("labels"));
	write_labels(&list->w, r->labels);
	json_put_str(&list->w, "name", r->name);
	json_object_end(&list->w);
	list_spend(w, list->w.b->n - before);
	return HTTP_MORE;
}

static void
fini_receivers(struct list *list)
{
	struct receiver_list *l = CONTAINER_OF(list, struct receiver_list, list);

	match_run_reset(&l->run);
	matchers_fini(&l->wanted);
	config_unref(l->config);
}

void
api_receivers(struct call *c)
{
	struct receiver_list *l = NEW(struct receiver_list);

	if (!query_matchers(c, "receiver_matchers", "failed to parse receiver_matchers param: ", &l->wanted)) {
		mem_free(l);
		return;
	}
	l->config = config_ref(view_config(c->api->env.engine));
	l->list.step = step_receivers;
	l->list.fini = fini_receivers;
	list_reply(c, &l->list);
}

static void
reply_ok(struct call *c)
{
	c->resp->status = 200;
	/* Alertmanager answers HEAD without a type. */
	if (str_is(c->req->method, "HEAD"))
		return;
	http_response_header(c->resp, "Content-Type", STR("text/plain; charset=utf-8"));
	sbuf_puts(&c->resp->body, "OK");
}

void
api_healthy(struct call *c)
{
	reply_ok(c);
}

void
api_ready(struct call *c)
{
	const struct api_env *env = &c->api->env;
	struct str why = STR_NONE;
	bool ok = env->healthy == NULL || env->healthy(env->arg, &why);

	if (ok && why.n == 0)
		reply_ok(c);
	else if (ok)
		reply_text(c, 200, arena_printf(c->arena, "OK, but durable state was damaged: %.*s", STR_ARG(why)).p);
	else
		reply_text(c, 503, arena_printf(c->arena, "durable state: %.*s", STR_ARG(why)).p);
}

void
api_reload(struct call *c)
{
	/* Until then nothing is sent: a failure becomes a 500. */
	reply_empty(c, 200);
	c->resp->stream = c->api->env.reload(c->api->env.arg, c->now);
}
