/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "base/sbuf.h"
#include "fake_config.h"
#include "fake_world.h"

struct named {
	char name[32];
	char id[SILENCE_ID_MAX];
};

struct scene {
	struct fake_world world;
	struct sbuf config;		/* lines not yet applied */
	VEC(struct named) silences;
	size_t seen;			/* of world.sent, by expectations */
	size_t failed_seen;
	span at;
	span since;			/* an expectation may be met from here on */
	int line;
	struct err *e;
};

static bool
wrong(struct scene *s, const char *fmt, struct str what)
{
	struct sbuf b = SBUF_INIT(8192);

	sbuf_printf(&b, "%s: %.*s", fmt, STR_ARG(what));
	err_at(s->e, s->line, 0, "%s", sbuf_cstr(&b));
	sbuf_fini(&b);
	return false;
}

static bool
read_span(struct scene *s, struct str word, span *out)
{
	bool minus = str_starts(word, STR("-"));

	if (minus || str_starts(word, STR("+")))
		word = str_sub(word, 1, word.n);
	if (!duration_parse(word, out, s->e))
		return wrong(s, "no duration", word);
	if (minus)
		*out = -*out;
	return true;
}

static struct wall
wall_of(const struct scene *s, span t)
{
	return world_at(&s->world, t).wall;
}

/* A C string of the scene's text. */
static char *
text_of(struct str s)
{
	return mem_strndup(s.p != NULL ? s.p : "", s.n);
}

static struct named *
find_silence(struct scene *s, struct str name)
{
	for (size_t i = 0; i < s->silences.n; i++)
		if (str_is(name, s->silences.v[i].name))
			return &s->silences.v[i];
	return NULL;
}

static bool
apply(struct scene *s)
{
	struct config *c = fake_config(sbuf_get(&s->config), wall_of(s, s->at), s->e);

	if (c == NULL)
		return wrong(s, "configuration", str_from(s->e->text));
	if (s->world.engine == NULL) {
		world_start(&s->world, c);
	} else {
		config_unref(s->world.config);
		s->world.config = config_ref(c);
		engine_apply(s->world.engine, c, s->world.now);
	}
	config_unref(c);
	sbuf_reset(&s->config);
	return true;
}

static bool
do_post(struct scene *s, struct str rest, bool resolve)
{
	char *alert = text_of(fake_word(&rest));
	struct wall from = wall_of(s, s->at), until = WALL_ZERO;
	bool ok = true;
	struct str word;
	span t;

	if (resolve) {
		from = WALL_ZERO;
		until = wall_of(s, s->at);
	}
	while (ok && (word = fake_word(&rest)).n > 0) {
		bool is_from = str_is(word, "from");

		ok = is_from || str_is(word, "until") ? read_span(s, fake_word(&rest), &t) :
		    wrong(s, "no such word", word);
		if (ok)
			*(is_from ? &from : &until) = wall_of(s, t);
	}
	if (ok)
		world_post(&s->world, alert, from, until);
	mem_free(alert);
	return ok;
}

static bool
do_silence(struct scene *s, struct str rest, bool refuse)
{
	struct str name = fake_word(&rest);
	char *matchers = text_of(fake_word(&rest));
	struct named *known = find_silence(s, name), fresh = { 0 };
	struct wall from = wall_of(s, s->at);
	struct err e = { 0 };
	char id[SILENCE_ID_MAX];
	bool ok;
	span length, t = s->at;

	ok = str_is(fake_word(&rest), "for") && read_span(s, fake_word(&rest), &length);
	rest = str_trim(rest);
	if (ok && str_starts(rest, STR("from "))) {
		fake_word(&rest);
		ok = read_span(s, fake_word(&rest), &t);
		from = wall_of(s, t);
	}
	if (!ok) {
		mem_free(matchers);
		return wrong(s, "silence NAME MATCHERS for L [from T]", rest);
	}
	ok = world_silence(&s->world, known != NULL ? known->id : "", matchers, from, wall_add(from, length), id, &e);
	mem_free(matchers);
	if (refuse)
		return !ok && str_is(str_trim(rest), e.text) ? true :
		    wrong(s, "refused", ok ? STR("no") : str_from(e.text));
	if (!ok)
		return wrong(s, "silence refused", str_from(e.text));
	if (known == NULL) {
		snprintf(fresh.name, sizeof(fresh.name), "%.*s", STR_ARG(name));
		VEC_PUSH(&s->silences, fresh);
		known = &s->silences.v[s->silences.n - 1];
	}
	memcpy(known->id, id, sizeof(id));
	return true;
}

static bool
do_unsilence(struct scene *s, struct str rest)
{
	const struct named *known = find_silence(s, str_trim(rest));
	struct err e = { 0 };

	if (known == NULL)
		return wrong(s, "no such silence", rest);
	return engine_silence_expire(s->world.engine, str_from(known->id), s->world.now, &e) ? true :
	    wrong(s, "not expired", str_from(e.text));
}

static struct str
unquote(struct str s)
{
	return s.n >= 2 && s.p[0] == '"' ? str_sub(s, 1, s.n - 1) : s;
}

