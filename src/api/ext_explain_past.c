/* SPDX-License-Identifier: Apache-2.0 */
/* An alert at a past moment: the last that history has of it, in words. Nothing more is known of what was decided then. */
#include <string.h>

#include "base/mem.h"
#include "ext_explain.h"
#include "ext_past.h"

/* Events that are looked at, the newest first. */
#define PAST_EVENTS 50
/* They take no more than this. */
#define PAST_BYTES_MAX ((size_t)4 << 20)

struct past_explanation {
	struct packed body;
	struct past_part page;		/* of events */
	uint64_t fingerprint;
	struct wall at;
};

/* The words for what holds an alert back, and for what ends that. */
static const struct condition {
	const char *begins, *ends, *say;
} conditions[] = {
	{ "silenced", "unsilenced", "silenced" },
	{ "acked", "unacked", "acknowledged" },
	{ "inhibited", "uninhibited", "inhibited" },
};

/* Among the first n. */
static const struct json *
newest(const struct json *items, size_t n, const char *kind, const char *or_kind)
{
	for (size_t i = 0; i < n; i++) {
		struct str is = json_get_str(&items->v[i], "kind", STR(""));

		if (str_is(is, kind) || str_is(is, or_kind))
			return &items->v[i];
	}
	return NULL;
}

/* The event that held the alert back then; *words says how. NULL: nothing that is known. */
static const struct json *
held_by(const struct json *items, size_t n, const char **words)
{
	for (size_t i = 0; i < ARRAY_LEN(conditions); i++) {
		const struct json *event = newest(items, n, conditions[i].begins, conditions[i].ends);

		if (event == NULL || !str_is(json_get_str(event, "kind", STR("")), conditions[i].begins))
			continue;
		*words = conditions[i].say;
		return event;
	}
	return NULL;
}

static void
put_when(struct sbuf *b, const struct json *event)
{
	sbuf_str(b, json_get_str(event, "at", STR("?")));
}

static void
say_told(struct sbuf *b, const struct json *event)
{
	struct str outcome = json_get_str(event, "outcome", STR("unknown"));

	say_name(b, json_get_str(event, "receiver", STR("?")));
	sbuf_puts(b, str_is(outcome, "sent") ? " had been told at " : " had not been reached at ");
	put_when(b, event);
	sbuf_printf(b, " (%.*s).", STR_ARG(json_get_str(event, "reason", STR("unknown"))));
}

struct findings {
	const struct json *items, *state, *held, *told;
	const char *held_words;
	bool fired;	/* it fired then, or that is not known */
};

static void
say_past(struct sbuf *b, const struct findings *f)
{
	if (f->items->n == 0) {
		sbuf_puts(b, "History knows nothing of this alert before that time.");
		return;
	}
	if (!f->fired) {
		sbuf_puts(b, "It had ended at ");
		put_when(b, f->state);
	} else if (f->held != NULL) {
		sbuf_printf(b, "Nobody was told: %s since ", f->held_words);
		put_when(b, f->held);
	} else if (f->state != NULL) {
		sbuf_puts(b, "It fired since ");
		put_when(b, f->state);
	} else {
		sbuf_puts(b, "When it began to fire is not known any more");
	}
	if (f->told != NULL) {
		sbuf_puts(b, "; ");
		say_told(b, f->told);
	} else {
		sbuf_puts(b, f->fired && f->state != NULL ? "; no notification of it is known since then." :
							       "; no notification of it is known from before.");
	}
}

static const char *
verdict_past(const struct findings *f)
{
	if (f->items->n == 0)
		return "unknown";
	if (!f->fired)
		return "over";
	if (f->held != NULL)
		return "suppressed";
	return f->told != NULL ? "notified" : "unknown";
}

static void
put_step(struct json_writer *w, const char *stage, bool ok, const char *say, const struct json *event)
{
	json_object_begin(w);
	json_put_str(w, "stage", str_from(stage));
	json_put_bool(w, "ok", ok);
	json_put_str(w, "say", str_from(say));
	if (event != NULL)
		json_put_str(w, "event", json_get_str(event, "id", STR("")));
	json_object_end(w);
}

