/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_pagerduty.c - PagerDuty, Events API version 2, or version 1 with a service key.
 */
#include "http.h"
#include "judge.h"
#include "payload.h"
#include "settings.h"
#include "text/json_small.h"

#define V1_URL "https://events.pagerduty.com/generic/2010-04-15/create_event.json"
#define SUMMARY_RUNES 1024
#define EVENT_BYTES 512000
#define CUT_DETAILS "{\"error\":\"Custom details have been removed because the original event exceeds the maximum " \
	"size of 512KB\"}"

struct pagerduty_image {
	struct str src, alt, href;
};

struct pagerduty_link {
	struct str href, text;
};

struct pagerduty_settings {
	struct integration_common common;
	struct str service_key, service_key_file, routing_key, routing_key_file;
	struct str url, client, client_url, description;
	const struct yaml_node *details;
	struct struct_list images, links;
	struct str source, severity, class, component, group;
	span timeout;
};

#define TEXT_FLAGS (F_TEMPLATE | F_OMIT_EMPTY)

static const struct field image_fields[] = {
	STRING_FIELD(struct pagerduty_image, src, .flags = TEXT_FLAGS, .doc = "Where the picture is."),
	STRING_FIELD(struct pagerduty_image, alt, .flags = TEXT_FLAGS, .doc = "Text instead of the picture."),
	STRING_FIELD(struct pagerduty_image, href, .flags = TEXT_FLAGS, .doc = "Where the link leads."),
	{ 0 },
};

static const struct field link_fields[] = {
	STRING_FIELD(struct pagerduty_link, href, .flags = TEXT_FLAGS, .doc = "Where the link leads."),
	STRING_FIELD(struct pagerduty_link, text, .flags = TEXT_FLAGS, .doc = "Text of the link."),
	{ 0 },
};

static const struct field pagerduty_fields[] = {
	COMMON_FIELDS(struct pagerduty_settings, "true"),
	STRING_FIELD(struct pagerduty_settings, service_key, .flags = F_SECRET | TEXT_FLAGS, .doc = "For version 1."),
	STRING_FIELD(struct pagerduty_settings, service_key_file, .flags = F_PATH_CWD | F_OMIT_EMPTY,
	    .doc = "File that holds service_key."),
	STRING_FIELD(struct pagerduty_settings, routing_key, .flags = F_SECRET | TEXT_FLAGS, .doc = "For version 2."),
	STRING_FIELD(struct pagerduty_settings, routing_key_file, .flags = F_PATH_CWD | F_OMIT_EMPTY,
	    .doc = "File that holds routing_key."),
	URL_FIELD(struct pagerduty_settings, url, .flags = F_OMIT_EMPTY, .inherit = "pagerduty_url",
	    .doc = "Where events are sent to."),
	STRING_FIELD(struct pagerduty_settings, client, .flags = TEXT_FLAGS,
	    .fallback = "{{ template \"pagerduty.default.client\" . }}", .doc = "Name of who sends."),
	STRING_FIELD(struct pagerduty_settings, client_url, .flags = TEXT_FLAGS,
	    .fallback = "{{ template \"pagerduty.default.clientURL\" . }}", .doc = "Link of who sends."),
	STRING_FIELD(struct pagerduty_settings, description, .flags = TEXT_FLAGS,
	    .fallback = "{{ template \"pagerduty.default.description\" .}}", .doc = "What the incident is."),
	ANY_FIELD(struct pagerduty_settings, details, .flags = TEXT_FLAGS | F_MAP,
	    .doc = "Further properties of the event."),
	STRUCTS_FIELD(struct pagerduty_settings, images, struct pagerduty_image, image_fields, .flags = F_OMIT_EMPTY,
	    .doc = "Pictures."),
	STRUCTS_FIELD(struct pagerduty_settings, links, struct pagerduty_link, link_fields, .flags = F_OMIT_EMPTY,
	    .doc = "Links."),
	STRING_FIELD(struct pagerduty_settings, source, .flags = TEXT_FLAGS,
	    .doc = "What has the trouble; by default the client."),
	STRING_FIELD(struct pagerduty_settings, severity, .flags = TEXT_FLAGS,
	    .doc = "critical, error, warning or info."),
	STRING_FIELD(struct pagerduty_settings, class, .flags = TEXT_FLAGS, .doc = "Kind of the event."),
	STRING_FIELD(struct pagerduty_settings, component, .flags = TEXT_FLAGS, .doc = "Part that has the trouble."),
	STRING_FIELD(struct pagerduty_settings, group, .flags = TEXT_FLAGS, .doc = "Group of parts."),
	GO_DURATION_FIELD(struct pagerduty_settings, timeout, .fallback = "0s",
	    .doc = "How long one request may take; 0: as long as the notification."),
	{ 0 },
};

