/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_notify.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/duration.h"
#include "base/embedded.h"
#include "base/mem.h"
#include "base/rfc3339.h"

static bool
read_file(void *arg, const char *path, struct arena *a, struct str *out, struct err *e)
{
	struct bench *b = arg;
	const struct yaml_node *n = yaml_get(b->files, path);

	if (n == NULL)
		return err_set(e, ERR_IO, "open %s: no such file or directory", path);
	*out = arena_str(a, n->text);
	return true;
}

static bool
config_read_file(void *arg, const char *path, size_t max, struct arena *a, struct str *out, struct err *e)
{
	(void)max;
	return read_file(arg, path, a, out, e);
}

static bool
config_glob(void *arg, const char *pattern, struct path_bounds *left, struct arena *a, struct str_list *out, struct err *e)
{
	(void)arg;
	(void)pattern;
	(void)left;
	(void)a;
	(void)e;
	*out = (struct str_list){ 0 };
	return true;
}

static const char *
env_get(void *arg, const char *name)
{
	struct bench *b = arg;
	const struct yaml_node *n = yaml_get(b->variables, name);

	return n != NULL ? n->text.p : NULL;
}

static void
truncated(void *arg, const struct notification *n, const char *field, size_t limit)
{
	struct bench *b = arg;

	(void)n;
	sbuf_printf(&b->log, "! truncated %s %zu\n", field, limit);
}

static void
recipient_failed(void *arg, const struct notification *n, struct str to, struct str why)
{
	struct bench *b = arg;

	(void)n;
	sbuf_printf(&b->log, "! gave up %.*s: %.*s\n", STR_ARG(to), STR_ARG(why));
}

static bool
cache_get(void *arg, struct str key, struct moment now, struct arena *a, struct str *out)
{
	struct bench *b = arg;

	(void)now;
	for (size_t i = 0; i < b->cache_n; i++) {
		if (str_eq(b->cache[i].key, key) && b->cache[i].value.n > 0) {
			*out = arena_str(a, b->cache[i].value);
			return true;
		}
	}
	return false;
}

static void
cache_put(void *arg, struct str key, struct str value, span ttl, struct moment now)
{
	struct bench *b = arg;

	(void)ttl;
	(void)now;
	ck_assert_uint_lt(b->cache_n, CACHE_MAX);
	b->cache[b->cache_n].key = arena_str(b->arena, key);
	b->cache[b->cache_n++].value = arena_str(b->arena, value);
}

static void
cache_drop(void *arg, struct str key)
{
	struct bench *b = arg;

	for (size_t i = 0; i < b->cache_n; i++)
		if (str_eq(b->cache[i].key, key))
			b->cache[i].value = STR_NONE;
}

static struct wall
parse_time(struct str s)
{
	struct wall w;

	ck_assert(rfc3339_parse(s, &w, NULL));
	return w;
}

static struct str
text_of(const struct yaml_node *map, const char *key, struct str otherwise)
{
	const struct yaml_node *n = yaml_get(map, key);

	return n != NULL ? n->text : otherwise;
}

static long
int_of(const struct yaml_node *map, const char *key, long otherwise)
{
	const struct yaml_node *n = yaml_get(map, key);

	return n != NULL ? strtol(n->text.p, NULL, 10) : otherwise;
}

static struct label_pair *
pairs_of(struct arena *a, const struct yaml_node *map, size_t *n)
{
	struct label_pair *p;

	*n = map != NULL ? map->n : 0;
	p = ARENA_ARRAY(a, *n + 1, struct label_pair);
	for (size_t i = 0; i < *n; i++)
		p[i] = (struct label_pair){ map->pairs[i].key->text, map->pairs[i].value->text };
	return p;
}

static struct labels *
labels_of(struct arena *a, const struct yaml_node *map)
{
	size_t n;
	struct label_pair *p = pairs_of(a, map, &n);

	return labels_new(p, n);
}

/* An alert is resolved when it has `ends`. */
static void
add_alert(struct bench *b, const struct yaml_node *n)
{
	struct alert_draft d = { 0 };
	struct noted_alert *noted = &b->n.alerts[b->n.alerts_n++];
	struct err e = { 0 };
	bool firing;

	d.labels = pairs_of(b->arena, yaml_get(n, "labels"), &d.labels_n);
	d.annotations = pairs_of(b->arena, yaml_get(n, "annotations"), &d.annotations_n);
	d.generator_url = text_of(n, "url", STR_NONE);
	d.starts = parse_time(text_of(n, "starts", STR("2026-11-22T04:03:16.5Z")));
	d.ends = yaml_get(n, "ends") != NULL ? parse_time(yaml_get(n, "ends")->text) : WALL_ZERO;
	noted->alert = alert_make(&d, 5 * SPAN_MIN, NAMING_UTF8, b->attempt.now.wall, &firing, &e);
	ck_assert_msg(noted->alert != NULL, "%s", e.text);
	noted->resolved = yaml_get(n, "ends") != NULL;
}

