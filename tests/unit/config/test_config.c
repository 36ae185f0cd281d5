/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The result of compiling a configuration, and the files it reads besides its
 * own text.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/embedded.h"
#include "base/mem.h"
#include "base/tz.h"
#include "lib_config.h"
#include "reading.h"
#include "suite.h"

#define TAIL "receivers: [{name: a}, {name: b}, {name: unused}]\n"

static bool
has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

#define ck_has(text, part) ck_assert_msg(has((text), (part)), "no \"%s\" in:\n%s", (part), (text))
#define ck_str(s, want) ck_assert_msg(str_is((s), (want)), "\"%.*s\" is not \"%s\"", STR_ARG(s), (want))

START_TEST(routes_inherit)
{
	struct config *c = test_load("route:\n"
				     "  receiver: a\n"
				     "  group_by: [z, b]\n"
				     "  group_wait: 1s\n"
				     "  labels: {x: '1', y: '2'}\n"
				     "  routes:\n"
				     "  - matchers: [k=v, 'a!=\"1\"']\n"
				     "    receiver: b\n"
				     "    group_interval: 2s\n"
				     "    group_by: ['...']\n"
				     "    labels: {w: '0', y: '3'}\n"
				     "    mute_time_intervals: [t]\n"
				     "    routes:\n"
				     "    - match_re: {c: y|z}\n"
				     "      repeat_interval: 0007s\n"
				     "    - group_by: [q]\n"
				     "      active_time_intervals: [u, t]\n"
				     "  - matchers: [k=v, 'a!=\"1\"']\n"
				     "    group_by: []\n"
				     "    continue: true\n"
				     "time_intervals: [{name: t}, {name: u}]\n" TAIL);
	const struct route *root = c->route, *one = root->routes[0], *two = root->routes[1];
	const struct route *deep = one->routes[0], *deep2 = one->routes[1];

	ck_assert_uint_eq(c->routes_n, 5);
	ck_assert_uint_eq(root->index, 0);
	ck_assert_uint_eq(one->index, 1);
	ck_assert_uint_eq(deep->index, 2);
	ck_assert_uint_eq(deep2->index, 3);
	ck_assert_uint_eq(two->index, 4);
	ck_assert_ptr_eq(deep->parent, one);

	ck_str(root->key, "{}");
	ck_str(root->id, "{}");
	ck_str(one->key, "{}/{a!=\"1\",k=\"v\"}");
	ck_str(two->key, "{}/{a!=\"1\",k=\"v\"}");
	ck_str(one->id, "{}/{a!=\"1\",k=\"v\"}/0");
	ck_str(two->id, "{}/{a!=\"1\",k=\"v\"}/1");
	ck_str(deep->key, "{}/{a!=\"1\",k=\"v\"}/{c=~\"^(?:y|z)$\"}");
	ck_str(deep->id, "{}/{a!=\"1\",k=\"v\"}/0/{c=~\"^(?:y|z)$\"}/0");
	ck_str(deep2->id, "{}/{a!=\"1\",k=\"v\"}/0/{}/1");

	ck_str(deep->receiver->name, "b");
	ck_str(two->receiver->name, "a");
	ck_assert_int_eq(root->group_wait, SPAN_S);
	ck_assert_int_eq(root->group_interval, 5 * SPAN_MIN);
	ck_assert_int_eq(root->repeat_interval, 4 * SPAN_HOUR);
	ck_assert_int_eq(deep->group_wait, SPAN_S);
	ck_assert_int_eq(deep->group_interval, 2 * SPAN_S);
	ck_assert_int_eq(deep->repeat_interval, 7 * SPAN_S);
	ck_assert_int_eq(two->group_interval, 5 * SPAN_MIN);

	ck_assert_uint_eq(root->group_by_n, 2);
	ck_str(root->group_by[0], "b");
	ck_assert(!root->group_by_all);
	ck_assert(one->group_by_all);
	ck_assert(deep->group_by_all);
	ck_assert(!deep2->group_by_all);
	ck_assert_uint_eq(deep2->group_by_n, 1);
	ck_str(deep2->group_by[0], "q");
	ck_assert_uint_eq(two->group_by_n, 0);
	ck_assert(!two->group_by_all);
	ck_assert(two->continue_);

	ck_assert_uint_eq(deep->labels.n, 3);
	ck_str(deep->labels.v[0].key, "w");
	ck_str(deep->labels.v[1].value, "1");
	ck_str(deep->labels.v[2].value, "3");
	ck_str(two->labels.v[1].value, "2");

	ck_assert_uint_eq(one->mute_n, 1);
	ck_assert_uint_eq(deep->mute_n, 0);
	ck_assert_uint_eq(deep2->active_n, 2);
	ck_assert_ptr_eq(deep2->active[1], one->mute[0]);
	ck_assert_ptr_eq(one->mute[0], &c->time_intervals[0]);

	ck_assert(config_receiver(c, STR("a"))->used);
	ck_assert(config_receiver(c, STR("b"))->used);
	ck_assert(!config_receiver(c, STR("unused"))->used);
	ck_assert_ptr_null(config_receiver(c, STR("nope")));
	config_unref(c);
}
END_TEST

