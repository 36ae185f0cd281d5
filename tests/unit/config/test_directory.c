/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration of several files.
 */
#include <stdlib.h>

#include "base/tz.h"
#include "lib_config.h"
#include "suite.h"

#define ck_has(text, part) ck_assert_msg(strstr((text), (part)) != NULL, "no \"%s\" in:\n%s", (part), (text))
#define ck_str(s, want) ck_assert_msg(str_is((s), (want)), "\"%.*s\" is not \"%s\"", STR_ARG(s), (want))

#define FILES_MAX 5

/* Texts of a.yml, b.yml, … in /etc/am/d, up to a NULL. */
static bool
load_env(const char *const *texts, struct config_env env, struct config **out, struct err *e)
{
	static const char *const paths[FILES_MAX] = { "/etc/am/d/a.yml", "/etc/am/d/b.yml", "/etc/am/d/c.yaml",
		"/etc/am/d/d.yml", "/etc/am/d/e.yml" };
	struct config_file files[FILES_MAX];
	size_t n = 0;

	for (; texts[n] != NULL; n++)
		files[n] = (struct config_file){ paths[n], str_from(texts[n]) };
	memset(e, 0, sizeof(*e));
	return config_load_directory(files, n, "/etc/am/d", &env, out, e);
}

static struct config *
load(const char *const *texts)
{
	struct config *c = NULL;
	struct err e;

	if (!load_env(texts, test_env(), &c, &e))
		ck_abort_msg("%s", e.text);
	return c;
}

static const char *
refused(const char *const *texts)
{
	static struct err e;
	struct config *c = NULL;

	if (load_env(texts, test_env(), &c, &e)) {
		config_unref(c);
		ck_abort_msg("accepted");
	}
	return e.text;
}

#define TEXTS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define MAIN "global: {resolve_timeout: 7m}\nroute: {receiver: a, routes: [{group_wait: 1s}]}\nreceivers: [{name: a}]\n"

START_TEST(lists_are_put_together)
{
	static const struct file_in_memory files[] = {
		{ "/etc/am/d/x.tmpl", "{{ define \"x\" }}one{{ end }}" },
		{ "/etc/am/y.tmpl", "{{ define \"x\" }}two{{ end }}" },
		{ "/etc/am/rules/r.yml", "inhibit_rules: [{name: of rules}]\ntime_intervals: [{name: night}]\n" },
		{ NULL, NULL },
	};
	struct config *c;

	test_files = files;
	/* Routes of files that come before the one with the root stand behind its own as well. */
	c = load(TEXTS("receivers: [{name: z, labels: {k: v}}]\n"
		       "routes: [{receiver: z, matchers: [a=b], routes: [{mute_time_intervals: [night, old]}]}]\n"
		       "time_intervals: [{name: day}]\n",
	    "# nothing\n",
	    MAIN "inhibit_rules: [{name: one}]\ntemplates: [x.tmpl]\nrule_files: ['../rules/*.yml']\n",
	    "routes:\n- {matchers: [c=d], receiver: m}\n- {active_time_intervals: [day]}\n"
	    "receivers: [{name: m}]\n"
	    "mute_time_intervals: [{name: old}]\ninhibit_rules: [{name: two}]\ntemplates: [../y.tmpl]\n"
	    "rule_files: [../rules/r.yml]\n"));
	ck_assert_int_eq(c->global.resolve_timeout, 7 * SPAN_MIN);
	ck_assert_uint_eq(c->receivers_n, 3);
	ck_str(c->receivers[0].name, "z");
	ck_str(c->receivers[1].name, "a");
	ck_str(c->receivers[2].name, "m");
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(c->receivers[i].index, i);
	ck_str(labels_get(c->receivers[0].labels, STR("k")), "v");
	ck_assert_uint_eq(c->route->routes_n, 4);
	ck_assert_int_eq(c->route->routes[0]->group_wait, SPAN_S);
	ck_str(c->route->routes[1]->id, "{}/{a=\"b\"}/1");
	ck_str(c->route->routes[1]->receiver->name, "z");
	ck_str(c->route->routes[1]->routes[0]->mute[0]->name, "night");
	ck_str(c->route->routes[1]->routes[0]->mute[1]->name, "old");
	ck_str(c->route->routes[2]->receiver->name, "m");
	ck_str(c->route->routes[3]->receiver->name, "a");
	ck_str(c->route->routes[3]->active[0]->name, "day");
	/* Each says in which file it is written. */
	ck_str(c->route->file, "c.yaml");
	ck_str(c->route->routes[0]->file, "c.yaml");
	ck_str(c->route->routes[1]->routes[0]->file, "a.yml");
	ck_str(c->route->routes[3]->file, "d.yml");
	ck_assert_ptr_eq(c->route->routes[3]->parent, c->route);
	ck_assert_uint_eq(c->routes_n, 6);
	ck_assert_uint_eq(c->inhibit_rules_n, 3);
	ck_str(c->inhibit_rules[0].name, "one");
	ck_str(c->inhibit_rules[1].name, "two");
	ck_str(c->inhibit_rules[2].name, "of rules");
	/* Two patterns fit the rule file: it counts once. */
	ck_assert_uint_eq(c->rule_files_n, 1);
	ck_assert_uint_eq(c->time_intervals_n, 3);
	ck_assert_uint_eq(c->templates.n, 2);
	ck_str(c->templates.v[0], "/etc/am/d/x.tmpl");
	ck_str(c->templates.v[1], "/etc/am/y.tmpl");
	/* The dump is one file that Alertmanager would take. */
	ck_has(c->original.p, "\nmute_time_intervals:\n- name: old\n");
	ck_has(c->original.p, "\ntime_intervals:\n- name: day\n");
	ck_assert_ptr_null(strstr(c->original.p, "\nroutes:"));
	ck_assert_ptr_null(strstr(c->original.p, "rule_files"));
	config_unref(test_load(c->original.p));
	config_unref(c);
}
END_TEST

