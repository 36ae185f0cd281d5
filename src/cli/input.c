/* SPDX-License-Identifier: Apache-2.0 */
/* Input that people type: matchers, labels, times, files. */
#include <errno.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/quote.h"
#include "base/rfc3339.h"
#include "cli.h"
#include "loop/clock_real.h"
#include "loop/file.h"
#include "setup/files.h"
#include "text/url.h"

#define INPUT_MAX ((size_t)256 << 20)

/* Not by way of /dev/stdin, which cannot be opened when it is a socket. */
static bool
read_stdin(struct cli *c, struct str *out)
{
	struct sbuf b = SBUF_INIT(INPUT_MAX);
	char piece[16384];
	ssize_t n;

	while ((n = read(STDIN_FILENO, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || b.overflow)
			break;
		sbuf_put(&b, piece, (size_t)n);
	}
	if (n < 0)
		err_set(&c->e, ERR_IO, "cannot read standard input");
	else if (b.overflow)
		err_set(&c->e, ERR_LIMIT, "standard input is longer than %zu bytes", INPUT_MAX);
	else
		*out = arena_str(c->arena, sbuf_get(&b));
	sbuf_fini(&b);
	return c->e.kind == ERR_NONE;
}

bool
cli_read(struct cli *c, struct str path, struct str *out)
{
	err_clear(&c->e);
	if (path.n == 0 || str_is(path, "-"))
		return read_stdin(c, out);
	return file_read_input(arena_str(c->arena, path).p, INPUT_MAX, c->arena, out, &c->e);
}

/* The next element of the list that r is in; false at its end (then *failed says whether by a mistake). */
static bool
next_element(struct cli *c, struct json_reader *r, struct str text, struct json *out, bool *failed)
{
	size_t from = json_offset(r);
	enum json_token t = json_next(r);
	struct json *one = NULL;

	if (t == JSON_T_ARRAY_END) {
		*failed = json_next(r) != JSON_T_END && !json_reader_err(r, &c->e);
		return false;
	}
	if (t == JSON_T_ERROR || !json_skip(r, t))
		json_reader_err(r, &c->e);
	else {
		/* With the comma between it and the one before. */
		struct str value = str_trim(str_sub(text, from, json_offset(r)));

		if (value.p[0] == ',')
			value = str_sub(value, 1, value.n);
		one = json_parse(c->arena, value, JSON_DOCUMENT, &c->e);
	}
	*failed = one == NULL;
	if (one != NULL)
		*out = *one;
	return one != NULL;
}

/* Element by element: a tree has a bound on its values that a long list of small things would pass. */
static struct json *
parse_list(struct cli *c, struct str text)
{
	struct json_reader *r = ARENA_NEW(c->arena, struct json_reader);
	struct json *list = ARENA_NEW(c->arena, struct json), one;
	size_t cap = 0;
	bool failed = false;

	list->kind = JSON_ARRAY;
	json_reader_init(r, text, JSON_DOCUMENT);
	json_next(r);
	while (next_element(c, r, text, &one, &failed)) {
		if (list->n == cap) {
			cap = cap > 0 ? 2 * cap : 16;
			list->v = arena_grow(c->arena, list->v, list->n, cap, sizeof(list->v[0]));
		}
		list->v[list->n++] = one;
	}
	return failed ? NULL : list;
}

bool
cli_parse_json(struct cli *c, struct str text, enum json_kind kind, const struct json **out)
{
	struct str start = str_trim(text);

	if (kind == JSON_ARRAY && start.n > 0 && start.p[0] == '[')
		*out = parse_list(c, text);
	else
		*out = json_parse(c->arena, text, JSON_DOCUMENT, &c->e);
	if (*out == NULL)
		return false;
	if ((*out)->kind == kind)
		return true;
	return err_set(&c->e, ERR_INVALID, "%s instead of %s", json_kind_name((*out)->kind), json_kind_name(kind));
}

struct wall
cli_now(void)
{
	struct clock *clock = clock_real();

	return wall_utc(clock->now(clock).wall);
}

static bool
no_files(void *arg, const char *pattern, struct path_bounds *left, struct arena *a, struct str_list *out,
    struct err *e)
{
	(void)arg;
	(void)left;
	(void)pattern;
	(void)a;
	(void)e;
	*out = (struct str_list){ .present = true };
	return true;
}

static void
warn(void *arg, const char *message, struct str input, const char *origin, const char *parse_error,
    struct str suggestion)
{
	(void)arg;
	(void)origin;
	(void)parse_error;
	cli_complain("warning: matcher %.*s: %s%s%.*s", STR_ARG(input), message, suggestion.n > 0 ? " Write " : "",
	    STR_ARG(suggestion));
}

bool
cli_config(struct cli *c, const struct cli_config_source *s, struct config **out)
{
	struct matcher_warning warning = { warn, NULL, "config" };
	struct config_env env = {
		.matcher_mode = c->matcher_mode,
		.naming = c->naming,
		.warning = &warning,
		.now = cli_now(),
		.expand_env = s->expand_env,
		.extra_file = s->extra_file.n > 0 ? s->extra_file.p : NULL,
	};
	struct str bytes;

	files_config_env(&env);
	err_clear(&c->e);
	if (str_is(s->file, "-"))
		return read_stdin(c, &bytes) && config_load(bytes, "/dev/stdin", &env, out, &c->e);
	return files_load_config(arena_str(c->arena, s->file).p, &env, out, &c->e);
}

bool
cli_config_of_server(struct cli *c, struct config **out)
{
	struct config_env env = { .matcher_mode = c->matcher_mode, .naming = c->naming, .now = cli_now() };
	struct str bytes;

	files_config_env(&env);
	env.glob = no_files;
	return cli_server_config(c, &bytes) && config_load(bytes, "the server's configuration", &env, out, &c->e);
}

/* One argument as the matchers that it is: one, or those of a list in braces. */
static bool
argument(struct cli *c, struct str arg, bool maybe_name, struct matchers *out)
{
	struct matcher m;
	struct err e = { 0 };

	if (arg.n > 0 && arg.p[0] == '{')
		return matchers_parse(arg, c->matcher_mode, NULL, out, &c->e);
	if (!matcher_parse(arg, c->matcher_mode, NULL, &m, &e)) {
		/* Unlike amtool: what has an operator in it was meant as a matcher. */
		if (!maybe_name || str_chr(arg, '=') < arg.n || str_find(arg, STR("!~")) < arg.n)
			return err_set(&c->e, ERR_INVALID, "%s", e.text);
		if (!matcher_init(&m, MATCH_EQ, STR("alertname"), arg, &c->e))
			return false;
	}
	matchers_append(out, &m);
	return true;
}

bool
cli_matchers(struct cli *c, struct matchers *out)
{
	*out = (struct matchers){ 0 };
	for (size_t i = 0; i < c->args_n; i++)
		if (!argument(c, c->args[i], i == 0, out)) {
			matchers_fini(out);
			return false;
		}
	return true;
}

static bool
pair(struct cli *c, struct str arg, const char *what, bool alertname, struct str *name, struct str *value)
{
	size_t equals = str_chr(arg, '=');
	struct matcher m;
	bool ok;

	/* As a matcher, so that quotes mean the same everywhere. */
	if (matcher_parse(arg, c->matcher_mode, NULL, &m, NULL)) {
		ok = m.op == MATCH_EQ;
		*name = arena_str(c->arena, istr_str(m.name));
		*value = arena_str(c->arena, istr_str(m.value));
		matcher_fini(&m);
	} else if (alertname && equals == arg.n) {
		*name = STR("alertname");
		*value = arg;
		ok = true;
	} else {
		/* Text that happens to have quotes in it. */
		*name = str_trim(str_sub(arg, 0, equals));
		*value = str_sub(arg, equals + 1, arg.n);
		ok = equals < arg.n && label_name_valid(*name, NAMING_CLASSIC);
	}
	if (ok)
		return true;
	return err_set(&c->e, ERR_INVALID, "%s must be specified as name=value, which \"%.*s\" is not", what,
	    STR_ARG(arg));
}

bool
cli_pairs(struct cli *c, const struct str *args, size_t n, const char *what, bool alertname, struct str *names,
    struct str *values)
{
	for (size_t i = 0; i < n; i++)
		if (!pair(c, args[i], what, alertname && i == 0, &names[i], &values[i]))
			return false;
	return true;
}

bool
cli_when(struct cli *c, const char *flag, struct str text, struct wall *out)
{
	bool later = text.n > 0 && text.p[0] == '+', earlier = text.n > 0 && text.p[0] == '-';
	span d;

	if (str_is(text, "now")) {
		*out = cli_now();
		return true;
	}
	if (later || earlier) {
		if (!duration_parse(str_sub(text, 1, text.n), &d, &c->e))
			return err_ctx(&c->e, "--%s", flag);
		*out = wall_add(cli_now(), later ? d : -d);
		return true;
	}
	if (rfc3339_parse(text, out, &c->e))
		return true;
	return err_ctx(&c->e, "--%s wants a time as 2006-01-02T15:04:05Z, now, +2h or -5m", flag);
}