START_TEST(integrations_inherit)
{
	struct config *c = test_load("global:\n"
				     "  smtp_smarthost: h:25\n"
				     "  smtp_from: f\n"
				     "  smtp_auth_password: p\n"
				     "  slack_api_url: http://slack/\n"
				     "  smtp_force_implicit_tls: false\n"
				     "  http_config: {authorization: {credentials_file: token}}\n"
				     "route: {receiver: a}\n"
				     "receivers:\n"
				     "- name: a\n"
				     "  slack_configs:\n"
				     "  - {}\n"
				     "  - {api_url: 'http://own/', http_config: {basic_auth: {password_file: x}}, timeout: 5m,\n"
				     "     fields: [{title: t, short: no}], actions: [{confirm: sure?}, {}], title: ''}\n"
				     "  email_configs: [{to: x}, {to: y, require_tls: no, from: '', auth_password_file: q}]\n"
				     "  extra_configs: [{url_file: z}]\n");
	struct receiver *rc = config_receiver(c, STR("a"));
	const struct email_settings *mail = rc->integrations[0].settings, *mail2 = rc->integrations[1].settings;
	const struct chat_settings *chat = rc->integrations[2].settings, *chat2 = rc->integrations[3].settings;
	const struct chat_action *actions = chat2->actions.v;
	const struct chat_field *fields = chat2->fields.v;

	ck_assert_uint_eq(rc->n, 5);
	for (size_t i = 0; i < 5; i++)
		ck_assert_uint_eq(rc->integrations[i].ordinal, i);
	ck_assert_uint_eq(rc->integrations[3].index, 1);
	ck_assert_str_eq(rc->integrations[3].kind->name, "slack");
	ck_assert_int_eq(rc->integrations[2].line, 12);

	ck_assert(!mail->common.send_resolved);
	ck_str(mail->from, "f");
	ck_str(mail2->from, "f");
	ck_str(mail->smarthost.host, "h");
	ck_str(mail->hello, "localhost");
	ck_str(mail->auth_password, "p");
	ck_assert_uint_eq(mail2->auth_password.n, 0);
	ck_assert_int_eq(mail->require_tls, TRI_TRUE);
	ck_assert_int_eq(mail2->require_tls, TRI_FALSE);
	ck_assert_int_eq(mail->force_implicit_tls, TRI_FALSE);
	ck_assert_ptr_eq(mail->tls_config, c->global.smtp_tls_config);

	ck_str(chat->api_url, "http://slack/");
	ck_str(chat->title, "{{ template \"slack.default.title\" . }}");
	ck_assert_ptr_nonnull(chat2->title.p);
	ck_assert_uint_eq(chat2->title.n, 0);
	ck_assert_ptr_eq(chat->common.http_config, c->global.http_config);
	ck_assert(!chat->common.http_config_local);
	ck_assert(chat2->common.http_config_local);
	ck_str(c->global.http_config->authorization.credentials_file, "/etc/am/token");
	ck_str(chat2->common.http_config->basic_auth.password_file, "/etc/am/x");
	ck_assert(!chat2->common.http_config->authorization.present);
	ck_assert(chat2->common.http_config->follow_redirects);
	ck_assert_int_eq(chat2->timeout, 5 * SPAN_MIN);
	ck_assert_uint_eq(chat2->fields.n, 1);
	ck_assert_int_eq(fields[0].short_, TRI_FALSE);
	ck_assert(actions[0].confirm.present);
	ck_str(actions[0].confirm.text, "sure?");
	ck_assert(!actions[1].confirm.present);
	/* Keys that Alertmanager does not know are not shown to its tools. */
	ck_assert_uint_eq(str_find(c->original, STR("extra_configs")), c->original.n);
	config_unref(c);
}
END_TEST