/* One of ok, fail "TEXT", retry "TEXT", hang, each maybe with after L and ask L. */
static bool
read_answer(struct scene *s, struct str text, struct fake_answer *out)
{
	struct str word = fake_word(&text);
	bool ok = true;

	*out = (struct fake_answer){ 0 };
	if (str_is(word, "ok"))
		out->outcome.ok = true;
	else if (str_is(word, "hang"))
		out->hang = true;
	else if (str_is(word, "retry") || str_is(word, "fail")) {
		out->outcome.retry = str_is(word, "retry");
		out->outcome.error = unquote(fake_word(&text));
		out->outcome.failure = FAILURE_SERVER_ERROR;
	} else
		return wrong(s, "no such answer", word);
	while (ok && (word = fake_word(&text)).n > 0) {
		if (str_is(word, "after"))
			ok = read_span(s, fake_word(&text), &out->delay);
		else if (str_is(word, "ask"))
			ok = read_span(s, fake_word(&text), &out->outcome.retry_after);
		else
			ok = wrong(s, "no such word", word);
	}
	return ok;
}

static bool
do_answer(struct scene *s, struct str rest)
{
	char *to = text_of(fake_word(&rest));
	struct fake_answer answers[16];
	size_t n = 0;
	bool ok = true;

	while (ok && str_trim(rest).n > 0) {
		size_t comma = str_chr(rest, ',');

		ok = n < ARRAY_LEN(answers) && read_answer(s, str_sub(rest, 0, comma), &answers[n]);
		n++;
		rest = str_sub(rest, comma + 1, rest.n);
	}
	if (ok)
		world_script(&s->world, to, answers, n);
	mem_free(to);
	return ok;
}

static bool
do_cluster(struct scene *s, struct str rest)
{
	struct str word = fake_word(&rest);
	span wait = -1;

	if (!str_is(word, "settling") && !(str_is(word, "wait") && read_span(s, fake_word(&rest), &wait)))
		return false;
	world_wait(&s->world, wait);
	return true;
}

/* A notification that was sent and not expected is a mistake. */
static bool
nothing_left(struct scene *s)
{
	struct sbuf b = SBUF_INIT(8192);
	bool ok = s->seen == s->world.sent.n;

	for (size_t i = s->seen; i < s->world.sent.n; i++) {
		char at[DURATION_MAX];

		duration_format(mono_sub(s->world.sent.v[i].at.mono, world_at(&s->world, 0).mono), at);
		sbuf_printf(&b, "\n\t%s %s%s", at, s->world.sent.v[i].to, s->world.sent.v[i].text);
	}
	if (!ok)
		wrong(s, "sent, and not expected", sbuf_get(&b));
	sbuf_fini(&b);
	return ok;
}

static bool
expect_sent(struct scene *s, struct str to, struct str text)
{
	struct mono at = world_at(&s->world, s->at).mono, since = world_at(&s->world, s->since).mono;

	text = str_trim(text);
	for (size_t i = s->seen; i < s->world.sent.n; i++) {
		struct fake_sent *sent = &s->world.sent.v[i], swap;

		if (sent->at.mono.ns > at.ns || sent->at.mono.ns < since.ns || !str_is(to, sent->to) ||
		    !str_eq(text, str_trim(str_from(sent->text))))
			continue;
		swap = s->world.sent.v[s->seen];
		s->world.sent.v[s->seen++] = *sent;
		*sent = swap;
		return true;
	}
	if (!nothing_left(s))
		return false;
	return wrong(s, "was not sent", text);
}

static bool
expect_status(struct scene *s, struct str rest)
{
	char *alert = text_of(fake_word(&rest));
	struct str got = str_from(world_status(&s->world, alert));
	struct sbuf b = SBUF_INIT(1024);
	struct str word;
	bool ok;

	mem_free(alert);
	/* Ids by their names. */
	while ((word = fake_word(&got)).n > 0) {
		for (size_t i = 0; i < s->silences.n; i++)
			if (str_is(word, s->silences.v[i].id))
				word = str_from(s->silences.v[i].name);
		if (b.n > 0)
			sbuf_putc(&b, ' ');
		sbuf_str(&b, word);
	}
	ok = str_eq(sbuf_get(&b), str_trim(rest));
	if (!ok)
		wrong(s, "status", sbuf_get(&b));
	sbuf_fini(&b);
	return ok;
}

static bool
expect_failed(struct scene *s, struct str text)
{
	const char *got = s->failed_seen < s->world.failed.n ? s->world.failed.v[s->failed_seen++] : "none";

	return str_is(str_trim(text), got) ? true : wrong(s, "failed", str_from(got));
}

static bool
expect_canceled(struct scene *s, struct str to)
{
	for (size_t i = s->world.sent.n; i > 0; i--)
		if (str_is(str_trim(to), s->world.sent.v[i - 1].to))
			return s->world.sent.v[i - 1].canceled ? true : wrong(s, "not canceled", to);
	return wrong(s, "nothing sent", to);
}

