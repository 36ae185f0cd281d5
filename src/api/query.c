/* SPDX-License-Identifier: Apache-2.0 */
/* Query parameters: booleans, matchers, and the filters of the alert lists. */
#include "base/mem.h"
#include "handlers.h"

/* go-openapi swag.ConvertBool: anything else is false, without an error. */
static const char *const true_words[] = { "true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled" };

bool
query_bool(const struct call *c, const char *name, bool otherwise)
{
	const struct str *v = url_query_last(&c->query, name);

	if (v == NULL || v->n == 0)
		return otherwise;
	for (size_t i = 0; i < ARRAY_LEN(true_words); i++)
		if (str_caseeq(*v, str_from(true_words[i])))
			return true;
	return false;
}

static void
warn_matcher(void *arg, const char *message, struct str input, const char *origin, const char *parse_error,
    struct str suggestion)
{
	const struct log *log = arg;

	if (suggestion.n > 0 || parse_error != NULL)
		LOG(log, LOG_WARN, message, F_STR("input", input), F_CSTR("origin", origin),
		    F_CSTR("err", parse_error != NULL ? parse_error : ""), F_STR("suggestion", suggestion));
	else
		LOG(log, LOG_WARN, message, F_STR("input", input), F_CSTR("origin", origin));
}

/* Texts of errors end at a NUL: until they are told, this stands for it, which is no character. */
#define NUL_MARK "\uFFFE"

/* A filter, or what a receiver's name has to match. */
static bool
parse(struct call *c, struct str text, bool of_name, const struct matcher_warning *w, struct matcher *out, struct err *e)
{
	return of_name ? matcher_init(out, MATCH_RE, STR("name"), text, e) :
	    matcher_parse(text, c->api->env.matcher_mode, w, out, e);
}

/* False: answered 400. */
static bool
read_matcher(struct call *c, const char *prefix, struct str text, bool of_name, const struct matcher_warning *w,
    struct matcher *out)
{
	static const struct str nul = { "", 1 };
	struct matcher marked;
	struct err e = { 0 };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str why;

	if (parse(c, text, of_name, w, out, &e))
		return true;
	why = str_from(e.text);
	if (str_chr(text, '\0') < text.n) {
		if (parse(c, arena_replace(c->arena, text, nul, STR(NUL_MARK)), of_name, NULL, &marked, &e))
			matcher_fini(&marked);
		why = arena_replace(c->arena, str_from(e.text), STR(NUL_MARK), nul);
	}
	sbuf_puts(&b, prefix);
	sbuf_str(&b, why);
	reply_error(c, 400, arena_str(c->arena, sbuf_get(&b)));
	sbuf_fini(&b);
	return false;
}

bool
query_matchers(struct call *c, const char *name, const char *prefix, struct matchers *out)
{
	struct matcher_warning w = { warn_matcher, NULL, "api" };
	struct log log = log_with(c->api->env.log, F_CSTR("component", "api"));
	const struct str *v;
	size_t pos = 0, reading = 0;
	struct err e;

	w.arg = &log;
	while ((v = url_query_each(&c->query, name, &pos)) != NULL) {
		struct matcher m;

		/* Each may be a regular expression, which takes its time to compile. */
		if (out->n == MATCHERS_MAX) {
			matchers_fini(out);
			reply_error(c, 400, arena_printf(c->arena, "%smore than %d matchers", prefix, MATCHERS_MAX));
			return false;
		}
		if (!read_matcher(c, prefix, *v, false, &w, &m)) {
			matchers_fini(out);
			return false;
		}
		if (!matchers_append_bounded(out, &m, &reading, &e)) {
			matchers_fini(out);
			reply_error(c, 400, arena_printf(c->arena, "%s%s", prefix, e.text));
			return false;
		}
	}
	return true;
}

/* The receiver parameter, as a matcher of the label `name` that every receiver has. False: answered 400. */
static bool
query_receiver(struct call *c, struct matchers *out)
{
	const struct str *v = url_query_last(&c->query, "receiver");
	struct matcher m;

	/* COMPAT: an empty parameter is none at all. */
	if (v == NULL || v->n == 0)
		return true;
	if (!read_matcher(c, "failed to parse receiver param: ", *v, true, NULL, &m))
		return false;
	matchers_append(out, &m);
	return true;
}

bool
alert_filter_init(struct alert_filter *f, struct call *c)
{
	*f = (struct alert_filter){
		.active = query_bool(c, "active", true),
		.silenced = query_bool(c, "silenced", true),
		.inhibited = query_bool(c, "inhibited", true),
		.muted = query_bool(c, "muted", true),
	};
	if (!query_matchers(c, "filter", "", &f->filter) || !query_receiver(c, &f->receiver) ||
	    !query_matchers(c, "receiver_matchers", "failed to parse receiver_matchers param: ",
		&f->receiver_matchers)) {
		alert_filter_fini(f);
		return false;
	}
	f->status = status_run_new();
	f->choice = alert_choice_new();
	return true;
}

bool
alert_filter_walk(struct alert_filter *f, struct engine *e, struct labels **at, struct work *w, view_visit *visit, void *arg)
{
	return view_chosen_some(e, &f->filter, f->choice, at, w, visit, arg);
}

static void
forget_match(struct alert_filter *f)
{
	match_run_reset(&f->run);
	labels_unref(f->run_labels);
	f->run_labels = NULL;
}