START_TEST(refused_fields)
{
	ck_has(test_refused("global: {slack_api_url: 'http://x/'}\nroute: {receiver: a}\nreceivers:\n"
			    "- {name: a, slack_configs: [{fields: [null]}]}\n"),
	    "am.yml:4:39: receivers[0].slack_configs[0].fields[0]: the element is null");
	ck_has(test_refused("global: {slack_api_url: 'http://x/'}\nroute: {receiver: a}\nreceivers:\n"
			    "- {name: a, slack_configs: [{timeout: 5}]}\n"),
	    "missing unit in duration");
	ck_has(test_refused("route: {receiver: a}\nreceivers: [{name: a, extra_configs: [null]}]\n"),
	    "an extra config is null");
	ck_has(test_refused("global: {slack_api_url: 'http://x/'}\nroute: {receiver: a}\nreceivers:\n"
			    "- {name: a, slack_configs: [{token_file: /nope}]}\n"),
	    "slack_configs[0].token_file: open /nope: no such file");
	/* Nobody uses it: it is not looked at. */
	config_unref(test_load("global: {slack_api_url: 'http://x/'}\nroute: {receiver: a}\nreceivers:\n"
			       "- {name: b, slack_configs: [{token_file: /nope}]}\n- name: a\n"));
}
END_TEST

START_TEST(problems_are_bounded)
{
	char text[4000] = "route: {receiver: a}\nreceivers: [{name: a}]\nglobal:\n";
	size_t n = strlen(text);
	const char *e;

	for (int i = 0; i < 30; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "  k%d: 1\n", i);
	e = test_refused(text);
	ck_has(e, "/etc/am/am.yml:4:3: global.k0: field k0 not found");
	ck_has(e, "/etc/am/am.yml:23:3: global.k19: ");
	ck_assert(!has(e, "global.k20: "));
	ck_has(e, "\nand 10 more");
}
END_TEST

START_TEST(hash_and_references)
{
	struct config *c = test_load("route: {receiver: a}\nreceivers: [{name: a}]\n");

	/* MD5 1cc3950317a8b96cf14f8cf91ad1cebc */
	ck_assert_uint_eq(c->hash, UINT64_C(184816797860636));
	ck_assert_ptr_eq(config_ref(c), c);
	config_unref(c);
	ck_str(c->receivers[0].name, "a");
	config_unref(c);
	config_unref(NULL);
}
END_TEST

START_TEST(template_files)
{
	static const struct file_in_memory files[] = {
		{ "/etc/am/a.tmpl", "{{ define \"a\" }}x{{ end }}" },
		{ "/etc/am/bad.tmpl", "\n{{ define \"a\" }}x" },
		{ "/etc/am/unknown.tmpl", "{{ nosuch . }}" },
		{ "/t/b.tmpl", "b" },
		{ NULL, NULL },
	};
	struct config *c;

	test_files = files;
	c = test_load("route: {receiver: a}\nreceivers: [{name: a}]\ntemplates: [a.tmpl, none*.tmpl, /t/*]\n");
	ck_assert_uint_eq(c->templates.n, 3);
	ck_str(c->templates.v[0], "/etc/am/a.tmpl");
	ck_str(c->templates.v[2], "/t/*");
	ck_assert_ptr_nonnull(c->tmpl);
	config_unref(c);
	ck_has(test_refused("route: {receiver: a}\nreceivers: [{name: a}]\ntemplates:\n- a.tmpl\n- bad.tmpl\n"),
	    "/etc/am/am.yml:5:3: templates[1]: failed to parse templates: template: bad.tmpl:2:");
	ck_has(test_refused("route: {receiver: a}\nreceivers: [{name: a}]\ntemplates: [unknown.tmpl]\n"),
	    "function \"nosuch\" not defined");
	ck_has(test_refused("route: {receiver: a}\nreceivers: [{name: a}]\ntemplates: ['[']\n"),
	    "failed to parse templates: syntax error in pattern");
}
END_TEST

