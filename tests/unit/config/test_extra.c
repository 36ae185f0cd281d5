/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A further file beside the configuration's own, which adds to its receivers.
 */
#include <stdlib.h>

#include "base/tz.h"
#include "lib_config.h"
#include "suite.h"

#define ck_has(text, part) ck_assert_msg(strstr((text), (part)) != NULL, "no \"%s\" in:\n%s", (part), (text))
#define ck_str(s, want) ck_assert_msg(str_is((s), (want)), "\"%.*s\" is not \"%s\"", STR_ARG(s), (want))

#define MAIN "route: {receiver: a, routes: [{receiver: ns/obj/b}]}\n" \
	"receivers:\n- {name: a}\n- name: ns/obj/b\n  webhook_configs: [{url: 'http://one'}, {url: 'http://two'}]\n"
#define EXTRA "/etc/am/extra/tocsin.yaml"

static bool
load_env(const char *text, const char *extra, struct config **out, struct err *e)
{
	const struct file_in_memory files[] = { { extra != NULL ? EXTRA : "/none", extra }, { "/etc/am/extra/rules.yml", "inhibit_rules: [{name: r}]\n" },
		{ NULL, NULL } };
	struct config_env env = test_env();
	bool ok;

	test_files = files;
	env.extra_file = EXTRA;
	memset(e, 0, sizeof(*e));
	ok = config_load(str_from(text), "/etc/am/am.yml", &env, out, e);
	test_files = NULL;
	return ok;
}

static struct config *
load(const char *extra)
{
	struct config *c = NULL;
	struct err e;

	if (!load_env(MAIN, extra, &c, &e))
		ck_abort_msg("%s", e.text);
	return c;
}

static const char *
refused(const char *text, const char *extra)
{
	static struct err e;
	struct config *c = NULL;

	if (load_env(text, extra, &c, &e)) {
		config_unref(c);
		ck_abort_msg("accepted: %s", extra);
	}
	return e.text;
}

static struct str
url_of(const struct receiver *r, size_t i)
{
	return ((const struct webhook_settings *)r->integrations[i].settings)->url;
}

START_TEST(integrations_go_to_the_receiver_of_the_name)
{
	struct config *c = load("receivers:\n"
				"- name: ns/obj/b\n"
				"  on_unknown: hold\n"
				"  webhook_configs: [{url: 'http://three'}]\n"
				"  slack_configs: [{api_url: 'http://chat', channel: c}]\n"
				"- {name: a, webhook_configs: [{url: 'http://four'}]}\n");
	const struct receiver *a = &c->receivers[0], *b = &c->receivers[1];
	bool chat = false;

	ck_assert_uint_eq(c->receivers_n, 2);
	ck_assert_uint_eq(b->n, 4);
	ck_str(url_of(b, 0), "http://one");
	ck_str(url_of(b, 1), "http://two");
	ck_assert_int_eq(b->on_unknown, ON_UNKNOWN_HOLD);
	ck_str(labels_get(b->labels, STR("name")), "ns/obj/b");
	/* Each kind counts on, and places are all different. */
	for (size_t i = 0; i < b->n; i++) {
		const struct integration *in = &b->integrations[i];

		ck_assert_uint_eq(in->ordinal, i);
		ck_assert_str_eq(in->path, i < 2 ? "/etc/am/am.yml" : EXTRA);
		if (strcmp(in->kind->name, "slack") == 0)
			chat = in->index == 0;
		else
			ck_assert_uint_eq(in->index, i < 2 ? i : 2);
	}
	ck_assert(chat);
	ck_assert_uint_eq(a->n, 1);
	ck_str(url_of(a, 0), "http://four");
	ck_assert_int_eq(a->on_unknown, ON_UNKNOWN_RESEND);
	ck_assert(!a->extra && !b->extra);
	/* The dump is one file. */
	ck_has(c->original.p, "channel: c");
	config_unref(test_load(c->original.p));
	config_unref(c);
}
END_TEST

START_TEST(further_sections)
{
	struct config *c = load("receivers: [{name: n}]\n"
				"routes: [{receiver: n, matchers: [x=y]}]\n"
				"rule_files: [rules.yml]\n"
				"time_intervals: [{name: night}]\n"
				"ui: {title: prod}\n");

	ck_assert_uint_eq(c->receivers_n, 3);
	ck_assert(c->receivers[2].extra && c->receivers[2].used);
	ck_assert_uint_eq(c->route->routes_n, 2);
	ck_str(c->route->routes[1]->receiver->name, "n");
	ck_assert_uint_eq(c->rule_files_n, 1);
	ck_assert_uint_eq(c->inhibit_rules_n, 1);
	ck_assert_uint_eq(c->time_intervals_n, 1);
	ck_assert_ptr_nonnull(c->ui);
	config_unref(c);
}
END_TEST

START_TEST(the_hash_covers_it)
{
	struct config *c[] = { load(""), load("# x\n"), load("# x\n") };

	ck_assert_uint_ne(c[0]->hash, c[1]->hash);
	ck_assert_uint_eq(c[1]->hash, c[2]->hash);
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		config_unref(c[i]);
}
END_TEST

START_TEST(mistakes_name_their_file)
{
	static const struct {
		const char *extra, *error;
	} cases[] = {
		{ "receivers: [{name: a}, {name: a}]\n",
		    EXTRA ":1:24: receivers[1]: notification config name \"a\" is not unique: it is that of /etc/am/am.yml:3:3 too" },
		{ "receivers: [{name: n}, {name: n}]\n", EXTRA ":1:24: receivers[1]: notification config name \"n\" is not unique" },
		{ "receivers: [{name: a}, {name: ns/obj/b, webhook_configs: [{x: y}]}]\n", EXTRA ":1:60: receivers[1].webhook_configs[0].x: " },
		{ "receivers: [{name: ns/obj/b, email_configs: [{to: x}]}]\n",
		    EXTRA ":1:46: receivers[0].email_configs[0]: no global SMTP smarthost set" },
		{ "receivers: [{name: a, on_unknown: perhaps}]\n", EXTRA ":1:13: receivers[0].on_unknown: unknown on_unknown" },
		{ "receivers: [{name: a, labels: {name: z}}]\n", EXTRA ":1:13: receivers[0].labels: receiver label \"name\"" },
		{ "receivers: [null]\n", EXTRA ":1:13: receivers[0]: missing name in receiver" },
		{ "route: {receiver: a}\n", EXTRA ":1:8: route: /etc/am/am.yml:1:8 has it already" },
		{ "routes: [{receiver: zz}]\n", EXTRA ":1:21: routes[0].receiver: undefined receiver \"zz\"" },
		{ "nonsense: 1\n", EXTRA ":1:1: nonsense: field nonsense not found" },
		{ "a: [\n", EXTRA },
		{ NULL, EXTRA ": no such file" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_has(refused(MAIN, cases[i].extra), cases[i].error);
	/* Mistakes of both are told together, and what is empty stays so. */
	ck_has(refused("x: 1\n", "y: 1\n"), EXTRA ":1:1");
	ck_has(refused("", "route: {receiver: a}\nreceivers: [{name: a}]\n"), "no route provided in config");
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
	tcase_add_test(tc, integrations_go_to_the_receiver_of_the_name);
	tcase_add_test(tc, further_sections);
	tcase_add_test(tc, the_hash_covers_it);
	tcase_add_test(tc, mistakes_name_their_file);
}

int
main(void)
{
	return run_suite("extra file", add);
}