static bool
expect_groups(struct scene *s, struct str rest)
{
	struct arena *a = arena_new();
	struct group_view *groups;
	char n[24];
	size_t groups_n;

	view_groups(s->world.engine, s->world.now, a, &groups, &groups_n);
	arena_free(&a);
	snprintf(n, sizeof(n), "%zu", groups_n);
	return str_is(str_trim(rest), n) ? true : wrong(s, "groups", str_from(n));
}

static bool
do_expect(struct scene *s, struct str rest)
{
	struct str word = fake_word(&rest);

	world_settle(&s->world);
	if (str_is(word, "nothing"))
		return nothing_left(s);
	if (str_is(word, "failed"))
		return expect_failed(s, rest);
	if (str_is(word, "status"))
		return expect_status(s, rest);
	if (str_is(word, "groups"))
		return expect_groups(s, rest);
	if (str_is(word, "canceled"))
		return expect_canceled(s, rest);
	return expect_sent(s, word, rest);
}

static bool
do_step(struct scene *s, struct str verb, struct str rest)
{
	span by;

	if (str_is(verb, "expect"))
		return do_expect(s, rest);
	if (str_is(verb, "post") || str_is(verb, "resolve"))
		return do_post(s, rest, str_is(verb, "resolve"));
	if (str_is(verb, "silence") || str_is(verb, "refuse"))
		return do_silence(s, rest, str_is(verb, "refuse"));
	if (str_is(verb, "unsilence"))
		return do_unsilence(s, rest);
	if (str_is(verb, "answer"))
		return do_answer(s, rest);
	if (str_is(verb, "cluster"))
		return do_cluster(s, rest);
	if (str_is(verb, "reload"))
		return true;
	if (str_is(verb, "restart")) {
		world_restart(&s->world);
		return true;
	}
	if (str_is(verb, "clock")) {
		if (!read_span(s, fake_word(&rest), &by))
			return false;
		world_step_wall(&s->world, by);
		return true;
	}
	return wrong(s, "no such step", verb);
}

static bool
do_option(struct scene *s, struct str rest)
{
	struct engine_options *o = &s->world.options;
	struct str name = fake_word(&rest), value = fake_word(&rest);
	span d = 0;
	bool is_span = duration_parse(value, &d, NULL);
	char *n = text_of(value);
	long long number = strtoll(n, NULL, 10);

	mem_free(n);
	if (str_is(name, "reload_resets_timers"))
		o->reload_resets_timers = true;
	else if (str_is(name, "start_delay") && is_span)
		o->start_delay = d;
	else if (str_is(name, "retention") && is_span)
		o->retention = d;
	else if (str_is(name, "alert_gc") && is_span)
		o->alert_gc_interval = d;
	else if (str_is(name, "maintenance") && is_span)
		o->maintenance_interval = d;
	else if (str_is(name, "alerts_per_name"))
		o->alerts_per_name = number;
	else if (str_is(name, "max_silences"))
		o->max_silences = number;
	else
		return wrong(s, "no such option", name);
	return true;
}

/* Goes to the time of a step; whatever was sent on the way there was to be expected. */
static bool
go_to(struct scene *s, span at)
{
	if (at < s->at)
		return wrong(s, "steps go back in time", STR(""));
	if (at == s->at)
		return true;
	world_settle(&s->world);
	if (s->since > s->at && !nothing_left(s))
		return false;
	/* Up to just before, so that a step comes before what is due at its time. */
	if (at > s->at + 1)
		world_run(&s->world, at - 1);
	if (s->since == at && !nothing_left(s))
		return false;
	s->at = at;
	s->world.now = world_at(&s->world, at);
	return true;
}

static bool
do_line(struct scene *s, struct str line)
{
	struct str rest = line, word, verb;
	size_t tilde;
	span at;

	if (fake_config_line(line)) {
		sbuf_str(&s->config, line);
		sbuf_putc(&s->config, '\n');
		return true;
	}
	word = fake_word(&rest);
	if (word.n == 0)
		return true;
	if (str_is(word, "option"))
		return do_option(s, rest);
	tilde = str_chr(word, '~');
	if (!read_span(s, str_sub(word, 0, tilde), &s->since))
		return false;
	at = s->since;
	if (tilde < word.n && !read_span(s, str_sub(word, tilde + 1, word.n), &at))
		return false;
	if ((s->config.n > 0 && !apply(s)) || !go_to(s, at))
		return false;
	verb = fake_word(&rest);
	return do_step(s, verb, rest);
}

bool
scene_run(struct str text, struct err *e)
{
	struct scene s = { .config = SBUF_INIT(1 << 20), .e = e };
	bool ok = true;

	world_init(&s.world);
	for (size_t at = 0; ok && at < text.n;) {
		size_t n = str_chr(str_sub(text, at, text.n), '\n');

		s.line++;
		ok = do_line(&s, str_sub(text, at, at + n));
		at += n + 1;
	}
	if (s.world.engine != NULL) {
		if (ok)
			world_settle(&s.world);
		ok = ok && nothing_left(&s);
		world_fini(&s.world);
	}
	VEC_FINI(&s.silences);
	sbuf_fini(&s.config);
	return ok;
}