static void
add_data(struct bench *b, const struct yaml_node *map)
{
	size_t n = map != NULL ? map->n : 0;

	b->n.data.v = ARENA_ARRAY(b->arena, n + 1, struct receiver_value);
	for (; b->n.data.n < n; b->n.data.n++)
		b->n.data.v[b->n.data.n] = (struct receiver_value){
			.key = map->pairs[b->n.data.n].key->text,
			.type = RECEIVER_STR,
			.s = map->pairs[b->n.data.n].value->text,
		};
}

bool
bench_config(struct bench *b, struct str config, struct err *e)
{
	struct config_env env = {
		.kinds = notifier_kinds(),
		.now = b->attempt.now.wall,
		.read_file = config_read_file,
		.glob = config_glob,
		.arg = b,
		.builtin_templates = embedded_templates,
	};

	return config_load(config, "test.yml", &env, &b->config, e);
}

static void
fill_env(struct bench *b)
{
	b->env = (struct notify_env){
		.external_url = STR("http://am:9093"),
		.user_agent = STR("Alertmanager/0.34.1"),
		.hostname = STR("host"),
		.read_file = read_file,
		.truncated = truncated,
		.recipient_failed = recipient_failed,
		.cache_get = cache_get,
		.cache_put = cache_put,
		.cache_drop = cache_drop,
		.env_get = env_get,
		.arg = b,
	};
}

struct bench *
bench_new(struct str yaml, const struct yaml_node **root)
{
	struct bench *b = NEW(struct bench);
	const struct yaml_node *alerts, *case_;
	struct err e = { 0 };

	b->arena = arena_new();
	b->log = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
	fill_env(b);
	ck_assert_msg(yaml_parse(b->arena, yaml, &case_, &e), "%s", e.text);
	b->files = yaml_get(case_, "files");
	b->variables = yaml_get(case_, "variables");
	b->attempt.now.wall = parse_time(text_of(case_, "now", STR("2026-11-22T04:04:00Z")));
	ck_assert_msg(bench_config(b, text_of(case_, "config", STR_NONE), &e), "%s", e.text);
	b->n = (struct notification){
		.id = 7,
		.config = b->config,
		.route = b->config->route,
		.receiver = b->config->route->receiver,
		.group_key = text_of(case_, "group_key", STR("{}:{alertname=\"A\"}")),
		.group_labels = labels_of(b->arena, yaml_get(case_, "group_labels")),
		.route_labels = labels_of(b->arena, yaml_get(case_, "route_labels")),
		.reason = REASON_FIRST,
		.flushed = b->attempt.now.wall,
		.arena = b->arena,
	};
	ck_assert_uint_ge(b->n.receiver->n, 1);
	b->n.integration = &b->n.receiver->integrations[0];
	alerts = yaml_get(case_, "alerts");
	b->n.alerts = ARENA_ARRAY(b->arena, alerts->n, struct noted_alert);
	for (size_t i = 0; i < alerts->n; i++)
		add_alert(b, alerts->items[i]);
	add_data(b, yaml_get(case_, "data"));
	rand_seed(&b->rand, 1);
	if (root != NULL)
		*root = case_;
	return b;
}

void
bench_free(struct bench *b)
{
	for (size_t i = 0; i < b->n.alerts_n; i++)
		alert_unref(b->n.alerts[i].alert);
	labels_unref(b->n.group_labels);
	labels_unref(b->n.route_labels);
	config_unref(b->config);
	arena_free(&b->attempt_arena);
	kept_fini(&b->kept);
	sbuf_fini(&b->log);
	arena_free(&b->arena);
	mem_free(b);
}