static void
write_steps(struct json_writer *w, const struct findings *f, struct str page)
{
	json_key(w, STR("steps"));
	json_array_begin(w);
	put_step(w, "state", f->state != NULL, f->state != NULL ? "The last that is known of its state." : "Nothing is known of its state.",
	    f->state);
	put_step(w, "held", f->held == NULL, f->held != NULL ? "It was held back." : "Nothing that is known held it back.", f->held);
	put_step(w, "told", f->told != NULL, f->told != NULL ? "The last notification of it." : "No notification of it is known.", f->told);
	json_object_begin(w);
	json_put_str(w, "stage", STR("history"));
	json_put_bool(w, "ok", true);
	json_put_str(w, "say", STR("What history has of it, the newest first. Routes, rules and time intervals of then, and what each "
				   "integration decided when it was told nothing, are not known any more."));
	json_put_raw(w, "page", str_trim(page));
	json_object_end(w);
	json_array_end(w);
}

/* The last beginning or end ends what held it back before; and who was told before it fired again does not know that. */
static void
find(struct findings *f)
{
	size_t since = f->items->n;

	f->state = newest(f->items, f->items->n, "firing", "resolved");
	if (f->state != NULL)
		since = (size_t)(f->state - f->items->v);
	f->fired = f->state == NULL || str_is(json_get_str(f->state, "kind", STR("")), "firing");
	f->held = held_by(f->items, since, &f->held_words);
	f->told = newest(f->items, f->fired ? since : f->items->n, "notification", "notification");
}

static bool
write_past(struct past_explanation *x, struct err *e)
{
	struct arena *a = arena_new();
	const struct json *page = json_parse(a, sbuf_get(&x->page.text), JSON_DOCUMENT, e);
	struct findings f = { .items = page != NULL ? json_get(page, "items") : NULL };
	struct sbuf say = SBUF_INIT(SBUF_UNLIMITED);
	struct json_writer w;

	if (f.items == NULL || f.items->kind != JSON_ARRAY) {
		arena_free(&a);
		return err_set(e, ERR_IO, "history gave no answer");
	}
	find(&f);
	say_past(&say, &f);
	json_writer_init(&w, &x->body.plain, JSON_HTML_ESCAPED);
	json_object_begin(&w);
	json_put_str(&w, "verdict", str_from(verdict_past(&f)));
	json_put_str(&w, "say", sbuf_get(&say));
	json_put_bool(&w, "exact", false);
	ext_put_time(&w, "at", x->at);
	json_key(&w, STR("alert"));
	json_object_begin(&w);
	ext_put_fingerprint(&w, "fp", x->fingerprint);
	json_object_end(&w);
	write_steps(&w, &f, sbuf_get(&x->page.text));
	json_object_end(&w);
	sbuf_putc(&x->body.plain, '\n');
	sbuf_fini(&say);
	arena_free(&a);
	return true;
}

static enum http_more
make(struct packed *p, struct work *w, struct moment now, struct err *e)
{
	struct past_explanation *x = CONTAINER_OF(p, struct past_explanation, body);
	enum http_more more = past_part_read(&x->page, w, now, e);

	if (more != HTTP_END)
		return more;
	return write_past(x, e) ? HTTP_END : HTTP_FAILED;
}

static void
fini(struct packed *p)
{
	past_part_end(&CONTAINER_OF(p, struct past_explanation, body)->page);
}

void
explain_past(struct call *c, uint64_t fingerprint, struct wall at)
{
	struct past_query q = { .fingerprints = &fingerprint, .fingerprints_n = 1, .from = WALL_ZERO,
		.to = wall_add(at, SPAN_MS), .limit = PAST_EVENTS,
		/* All of it is gone through until there are as many: a page may end without having found any. */
		.format = PAST_JSON };
	struct past_explanation *x = NEW(struct past_explanation);
	struct err e = { 0 };

	if (!past_part_ask(&x->page, c->api, &x->body, &q, PAST_BYTES_MAX, c->now, &e)) {
		past_refused(c, &e);
		past_part_end(&x->page);
		mem_free(x);
		return;
	}
	x->fingerprint = fingerprint;
	x->at = at;
	x->body.make = make;
	x->body.fini = fini;
	ext_reply_later(c);
	packed_reply(c, &x->body);
}