static const struct {
	const char *key, *text;
} default_details[] = {
	{ "firing", "{{ .Alerts.Firing | toJson }}" },
	{ "num_firing", "{{ .Alerts.Firing | len }}" },
	{ "num_resolved", "{{ .Alerts.Resolved | len }}" },
	{ "resolved", "{{ .Alerts.Resolved | toJson }}" },
};

static struct yaml_node *
make_scalar(struct arena *a, const char *text)
{
	struct yaml_node *n = ARENA_NEW(a, struct yaml_node);

	n->kind = YAML_SCALAR;
	n->style = YAML_SINGLE_QUOTED;
	n->text = str_from(text);
	return n;
}

/* The details written, and those defaults that were not. */
static const struct yaml_node *
complete_details(const struct yaml_node *given, struct arena *a)
{
	struct yaml_node *all = ARENA_NEW(a, struct yaml_node);
	size_t n = given != NULL && given->kind == YAML_MAP ? given->n : 0;

	all->kind = YAML_MAP;
	all->pairs = ARENA_ARRAY(a, n + ARRAY_LEN(default_details), struct yaml_pair);
	for (; all->n < n; all->n++)
		all->pairs[all->n] = given->pairs[all->n];
	for (size_t i = 0; i < ARRAY_LEN(default_details); i++) {
		if (n > 0 && yaml_get(given, default_details[i].key) != NULL)
			continue;
		all->pairs[all->n++] = (struct yaml_pair){
			.key = make_scalar(a, default_details[i].key),
			.value = make_scalar(a, default_details[i].text),
		};
	}
	return all;
}

static bool
pagerduty_check(void *settings, struct arena *a, struct err *e)
{
	struct pagerduty_settings *s = settings;

	if (s->routing_key.n + s->service_key.n + s->routing_key_file.n + s->service_key_file.n == 0)
		return err_set(e, ERR_INVALID, "missing service or routing key in PagerDuty config");
	if (!settings_at_most_one(s->routing_key, s->routing_key_file, "routing_key", "routing_key_file", e) ||
	    !settings_at_most_one(s->service_key, s->service_key_file, "service_key", "service_key_file", e))
		return false;
	s->details = complete_details(s->details, a);
	inherit_str(&s->source, s->client);
	return true;
}

static bool
pagerduty_finish(void *settings, const struct global *g, struct arena *a, struct err *e)
{
	struct pagerduty_settings *s = settings;

	(void)a;
	inherit_str(&s->url, g->pagerduty_url);
	return s->url.n > 0 || err_set(e, ERR_INVALID, "no global PagerDuty URL set");
}

static bool
is_v1(const struct pagerduty_settings *s)
{
	return s->service_key.n > 0 || s->service_key_file.n > 0;
}