enum step
bench_start(struct bench *b, struct request *out, struct err *e)
{
	struct moment now = b->attempt.now;
	unsigned number = b->attempt.number + 1;
	enum step step;

	arena_free(&b->attempt_arena);
	b->attempt_arena = arena_new();
	b->attempt = (struct attempt){
		.env = &b->env,
		.n = &b->n,
		.settings = b->n.integration->settings,
		.arena = b->attempt_arena,
		.now = now,
		.rand = &b->rand,
		.number = number,
		.kept = &b->kept,
	};
	step = notify_start(&b->attempt, out, e);
	b->about = out->about;
	return step;
}

enum step
bench_resume(struct bench *b, const struct response *r, struct request *out, struct err *e)
{
	struct response with = *r;
	enum step step;

	with.about = b->about;
	step = notify_resume(&b->attempt, &with, out, e);
	b->about = out->about;
	return step;
}

static void
log_http(struct bench *b, const struct fetch_request *h)
{
	char d[DURATION_MAX];

	sbuf_printf(&b->log, "%.*s %.*s\n", STR_ARG(h->method), STR_ARG(h->url));
	for (size_t i = 0; i < h->headers_n; i++)
		sbuf_printf(&b->log, "%.*s: %.*s\n", STR_ARG(h->headers[i].name), STR_ARG(h->headers[i].value));
	ck_assert_ptr_nonnull(h->http);
	if (h->http->authorization.present)
		sbuf_printf(&b->log, "! authorization %.*s %.*s%.*s\n", STR_ARG(h->http->authorization.type),
		    STR_ARG(h->http->authorization.credentials), STR_ARG(h->http->authorization.credentials_file));
	if (h->timeout > 0) {
		duration_format_go(h->timeout, d);
		sbuf_printf(&b->log, "! timeout %s %s\n", h->timeout_name, d);
	}
	if (h->secret_url)
		sbuf_puts(&b->log, "! secret url\n");
	sbuf_printf(&b->log, "\n%.*s", STR_ARG(h->body));
	if (h->body.n > 0 && h->body.p[h->body.n - 1] != '\n')
		sbuf_puts(&b->log, "\n");
}

static void
log_mail(struct bench *b, const struct mail_request *m)
{
	sbuf_printf(&b->log, "MAIL %.*s:%.*s hello %.*s%s%s\n", STR_ARG(m->smarthost.host), STR_ARG(m->smarthost.port),
	    STR_ARG(m->hello), m->require_tls ? " require_tls" : "", m->implicit_tls ? " implicit_tls" : "");
	if (m->username.n > 0)
		sbuf_printf(&b->log, "AUTH %.*s password=%.*s secret=%.*s identity=%.*s\n", STR_ARG(m->username),
		    STR_ARG(m->password), STR_ARG(m->secret), STR_ARG(m->identity));
	sbuf_printf(&b->log, "FROM %.*s\n", STR_ARG(m->from));
	for (size_t i = 0; i < m->to_n; i++)
		sbuf_printf(&b->log, "TO %.*s\n", STR_ARG(m->to[i]));
	sbuf_puts(&b->log, "\n");
	/* Every line ends in CRLF, and has no CR elsewhere. */
	for (size_t i = 0; i < m->message.n; i++) {
		if (m->message.p[i] == '\r')
			ck_assert(i + 1 < m->message.n && m->message.p[i + 1] == '\n');
		else if (m->message.p[i] == '\n')
			ck_assert(i > 0 && m->message.p[i - 1] == '\r');
		if (m->message.p[i] != '\r')
			sbuf_putc(&b->log, m->message.p[i]);
	}
}

/* Bytes that are no text as <XX>. */
static void
log_spool(struct bench *b, const struct spool_request *s)
{
	sbuf_printf(&b->log, "SPOOL %.*s/%.*s/%.*s (%.*s%s%.*s, %.*s)\n\n", STR_ARG(s->root), STR_ARG(s->in), STR_ARG(s->name),
	    STR_ARG(s->taken), s->taken.n > 0 ? ", " : "", STR_ARG(s->sent), STR_ARG(s->failed));
	for (size_t i = 0; i < s->content.n; i++) {
		unsigned char c = (unsigned char)s->content.p[i];

		if (c < ' ' && c != '\n')
			sbuf_printf(&b->log, "<%02X>", c);
		else if (s->content.p[0] == (char)0xFE && c >= 0x7F)
			sbuf_printf(&b->log, "<%02X>", c);
		else
			sbuf_putc(&b->log, (char)c);
	}
	sbuf_puts(&b->log, "\n");
}