START_TEST(rule_files)
{
	static const struct file_in_memory files[] = {
		{ "/etc/am/rules/a.yml", "inhibit_rules: [{source_matchers: [a=b], equal: [c]}]\n"
					 "time_intervals: [{name: night}]\n"
					 "silences:\n"
					 "- name: move\n"
					 "  matchers: [team=db, 'env=~\"prod|stage\"']\n"
					 "  starts_at: 2030-01-01T08:00:00Z\n"
					 "  ends_at: 2030-01-01T14:00:00+02:00\n"
					 "  created_by: jo\n"
					 "  comment: moving\n"
					 "  annotations: {ticket: OPS-1}\n"
					 "- {name: two, matchers: [a=b], starts_at: '2030-01-01T08:00:00Z', ends_at: "
					 "'2031-01-01T08:00:00Z'}\n" },
		{ "/etc/am/rules/b.yml", "# nothing\n" },
		{ NULL, NULL },
	};
	const char *main_file = "route: {receiver: a, routes: [{mute_time_intervals: [night, day]}]}\n"
				"receivers: [{name: a}]\n"
				"time_intervals: [{name: day}]\n"
				"inhibit_rules: [{}]\n"
				"rule_files: ['rules/*.yml']\n";
	struct file_in_memory moved[] = { { "rules/a.yml", NULL }, { NULL, NULL } };
	struct config_env env = test_env();
	struct config *c, *again;
	const struct silence *s;
	struct err e = { 0 };

	test_files = files;
	c = test_load(main_file);
	ck_assert_uint_eq(c->inhibit_rules_n, 2);
	ck_str(c->inhibit_rules[1].equal[0], "c");
	ck_assert_uint_eq(c->time_intervals_n, 2);
	ck_str(c->route->routes[0]->mute[0]->name, "night");
	ck_assert_uint_eq(c->silences_n, 2);
	s = c->silences[0];
	ck_assert_uint_eq(strlen(s->id), 36);
	ck_assert_int_eq(s->id[14], '5');
	ck_str(istr_str(s->comment), "moving");
	ck_str(istr_str(s->created_by), "jo");
	ck_str(istr_str(s->source), "/etc/am/rules/a.yml");
	ck_str(labels_get(s->annotations, STR("ticket")), "OPS-1");
	ck_assert_int_eq(wall_sub(s->ends, s->starts), 4 * SPAN_HOUR);
	ck_assert_int_eq(s->ends.offset, 0);
	ck_assert_uint_eq(s->sets_n, 1);
	ck_assert_uint_eq(s->sets[0].n, 2);
	/* The dump has the rules and intervals, but not the key that names their files. */
	ck_assert_uint_lt(str_find(c->original, STR("- name: night")), c->original.n);
	ck_assert_uint_eq(str_find(c->original, STR("rule_files")), c->original.n);
	ck_assert_uint_eq(str_find(c->original, STR("silences")), c->original.n);
	again = test_load(main_file);
	ck_assert_str_eq(again->silences[0]->id, c->silences[0]->id);
	ck_assert_str_ne(again->silences[1]->id, c->silences[0]->id);
	config_unref(again);
	/* Elsewhere the same configuration has the same ids. */
	test_files = moved;
	moved[0].text = files[0].text;
	ck_assert(config_load(str_from(main_file), "am.yml", &env, &again, &e));
	ck_str(istr_str(again->silences[0]->source), "rules/a.yml");
	ck_assert_str_eq(again->silences[0]->id, c->silences[0]->id);
	config_unref(again);
	config_unref(c);
}
END_TEST