START_TEST(mistakes_name_their_file)
{
	static const struct {
		const char *texts[4], *error;
	} cases[] = {
		{ { MAIN, "global: {}\n" }, "/etc/am/d/b.yml:1:9: global: /etc/am/d/a.yml:1:9 has it already" },
		{ { "# none\n", MAIN, "route: {receiver: a}\n" },
		    "/etc/am/d/c.yaml:1:8: route: /etc/am/d/b.yml:2:8 has it already, and only one file may (others add" },
		{ { MAIN "tracing: {endpoint: x}\n", "tracing: {endpoint: x}\n" },
		    "/etc/am/d/b.yml:1:10: tracing: /etc/am/d/a.yml:4:10 has it already" },
		{ { MAIN "event_recorder: {}\n", "event_recorder: {}\n" },
		    "/etc/am/d/b.yml:1:17: event_recorder: /etc/am/d/a.yml:4:17 has it already" },
		{ { MAIN, "\nreceivers: [{name: b}, {name: a}]\n" },
		    "/etc/am/d/b.yml:2:24: receivers[1]: notification config name \"a\" is not unique: it is that of "
		    "/etc/am/d/a.yml:3:13 too" },
		{ { MAIN, "receivers: [{name: b}, {name: b}]\n" },
		    "/etc/am/d/b.yml:1:24: receivers[1]: notification config name \"b\" is not unique" },
		{ { "time_intervals: [{name: t}]\n", MAIN, "time_intervals: [{name: t}]\n" },
		    "/etc/am/d/c.yaml:1:18: time_intervals[0]: time interval \"t\" is not unique" },
		{ { MAIN, "routes: [{}, {routes: [{}, {receiver: x}]}]\n" },
		    "/etc/am/d/b.yml:1:39: routes[1].routes[1].receiver: undefined receiver \"x\" used in route" },
		{ { "routes: [{mute_time_intervals: [t]}]\n", MAIN },
		    "/etc/am/d/a.yml:1:33: routes[0].mute_time_intervals[0]: undefined time interval \"t\"" },
		{ { "routes: [{}]\n", "route: {receiver: x}\n" },
		    "/etc/am/d/b.yml:1:19: route.receiver: undefined receiver \"x\"" },
		{ { MAIN, "routes: {}\n" }, "/etc/am/d/b.yml:1:9: routes: cannot unmarshal !!map into []*config.Route" },
		{ { MAIN, "routes: [null]\n" }, "/etc/am/d/b.yml:1:10: routes[0]: the route is null" },
		{ { "", MAIN, "receivers: [{name: b, email_configs: [{to: x}]}]\n" },
		    "/etc/am/d/c.yaml:1:39: receivers[0].email_configs[0]: no global SMTP smarthost set" },
		{ { "global: {slack_api_url: 'http://x/', slack_api_url_file: y}\n",
		      "route: {receiver: a}\nreceivers: [{name: a}]\n" },
		    "/etc/am/d/a.yml:1:58: global.slack_api_url_file: at most one of slack_api_url & " },
		{ { MAIN, "templates: ['[']\n" }, "/etc/am/d/b.yml:1:13: templates[0]: failed to parse templates" },
		{ { MAIN, "rule_files: [none.yml]\n" },
		    "/etc/am/d/b.yml:1:14: rule_files[0]: /etc/am/d/none.yml: no such file" },
		{ { MAIN, "a: [\n" }, "/etc/am/d/b.yml" },
		{ { MAIN, "- x\n" }, "/etc/am/d/b.yml:1:1: cannot unmarshal" },
		{ { MAIN, "receiver: x\n" }, "/etc/am/d/b.yml:1:1: receiver: field receiver not found" },
		{ { "receivers: [{name: a}]\n", "routes: [{}]\n" },
		    "/etc/am/d: no routes provided: none of its files has a route" },
		{ { NULL }, "/etc/am/d: no files of configuration (wanted: *.yml or *.yaml)" },
	};
	static const struct file_in_memory files[] = { { "/x", "" }, { NULL, NULL } };

	test_files = files;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_has(refused(cases[i].texts), cases[i].error);
}
END_TEST