void
alert_filter_fini(struct alert_filter *f)
{
	forget_match(f);
	status_run_free(&f->status);
	alert_choice_free(&f->choice);
	match_run_reset(&f->group_run);
	labels_unref(f->group);
	matchers_fini(&f->filter);
	matchers_fini(&f->receiver_matchers);
	matchers_fini(&f->receiver);
	labels_unref(f->passed);
	config_unref(f->config);
	mem_free(f->verdicts);
	*f = (struct alert_filter){ 0 };
}

/* matchers_match_some; what was put off is gone on with when the same is asked again, and else forgotten. */
static enum match
match_some(struct alert_filter *f, const struct matchers *ms, const struct labels *l, struct work *w)
{
	enum match m;

	if (ms->n == 0)
		return MATCH_YES;
	if (f->run_labels != NULL && (f->run_of != ms || f->run_labels != l))
		forget_match(f);
	m = matchers_match_some(ms, l, &f->run, w);
	if (m != MATCH_LATER) {
		forget_match(f);
	} else if (f->run_labels == NULL) {
		f->run_of = ms;
		f->run_labels = labels_ref((struct labels *)(uintptr_t)l);
	}
	return m;
}

/* Verdicts on a receiver of the configuration in force. */
enum { NAME_KNOWN = 1, NAME_PASSES = 2, LABELS_KNOWN = 4, LABELS_PASS = 8, ALL_KNOWN = NAME_KNOWN | LABELS_KNOWN };

static void
see_config(struct alert_filter *f, struct config *c)
{
	if (f->config == c)
		return;
	config_unref(f->config);
	mem_free(f->verdicts);
	f->config = config_ref(c);
	f->verdicts = mem_calloc(c->receivers_n, 1);
}

static unsigned char
verdict(struct alert_filter *f, const struct receiver *r, unsigned char known, struct work *w)
{
	if (!(known & NAME_KNOWN)) {
		enum match m = match_some(f, &f->receiver, r->labels, w);

		if (m == MATCH_LATER)
			return known;
		known |= m == MATCH_YES ? NAME_KNOWN | NAME_PASSES : NAME_KNOWN;
	}
	if (!(known & LABELS_KNOWN)) {
		enum match m = match_some(f, &f->receiver_matchers, r->labels, w);

		if (m == MATCH_LATER)
			return known;
		known |= m == MATCH_YES ? LABELS_KNOWN | LABELS_PASS : LABELS_KNOWN;
	}
	return known;
}

bool
receiver_verdict(struct alert_filter *f, struct config *c, const struct receiver *r, struct work *w, bool *by_name,
    bool *by_labels)
{
	unsigned char *known;

	*by_name = *by_labels = true;
	if (f->receiver.n == 0 && f->receiver_matchers.n == 0)
		return true;
	see_config(f, c);
	known = &f->verdicts[r->index];
	*known = verdict(f, r, *known, w);
	*by_name = *known & NAME_PASSES;
	*by_labels = *known & LABELS_PASS;
	return (*known & ALL_KNOWN) == ALL_KNOWN;
}

static bool
groups_by(const struct route *r, struct str name)
{
	if (r->group_by_all)
		return true;
	for (size_t i = 0; i < r->group_by_n; i++)
		if (str_eq(r->group_by[i], name))
			return true;
	return false;
}

enum match
alert_filter_group(struct alert_filter *f, const struct group_item *g, struct work *w)
{
	if (f->group != g->labels || f->group_route != g->route) {
		match_run_reset(&f->group_run);
		labels_unref(f->group);
		f->group = labels_ref(g->labels);
		f->group_route = g->route;
		f->group_at = 0;
	}
	for (; f->group_at < f->filter.n; f->group_at++) {
		const struct matchers one = { &f->filter.m[f->group_at], 1 };
		enum match passes = MATCH_YES;

		if (groups_by(g->route, istr_str(one.m->name)))
			passes = matchers_match_some(&one, g->labels, &f->group_run, w);
		/* Paid for behind the match, which has to come about however little w has. */
		work_spend(w, (int64_t)g->route->group_by_n);
		if (passes != MATCH_YES)
			return passes;
	}
	return MATCH_YES;
}

enum match
alert_labels_pass(struct alert_filter *f, const struct alert *a, struct moment now, struct work *w)
{
	enum match m;

	if (!wall_is_zero(alert_ends(a)) && wall_before(alert_ends(a), now.wall))
		return MATCH_NO;
	/* Asked once more, for its state was put off. Those that do not pass are not written to. */
	if (f->passed == a->labels)
		return MATCH_YES;
	m = match_some(f, &f->filter, a->labels, w);
	if (m == MATCH_YES && f->filter.n > 0) {
		labels_unref(f->passed);
		f->passed = labels_ref(a->labels);
	}
	return m;
}

enum match
alert_state_passes(struct alert_filter *f, struct engine *e, const struct alert_entry *entry, struct moment now,
    struct work *w, struct arena *arena, struct alert_status *status)
{
	if (!view_entry_status_some(e, entry, now, f->status, w, arena, status))
		return MATCH_LATER;
	if (!f->active && status->silenced_by_n == 0 && !status->inhibited)
		return MATCH_NO;
	if (!f->silenced && status->silenced_by_n > 0)
		return MATCH_NO;
	return f->inhibited || !status->inhibited ? MATCH_YES : MATCH_NO;
}