START_TEST(rule_files_refused)
{
	static struct file_in_memory files[2] = { { "/etc/am/r.yml", NULL }, { NULL, NULL } };
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "route: {}\n", "/etc/am/r.yml:1:1: route: field route not found" },
		{ "[", "/etc/am/r.yml" },
		{ "silences: x\n", "cannot unmarshal !!str `x` into []config.Silence" },
		{ "silences: [{matchers: [a=b]}]\n", "silences[0]: missing name in silence" },
		{ "silences: [{name: x, matchers: [a=b]}]\n", "missing starts_at in silence" },
		{ "silences: [{name: x, matchers: [a=b], starts_at: soon, ends_at: 2030-01-01T00:00:00Z}]\n",
		    "silences[0].starts_at: " },
		{ "silences: [{name: x, matchers: ['a=~\"(\"'], starts_at: 2030-01-01T00:00:00Z, ends_at: "
		  "2030-01-02T00:00:00Z}]\n",
		    "silences[0].matchers[0]: " },
		{ "silences: [{name: x, matchers: [a=b], starts_at: 2030-01-02T00:00:00Z, ends_at: "
		  "2030-01-01T00:00:00Z}]\n",
		    "silences[0]: " },
		{ "silences: [{name: x, starts_at: 2030-01-01T00:00:00Z, ends_at: 2030-01-02T00:00:00Z}]\n",
		    "silences[0]: " },
		{ "silences:\n"
		  "- &s {name: x, matchers: [a=b], starts_at: 2030-01-01T00:00:00Z, ends_at: 2030-01-02T00:00:00Z}\n"
		  "- *s\n",
		    "silence name \"x\" is not unique" },
		{ "time_intervals: [{name: day}]\n", "time interval \"day\" is not unique" },
		{ "inhibit_rules: [{equal: ['']}]\n", "/etc/am/r.yml:1:26: inhibit_rules[0].equal[0]: invalid label" },
	};

	test_files = files;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		files[0].text = cases[i].text;
		ck_has(test_refused("route: {receiver: a}\nreceivers: [{name: a}]\ntime_intervals: [{name: day}]\n"
				    "rule_files: [r.yml]\n"),
		    cases[i].error);
	}
	ck_has(test_refused("route: {receiver: a}\nreceivers: [{name: a}]\nrule_files: ['[']\n"),
	    "/etc/am/am.yml:3:14: rule_files[0]: syntax error in pattern");
}
END_TEST

START_TEST(paths)
{
	static const struct {
		const char *dir, *path, *joined;
	} cases[] = {
		{ "/etc/am", "x.tmpl", "/etc/am/x.tmpl" },
		{ "/etc/am", "../x", "/etc/x" },
		{ "/etc", "../../../x", "/x" },
		{ "/etc/am/", "./a//b/../c/.", "/etc/am/a/c" },
		{ "/etc/am", "/x/../y", "/x/../y" },
		{ "/etc/am", "", "" },
		{ ".", "x", "x" },
		{ ".", "../../x/..", "../.." },
		{ "a/b", "..", "a" },
		{ "a", "..", "." },
		{ "..", "../x", "../../x" },
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_str(path_join(a, str_from(cases[i].dir), str_from(cases[i].path)), cases[i].joined);
	ck_str(path_dir(a, STR("/etc/am.yml")), "/etc");
	ck_str(path_dir(a, STR("/am.yml")), "/");
	ck_str(path_dir(a, STR("am.yml")), ".");
	ck_str(path_dir(a, STR("./x//am.yml")), "x");
	ck_str(path_base(STR("/etc/am.yml")), "am.yml");
	ck_str(path_base(STR("am.yml")), "am.yml");
	arena_free(&a);
}
END_TEST

/* Each of them was found by a search through all before it. */
START_TEST(many_things)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct config *c;

	sbuf_puts(&b, "route:\n  receiver: r0\n  group_by: [");
	for (int i = 0; i < 20000; i++)
		sbuf_printf(&b, "%sl%d", i > 0 ? "," : "", i);
	sbuf_puts(&b, "]\n  routes:\n");
	for (int i = 0; i < 20000; i++)
		sbuf_printf(&b, "  - {receiver: r%d, mute_time_intervals: [t%d]}\n", i, 19999 - i);
	sbuf_puts(&b, "receivers:\n");
	for (int i = 0; i < 20000; i++)
		sbuf_printf(&b, "- {name: r%d}\n", i);
	sbuf_puts(&b, "time_intervals:\n");
	for (int i = 0; i < 20000; i++)
		sbuf_printf(&b, "- {name: t%d, time_intervals: []}\n", i);
	c = test_load(sbuf_cstr(&b));
	ck_assert_uint_eq(c->receivers_n, 20000);
	ck_assert_ptr_eq(c->route->routes[7]->receiver, &c->receivers[7]);
	ck_assert_ptr_eq(c->route->routes[7]->mute[0], &c->time_intervals[19992]);
	config_unref(c);
	sbuf_puts(&b, "- {name: t7, time_intervals: []}\n");
	ck_has(test_refused(sbuf_cstr(&b)), "time interval \"t7\" is not unique");
	sbuf_fini(&b);
}
END_TEST