/* The keys of details are no templates, what is below them is. */
static struct str
render_details(struct render *r, const struct yaml_node *details)
{
	struct sbuf b = SBUF_INIT(RENDER_MAX);
	struct json tree = { .kind = JSON_OBJECT };
	struct str out = STR_NONE;
	struct json_writer w;

	tree.keys = ARENA_ARRAY(r->a->arena, details->n + 1, struct str);
	tree.v = ARENA_ARRAY(r->a->arena, details->n + 1, struct json);
	for (size_t i = 0; i < details->n && !r->failed; i++) {
		const struct json *value = payload_render(r, details->pairs[i].value);

		if (value == NULL)
			break;
		tree.keys[tree.n] = details->pairs[i].key->text;
		tree.v[tree.n++] = *value;
	}
	json_writer_init(&w, &b, JSON_HTML_ESCAPED);
	payload_write(&w, &tree);
	if (!render_take(r->a, &b, &out, r->failed ? NULL : r->e))
		r->failed = true;
	return out;
}

static void
put_images(struct render *r, struct json_writer *w, const struct struct_list *list)
{
	const struct pagerduty_image *v = list->v;
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		/* Parts that are left out have to be sound as well. */
		struct str src = render_text(r, v[i].src), alt = render_text(r, v[i].alt), href = render_text(r, v[i].href);

		if (src.n == 0)
			continue;
		if (n++ == 0) {
			json_key(w, STR("images"));
			json_array_begin(w);
		}
		json_object_begin(w);
		json_put_str(w, "src", src);
		json_put_str(w, "alt", alt);
		json_put_str(w, "href", href);
		json_object_end(w);
	}
	if (n > 0)
		json_array_end(w);
}

static void
put_links(struct render *r, struct json_writer *w, const struct struct_list *list)
{
	const struct pagerduty_link *v = list->v;
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		struct str href = render_text(r, v[i].href), text = render_text(r, v[i].text);

		if (href.n == 0)
			continue;
		if (n++ == 0) {
			json_key(w, STR("links"));
			json_array_begin(w);
		}
		json_object_begin(w);
		json_put_str(w, "href", href);
		json_put_str(w, "text", text);
		json_object_end(w);
	}
	if (n > 0)
		json_array_end(w);
}

static void
put_v1(struct render *r, struct json_writer *w, struct str key, struct str details)
{
	const struct pagerduty_settings *s = r->a->settings;
	bool firing = render_firing(r->a);

	json_object_begin(w);
	json_put_opt(w, "service_key", key);
	json_put_str(w, "incident_key", render_key(r->a));
	json_put_str(w, "event_type", firing ? STR("trigger") : STR("resolve"));
	json_put_opt(w, "description",
	    render_cut_runes(r, render_text(r, s->description), SUMMARY_RUNES, "description"));
	json_put_str(w, "event_action", STR_NONE);
	json_put_null(w, "payload");
	if (firing) {
		json_put_opt(w, "client", render_text(r, s->client));
		json_put_opt(w, "client_url", render_text(r, s->client_url));
	}
	json_put_raw(w, "details", details);
	json_object_end(w);
}

static void
put_v2(struct render *r, struct json_writer *w, struct str key, struct str details)
{
	const struct pagerduty_settings *s = r->a->settings;

	json_object_begin(w);
	json_put_opt(w, "routing_key", key);
	json_put_str(w, "dedup_key", render_key(r->a));
	json_put_str(w, "event_action", render_firing(r->a) ? STR("trigger") : STR("resolve"));
	json_key(w, STR("payload"));
	json_object_begin(w);
	json_put_str(w, "summary", render_cut_runes(r, render_text(r, s->description), SUMMARY_RUNES, "summary"));
	json_put_str(w, "source", render_text(r, s->source));
	json_put_str(w, "severity", s->severity.n > 0 ? render_text(r, s->severity) : STR("error"));
	json_put_opt(w, "class", render_text(r, s->class));
	json_put_opt(w, "component", render_text(r, s->component));
	json_put_opt(w, "group", render_text(r, s->group));
	json_put_raw(w, "custom_details", details);
	json_object_end(w);
	json_put_opt(w, "client", render_text(r, s->client));
	json_put_opt(w, "client_url", render_text(r, s->client_url));
	put_images(r, w, &s->images);
	put_links(r, w, &s->links);
	json_object_end(w);
}