static void
log_outcome(struct bench *b, enum step step, const struct err *e)
{
	static const char *const words[] = { "send", "wait", "done", "retry", "fail" };
	char d[DURATION_MAX];

	sbuf_printf(&b->log, "= %s", words[step]);
	if (step == STEP_RETRY || step == STEP_FAIL)
		sbuf_printf(&b->log, " %s: %s", failure_text(b->attempt.failure), e->text);
	if (step == STEP_RETRY && b->attempt.retry_after > 0) {
		duration_format_go(b->attempt.retry_after, d);
		sbuf_printf(&b->log, " (after %s)", d);
	}
	sbuf_puts(&b->log, "\n");
	for (size_t i = 0; b->attempt.data_set && i < b->attempt.data.n; i++)
		sbuf_printf(&b->log, "! remember %.*s=%.*s\n", STR_ARG(b->attempt.data.v[i].key),
		    STR_ARG(b->attempt.data.v[i].s));
}

/* A status, or a map: status body type retry_after error timed_out smtp rcpt. */
static struct response
response_of(struct bench *b, const struct yaml_node *n, enum request_kind kind)
{
	struct response r = { .kind = kind };
	const struct yaml_node *rcpt;
	struct str body = text_of(n, "body", STR_NONE);

	if (n->kind == YAML_SCALAR) {
		r.status = (int)strtol(n->text.p, NULL, 10);
		sbuf_printf(&b->log, "< %d\n", r.status);
		return r;
	}
	r.status = (int)int_of(n, "status", 200);
	r.body = body;
	r.content_type = text_of(n, "type", STR_NONE);
	r.error = text_of(n, "error", STR_NONE);
	r.transport_error = r.error.n > 0 && yaml_get(n, "smtp") == NULL;
	r.unanswered = r.transport_error && int_of(n, "unanswered", 0) != 0;
	r.retry_after = (int)int_of(n, "retry_after", 0) * SPAN_S;
	r.smtp_code = (int)int_of(n, "smtp", 0);
	rcpt = yaml_get(n, "rcpt");
	if (rcpt != NULL) {
		int *codes = ARENA_ARRAY(b->arena, rcpt->n, int);

		for (size_t i = 0; i < rcpt->n; i++)
			codes[i] = (int)strtol(rcpt->items[i]->text.p, NULL, 10);
		r.smtp_recipient_codes = codes;
	}
	if (kind == REQUEST_MAIL)
		sbuf_printf(&b->log, "< %d %.*s\n", r.smtp_code, STR_ARG(r.error));
	else if (r.transport_error)
		sbuf_printf(&b->log, "< %.*s\n", STR_ARG(r.error));
	else
		sbuf_printf(&b->log, "< %d %.*s\n", r.status, STR_ARG(body));
	return r;
}

/* A request that was there before, word for word, is not told again. */
static void
log_request(struct bench *b, const struct request *req)
{
	size_t from = b->log.n;
	struct str all, now;

	if (req->kind == REQUEST_SPOOL)
		log_spool(b, &req->spool);
	else
		(req->kind == REQUEST_HTTP ? log_http(b, &req->http) : log_mail(b, &req->mail));
	all = str_sub(sbuf_get(&b->log), 0, from);
	now = str_sub(sbuf_get(&b->log), from, b->log.n);
	if (str_find(all, now) < all.n) {
		sbuf_cut(&b->log, from);
		sbuf_puts(&b->log, "(a request from above)\n");
	}
}

static void
run_attempt(struct bench *b, const struct yaml_node *replies)
{
	struct request req;
	struct err e = { 0 };
	enum step step = bench_start(b, &req, &e);

	for (size_t i = 0; step == STEP_SEND; i++) {
		struct response r;

		log_request(b, &req);
		if (replies == NULL || i >= replies->n)
			break;
		r = response_of(b, replies->items[i], req.kind);
		step = bench_resume(b, &r, &req, &e);
	}
	log_outcome(b, step, &e);
}

void
bench_run(struct bench *b, const struct yaml_node *root)
{
	const struct yaml_node *attempts = yaml_get(root, "attempts");

	if (attempts == NULL) {
		run_attempt(b, yaml_get(root, "replies"));
		return;
	}
	for (size_t i = 0; i < attempts->n; i++) {
		sbuf_printf(&b->log, "--- attempt %zu\n", i + 1);
		run_attempt(b, attempts->items[i]);
	}
}

struct str
bench_read(struct arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	char buf[4096];
	size_t n;
	struct str out;

	if (f == NULL)
		return STR_NONE;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		sbuf_put(&b, buf, n);
	fclose(f);
	out = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}