START_TEST(all_files_have_a_bound_together)
{
	char *text = mem_alloc(CONFIG_BYTES_MAX + 2);
	const struct file_in_memory files[] = { { "/etc/am/a.tmpl", text }, { NULL, NULL } };
	static const struct file_in_memory none[] = { { NULL, NULL } };

	memset(text, '#', CONFIG_BYTES_MAX + 1);
	text[CONFIG_BYTES_MAX + 1] = '\0';
	ck_has(test_refused(text), "am.yml: read /etc/am/am.yml: the files of the configuration have more than 67108864 bytes together");
	/* As large as one may be, but there are more. */
	text[CONFIG_BYTES_MAX] = '\0';
	test_files = files;
	ck_has(test_refused("route: {receiver: a}\nreceivers: [{name: a}]\ntemplates: ['*.tmpl']\n"),
	    "am.yml:3:13: templates[0]: failed to parse templates: read /etc/am/a.tmpl: the files of the configuration have "
	    "more than 67108864 bytes together");
	test_files = none;
	mem_free(text);
}
END_TEST

static bool
load_expanded(const char *text, struct config **c, struct err *e)
{
	struct config_env env = test_env();

	env.expand_env = true;
	return config_load(str_from(text), "am.yml", &env, c, e);
}

START_TEST(expansion)
{
	struct config *c = NULL;
	struct err e = { 0 };
	const struct webhook_settings *w;

	ck_assert_msg(load_expanded("# ${UNSET} in a comment is nothing\n"
				    "global: {smtp_from: '${SET}', smtp_hello: 'a${EMPTY:-b}$$c$d', smtp_auth_username: "
				    "'${EMPTY}x${UNSET:-}'}\n"
				    "route: {receiver: a}\n"
				    "receivers: [{name: a, webhook_configs: [{url: 'http://x/', max_alerts: "
				    "'${NUMBER}'}]}]\n",
			  &c, &e) == false,
	    "a quoted number is no number");
	ck_has(e.text, "am.yml:4:");
	ck_assert_msg(load_expanded("global: {smtp_from: '${SET}', smtp_hello: 'a${EMPTY:-b}$$c$d', smtp_auth_username: "
				    "'${EMPTY}x${UNSET:-}'}\n"
				    "route: {receiver: a}\n"
				    "receivers:\n- name: a\n  webhook_configs:\n  - url: http://x/\n    max_alerts: "
				    "${NUMBER}\n",
			  &c, &e),
	    "%s", e.text);
	w = c->receivers[0].integrations[0].settings;
	ck_assert_uint_eq(w->max_alerts, 7);
	ck_str(c->global.smtp_from, "a value: with [odd] \"bytes\"");
	ck_str(c->global.smtp_hello, "ab$c$d");
	ck_str(c->global.smtp_auth_username, "x");
	config_unref(c);

	ck_assert(!load_expanded("route:\n  receiver: ${UNSET}\nreceivers: []\n", &c, &e));
	ck_has(e.text, "am.yml:2:13: environment variable UNSET is not set");
	ck_assert(!load_expanded("route:\n  receiver: ${NO\nreceivers: []\n", &c, &e));
	ck_has(e.text, "a ${ without its }");
	ck_assert(!load_expanded("route:\n  receiver: ${A-B}\nreceivers: []\n", &c, &e));
	ck_has(e.text, "malformed variable ${A-B}");
	/* Off unless asked for. */
	c = test_load("global: {smtp_from: '${UNSET}$$'}\nroute: {receiver: a}\nreceivers: [{name: a}]\n");
	ck_str(c->global.smtp_from, "${UNSET}$$");
	config_unref(c);
}
END_TEST

static void
on_warning(void *arg, const char *message, struct str input, const char *origin, const char *parse_error,
    struct str suggestion)
{
	(void)message;
	(void)input;
	(void)parse_error;
	(void)suggestion;
	ck_assert_str_eq(origin, "config");
	++*(int *)arg;
}