static bool
read_key(struct render *r, struct str *out, struct err *e)
{
	const struct pagerduty_settings *s = r->a->settings;
	bool v1 = is_v1(s);
	struct str source;

	if (!render_secret(r->a, v1 ? s->service_key : s->routing_key, v1 ? s->service_key_file : s->routing_key_file,
	    &source, e))
		return err_ctx(e, "failed to read %s key from file", v1 ? "service" : "routing");
	*out = render_text(r, source);
	if (r->failed)
		return err_ctx(e, "failed to template PagerDuty %s message", v1 ? "v1" : "v2");
	if (out->n == 0)
		return err_set(e, ERR_INVALID, "%s key cannot be empty", v1 ? "service" : "routing");
	return true;
}

static enum step
build_event(struct render *r, struct request *out, struct str key, struct str details, struct err *e)
{
	const struct pagerduty_settings *s = r->a->settings;
	bool v1 = is_v1(s);
	struct http_json j;

	http_json_begin(&j);
	(v1 ? put_v1 : put_v2)(r, &j.w, key, details);
	return http_post_json(r->a, out, v1 ? STR(V1_URL) : s->url, &j, e);
}

static enum step
pagerduty_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct pagerduty_settings *s = a->settings;
	struct render r = { .a = a, .e = e };
	struct str key, details;
	enum step step;

	details = render_details(&r, s->details);
	if (r.failed) {
		err_ctx(e, "failed to render details");
		return STEP_FAIL;
	}
	if (!read_key(&r, &key, e))
		return STEP_FAIL;
	step = build_event(&r, out, key, details, e);
	if (!r.failed && step == STEP_SEND && out->http.body.n > EVENT_BYTES) {
		if (a->env->truncated != NULL)
			a->env->truncated(a->env->arg, a->n, "details", EVENT_BYTES);
		step = build_event(&r, out, key, STR(CUT_DETAILS), e);
	}
	if (r.failed) {
		err_ctx(e, "failed to template PagerDuty %s message", is_v1(s) ? "v1" : "v2");
		return STEP_FAIL;
	}
	out->http.timeout = s->timeout;
	out->http.timeout_name = "pagerduty";
	return step;
}

/* Only a bad request is explained: {"message": M, "errors": [E, …]}. */
static struct str
details_of(struct arena *a, const struct response *r)
{
	struct sbuf b = SBUF_INIT(1 << 16);
	struct json_t *reply, *errors;
	struct str out;

	if (r->status != 400 || (reply = json_small_parse(r->body, JSON_FIRST_VALUE, NULL)) == NULL)
		return STR_NONE;
	sbuf_str(&b, json_small_str(reply, "message", STR_NONE));
	sbuf_puts(&b, ": ");
	errors = json_small_get(reply, "errors");
	for (size_t i = 0; i < json_small_count(errors); i++) {
		sbuf_puts(&b, i > 0 ? "," : "");
		sbuf_str(&b, json_small_text(json_small_at(errors, i), STR_NONE));
	}
	out = arena_str(a, sbuf_get(&b));
	json_small_free(&reply);
	sbuf_fini(&b);
	return out;
}

static enum step
pagerduty_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	static const int v1_retry[] = { 403, 0 }, v2_retry[] = { 429, 0 };
	bool v1 = is_v1(a->settings);
	enum step step = judge_http(a, r, &(struct judge){ v1 ? v1_retry : v2_retry, details_of }, e);

	(void)out;
	if (r->transport_error)
		err_ctx(e, "failed to post message to PagerDuty%s", v1 ? " v1" : "");
	return step;
}

const struct notifier notify_pagerduty = {
	.kind = {
		.name = "pagerduty",
		.has_http_config = true,
		.settings_size = sizeof(struct pagerduty_settings),
		.fields = pagerduty_fields,
		.check = pagerduty_check,
		.finish = pagerduty_finish,
	},
	.start = pagerduty_start,
	.resume = pagerduty_resume,
	.by_status = true,
};