START_TEST(all_mistakes_in_the_order_of_the_files)
{
	const char *text = refused(TEXTS("inhibit_rules: x\nroute: {receiver: a}\n", "y: 1\n", "\nglobal: 1\nz: 2\n"));
	const char *at[] = { strstr(text, "a.yml:1:16"), strstr(text, "b.yml:1:1"), strstr(text, "c.yaml:2:9"),
		strstr(text, "c.yaml:3:1") };

	for (size_t i = 0; i < ARRAY_LEN(at); i++)
		ck_assert_msg(at[i] != NULL && (i == 0 || at[i - 1] < at[i]), "%zu in:\n%s", i, text);
	/* Files that cannot be parsed are told together, too. */
	text = refused(TEXTS("a: [\n", MAIN, "b: [\n"));
	ck_has(text, "a.yml:");
	ck_has(text, "c.yaml:");
}
END_TEST

START_TEST(routes_are_for_directories)
{
	ck_has(test_refused(MAIN "routes: []\n"), "am.yml:4:1: routes: field routes not found in type config.plain");
}
END_TEST

START_TEST(hash_covers_all_files)
{
	struct config *c[4] = { load(TEXTS(MAIN, "# x\n")), load(TEXTS(MAIN, "# x\n")), load(TEXTS(MAIN, "# y\n")),
		load(TEXTS(MAIN, "", "# x\n")) };

	ck_assert_uint_ne(c[0]->hash, 0);
	ck_assert_uint_eq(c[0]->hash, c[1]->hash);
	ck_assert_uint_ne(c[0]->hash, c[2]->hash);
	ck_assert_uint_ne(c[0]->hash, c[3]->hash);
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		config_unref(c[i]);
}
END_TEST

START_TEST(variables_in_every_file)
{
	struct config_env env = test_env();
	struct config *c = NULL;
	struct err e;

	env.expand_env = true;
	ck_assert_msg(load_env(TEXTS("route: {receiver: '${EMPTY:-b}'}\n", "receivers: [{name: b}]\nroutes: "
				     "[{matchers: ['n=${NUMBER}']}]\n"), env, &c, &e), "%s", e.text);
	ck_str(c->route->routes[0]->key, "{}/{n=\"7\"}");
	config_unref(c);
	ck_assert(!load_env(TEXTS(MAIN, "\nreceivers: [{name: '${UNSET}'}]\n"), env, &c, &e));
	ck_has(e.text, "/etc/am/d/b.yml:2:20: environment variable UNSET is not set");
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
	tcase_add_test(tc, lists_are_put_together);
	tcase_add_test(tc, mistakes_name_their_file);
	tcase_add_test(tc, all_mistakes_in_the_order_of_the_files);
	tcase_add_test(tc, routes_are_for_directories);
	tcase_add_test(tc, hash_covers_all_files);
	tcase_add_test(tc, variables_in_every_file);
}

int
main(void)
{
	return run_suite("config directory", add);
}