START_TEST(matcher_modes)
{
	int warnings = 0;
	struct matcher_warning w = { .warn = on_warning, .arg = &warnings, .origin = "config" };
	struct config_env env = test_env();
	struct str odd = STR("route: {receiver: a, routes: [{matchers: ['a==b']}]}\nreceivers: [{name: a}]\n");
	struct str wide = STR("route: {receiver: a, routes: [{matchers: ['\"a b\"=c']}]}\nreceivers: [{name: a}]\n");
	struct str names = STR("route: {receiver: a, group_by: ['a b']}\nreceivers: [{name: a}]\n");
	struct config *c;
	struct err e = { 0 };

	env.warning = &w;
	ck_assert(config_load(odd, "am.yml", &env, &c, &e));
	ck_assert_int_eq(warnings, 1);
	config_unref(c);
	env.matcher_mode = MATCHER_UTF8;
	ck_assert(!config_load(odd, "am.yml", &env, &c, &e));
	ck_assert(config_load(wide, "am.yml", &env, &c, &e));
	config_unref(c);
	env.matcher_mode = MATCHER_CLASSIC;
	env.naming = NAMING_CLASSIC;
	ck_assert(!config_load(wide, "am.yml", &env, &c, &e));
	ck_assert(!config_load(names, "am.yml", &env, &c, &e));
	ck_has(e.text, "invalid label name \"a b\" in group_by list");
}
END_TEST

START_TEST(deep_routes)
{
	/* As deep as YAML may be. */
	static char text[40000];
	size_t n = (size_t)snprintf(text, sizeof(text), "receivers: [{name: a}]\nroute: {receiver: a");
	struct config *c;

	for (int i = 0; i < 300; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ", routes: [{group_wait: 1s");
	for (int i = 0; i < 300; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "}]");
	snprintf(text + n, sizeof(text) - n, "}\n");
	c = test_load(text);
	ck_assert_uint_eq(c->routes_n, 301);
	config_unref(c);
}
END_TEST

/* A rule without a name is known by its matchers; both are cut between runes. */
START_TEST(titles_of_rules)
{
	static const char head[] = "route: {receiver: a}\nreceivers: [{name: a}]\ninhibit_rules:\n"
				   "- {name: one, source_matchers: [a=b]}\n"
				   "- {source_matchers: ['c=~d.*', a=b], target_match: {e: f}}\n"
				   "-\n"
				   "- {name: n";
	char text[1000];
	struct config *c;

	strcpy(text, head);
	for (int i = 0; i < 150; i++)
		strcat(text, "é");
	strcat(text, "}\n");
	c = test_load(text);
	ck_assert_uint_eq(c->inhibit_rules_n, 4);
	ck_str(c->inhibit_rules[0].title, "one");
	ck_str(c->inhibit_rules[1].title, "{a=\"b\",c=~\"d.*\"} => {e=\"f\"}");
	ck_str(c->inhibit_rules[2].title, "{} => {}");
	ck_assert_uint_eq(c->inhibit_rules[3].name.n, 301);
	ck_assert_uint_eq(c->inhibit_rules[3].title.n, 199);
	config_unref(c);
}
END_TEST

static void
cleanup(void)
{
	static const struct file_in_memory none[] = { { NULL, NULL } };

	test_files = none;
	tz_fini();
}

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, NULL, cleanup);
	tcase_add_test(tc, routes_inherit);
	tcase_add_test(tc, integrations_inherit);
	tcase_add_test(tc, refused_fields);
	tcase_add_test(tc, problems_are_bounded);
	tcase_add_test(tc, hash_and_references);
	tcase_add_test(tc, template_files);
	tcase_add_test(tc, rule_files);
	tcase_add_test(tc, rule_files_refused);
	tcase_add_test(tc, paths);
	tcase_add_test(tc, many_things);
	tcase_add_test(tc, all_files_have_a_bound_together);
	tcase_add_test(tc, expansion);
	tcase_add_test(tc, matcher_modes);
	tcase_add_test(tc, deep_routes);
	tcase_add_test(tc, titles_of_rules);
}

int
main(void)
{
	return run_suite("config", add);
}
