/* SPDX-License-Identifier: Apache-2.0 */
/* Silences, inhibition and the limit per name, each against the rule as it is stated. */
#include "alerts.h"
#include "base/mem.h"
#include "inhibit.h"
#include "lib_core.h"
#include "limits.h"
#include "silences.h"

static struct wall
sec(int64_t s)
{
	return (struct wall){ s, 0, 0 };
}

static void
random_alert(struct rand *r, char out[64])
{
	static const char *const names[] = { "a", "b", "c" };
	size_t n = 0;

	n += (size_t)snprintf(out, 64, "X%d", (int)rand_below(r, 3));
	for (int i = 0; i < 3; i++)
		if (rand_below(r, 3) > 0)
			n += (size_t)snprintf(out + n, 64 - n, "%c%s=%d", strchr(out, '{') != NULL ? ',' : '{', names[i],
			    (int)rand_below(r, 3));
	if (strchr(out, '{') != NULL)
		snprintf(out + n, 64 - n, "}");
}

static void
random_matchers(struct rand *r, char out[64])
{
	static const char *const ops[] = { "=", "=", "!=", "=~", "!~" };
	size_t n = 0;

	for (uint64_t i = 0, count = 1 + rand_below(r, 2); i < count; i++)
		n += (size_t)snprintf(out + n, 64 - n, "%s%c%s\"%s\"", i > 0 ? "," : "", (int)('a' + rand_below(r, 3)),
		    ops[rand_below(r, 5)], (const char *const[]){ "0", "1", "2", "", "1|2" }[rand_below(r, 5)]);
}

static struct silence *
random_silence(struct rand *r, const char *id)
{
	struct silence *s = silence_new();
	char text[64];

	snprintf(s->id, sizeof(s->id), "%s", id);
	for (uint64_t n = 1 + rand_below(r, 2); n > 0; n--) {
		random_matchers(r, text);
		*silence_add_set(s) = must_matchers(text);
	}
	s->starts = sec((int64_t)rand_below(r, 100));
	s->ends = wall_add(s->starts, (span)rand_below(r, 50) * SPAN_S);
	return s;
}

/* As silences_match, with a few units at a time; whoever comes in between disturbs nothing. */
static size_t
match_in_pieces(struct silences *ss, struct alert_entry *rec, struct rand *r, struct wall t)
{
	struct silences_run run = { 0 }, other = { 0 };
	struct work w = { 1 };
	size_t active;

	while (!silences_match_some(ss, rec, t, &run, &w, &active)) {
		ck_assert(work_used_up(&w));
		w.left = 1;
		if (rand_below(r, 4) == 0)
			(void)silences_match_some(ss, rec, t, &other, &w, &active);
		w.left = 1 + (int64_t)rand_below(r, 6);
	}
	silences_run_reset(&other);
	return active;
}

START_TEST(silences_as_stated)
{
	struct rand r;
	struct silences ss;
	struct alerts as = { 0 };
	struct alert_entry *entries[30];
	size_t n = 0;

	rand_seed(&r, 3);
	silences_init(&ss, SPAN_HOUR, 0, 0, NAMING_UTF8);
	while (n < ARRAY_LEN(entries)) {
		char text[64];
		struct alert *a;

		random_alert(&r, text);
		a = must_alert(text, sec(0));
		if (alerts_find(&as, a->labels) == NULL)
			entries[n++] = alerts_add(&as, a);
		alert_unref(a);
	}
	for (int64_t t = 0; t < 150; t++) {
		char id[16];

		snprintf(id, sizeof(id), "s%d", (int)rand_below(&r, 40));
		if (rand_below(&r, 4) > 0) {
			struct silence *s = random_silence(&r, id);

			silences_put(&ss, s, sec(1000));
			silence_unref(s);
		} else if (silences_find(&ss, str_from(id)) != NULL) {
			silences_drop(&ss, silences_find(&ss, str_from(id)));
		}
		for (int k = 0; k < 10; k++) {
			struct alert_entry *rec = entries[rand_below(&r, n)];
			size_t want = 0;

			HMAP_EACH(&ss.by_id, node) {
				const struct silence *s = CONTAINER_OF(node, struct silence_entry, node)->silence;

				want += silence_state_at(s, sec(t)) == SILENCE_ACTIVE &&
				    silence_matches(s, rec->alert->labels);
			}
			ck_assert_uint_eq(rand_below(&r, 2) == 0 ? silences_match(&ss, rec, sec(t)) :
			    match_in_pieces(&ss, rec, &r, sec(t)), want);
		}
	}
	/* Back in time: nothing that was forgotten as ended may be missing. */
	silences_clock_stepped(&ss);
	for (size_t i = 0; i < n; i++) {
		size_t want = 0;

		HMAP_EACH(&ss.by_id, node) {
			const struct silence *s = CONTAINER_OF(node, struct silence_entry, node)->silence;

			want += silence_state_at(s, sec(60)) == SILENCE_ACTIVE &&
			    silence_matches(s, entries[i]->alert->labels);
		}
		ck_assert_uint_eq(silences_match(&ss, entries[i], sec(60)), want);
		silences_forget(entries[i]);
		alerts_remove(&as, entries[i]);
	}
	silences_fini(&ss);
	alerts_fini(&as);
}
END_TEST

START_TEST(silence_limits)
{
	struct silences ss;
	struct silence *draft = silence_new();
	struct silence_change c;
	struct rand r;
	struct err e = { 0 };

	rand_seed(&r, 1);
	silences_init(&ss, SPAN_HOUR, 1, 100, NAMING_UTF8);
	silence_add_set(draft);
	draft->sets[0] = must_matchers("a=\"b\"");
	draft->ends = sec(2000);
	istr_unref(draft->comment);
	draft->comment = istr_get(STR("A comment that is too long to be kept by a store that keeps a hundred bytes."));
	ck_assert(!silences_set(&ss, draft, &r, sec(1000), &c, &e));
	ck_assert_int_eq(e.kind, ERR_LIMIT);
	ck_assert(str_starts(str_from(e.text), STR("silence exceeded maximum size: ")));
	ck_assert(str_ends(str_from(e.text), STR(" bytes (limit: 100 bytes)")));
	istr_unref(draft->comment);
	draft->comment = istr_get(STR("short"));
	ss.max_bytes = 200;
	ck_assert(silences_set(&ss, draft, &r, sec(1000), &c, &e));
	ck_assert(c.created);
	ck_assert_int_eq(c.set->silence->starts.s, 1000);
	ck_assert_int_eq(c.set->expires.s, 2000 + 3600);
	ck_assert_uint_eq(strlen(c.set->silence->id), 36);
	e = (struct err){ 0 };
	ck_assert(!silences_set(&ss, draft, &r, sec(1001), &c, &e));
	ck_assert_str_eq(e.text, "exceeded maximum number of silences: 1 (limit: 1)");
	snprintf(draft->id, sizeof(draft->id), "nobody");
	e = (struct err){ 0 };
	ck_assert(!silences_set(&ss, draft, &r, sec(1001), &c, &e));
	ck_assert_int_eq(e.kind, ERR_NOT_FOUND);
	ck_assert_str_eq(e.text, "silence not found");
	silence_unref(draft);
	silences_fini(&ss);
}
END_TEST

static bool
agree(const struct inhibit_rule *rule, const struct labels *a, const struct labels *b)
{
	for (size_t i = 0; i < rule->equal_n; i++)
		if (!str_eq(labels_get(a, rule->equal[i]), labels_get(b, rule->equal[i])))
			return false;
	return true;
}

/* Alertmanager's rule, with every source instead of one. */
static bool
inhibited_plainly(const struct config *c, struct alert_entry *const *all, size_t n, const struct alert_entry *t, struct wall now)
{
	const struct labels *tl = t->alert->labels;

	for (size_t i = 0; i < c->inhibit_rules_n; i++) {
		const struct inhibit_rule *rule = &c->inhibit_rules[i];

		if (!matchers_match(&rule->target, tl))
			continue;
		for (size_t j = 0; j < n; j++) {
			const struct labels *sl = all[j]->alert->labels;

			if (!all[j]->stored || alert_resolved_at(all[j]->alert, now) ||
			    !matchers_match(&rule->source, sl) || !agree(rule, sl, tl))
				continue;
			if (matchers_match(&rule->source, tl) && matchers_match(&rule->target, sl))
				continue;
			return true;
		}
	}
	return false;
}

static void
post_again(struct inhibitor *in, struct alert_entry *rec, struct wall t, span length)
{
	struct alert *a = mem_alloc(sizeof(*a));

	*a = *rec->alert;
	a->refs = 1;
	labels_ref(a->labels);
	labels_ref(a->annotations);
	istr_ref(a->generator_url);
	alert_set_ends(a, wall_add(t, length));
	alert_unref(rec->alert);
	rec->alert = a;
	if (!rec->stored)
		inhibit_forget(in, rec);
	rec->stored = true;
	inhibit_observe(in, rec, t);
}

static struct alert_entry *
add(struct alerts *as, const char *text)
{
	struct alert *a = must_alert(text, sec(10000));
	struct alert_entry *rec = alerts_add(as, a);

	alert_unref(a);
	return rec;
}

static void
drop(struct alerts *as, struct inhibitor *in, struct alert_entry *rec)
{
	inhibit_forget(in, rec);
	rec->stored = false;
	alerts_remove(as, rec);
}

/* The target stays muted as long as one is left of a thousand sources with the same values of `equal`. */
START_TEST(sources_end_one_by_one)
{
	enum { SOURCES = 1000 };
	struct config *c = must_config("receiver ops hook\nroute receiver=ops\n"
				       "inhibit source=sev=\"critical\" target=sev=\"warning\" equal=[cluster]\n");
	struct inhibitor *in = inhibitor_new(c, 0);
	struct alerts as = { 0 };
	struct alert_entry *target = add(&as, "T{sev=warning,cluster=x}"), *sources[SOURCES];
	struct rand r;

	rand_seed(&r, 7);
	for (int i = 0; i < SOURCES; i++) {
		char text[64];

		snprintf(text, sizeof(text), "S%d{sev=critical,cluster=x}", i);
		sources[i] = add(&as, text);
		post_again(in, sources[i], sec(1), 1000 * SPAN_S);
	}
	for (size_t left = SOURCES; left > 0; left--) {
		size_t i = rand_below(&r, left);
		struct alert_entry *ends = sources[i];

		ck_assert_ptr_nonnull(inhibit_source(in, target, sec(2)));
		post_again(in, ends, sec(2), -SPAN_S);
		sources[i] = sources[left - 1];
		sources[left - 1] = ends;
	}
	ck_assert_ptr_null(inhibit_source(in, target, sec(2)));
	/* One comes back. */
	post_again(in, sources[0], sec(3), 1000 * SPAN_S);
	ck_assert_ptr_eq(inhibit_source(in, target, sec(4)), sources[0]);
	for (int i = 0; i < SOURCES; i++)
		drop(&as, in, sources[i]);
	drop(&as, in, target);
	inhibitor_free(&in);
	alerts_fini(&as);
	config_unref(c);
}
END_TEST

/* As inhibit_source, with a few units at a time. */
static struct alert_entry *
source_in_pieces(struct inhibitor *in, struct alert_entry *rec, struct rand *r, struct wall t)
{
	struct inhibit_run run = { 0 }, other = { 0 };
	struct inhibition by;
	struct work w = { 1 };

	while (!inhibit_source_some(in, rec, t, &run, &w, &by)) {
		ck_assert(work_used_up(&w));
		w.left = 1;
		if (rand_below(r, 4) == 0)
			(void)inhibit_source_some(in, rec, t, &other, &w, &by);
		w.left = 1 + (int64_t)rand_below(r, 6);
	}
	inhibit_run_reset(&other);
	return by.source;
}

START_TEST(inhibition_as_stated)
{
	struct rand r;

	rand_seed(&r, 5);
	for (int round = 0; round < 30; round++) {
		struct sbuf b = SBUF_INIT(1 << 16);
		struct alerts as = { 0 };
		struct alert_entry *entries[25];
		struct inhibitor *in;
		struct config *c;
		size_t n = 0;

		sbuf_puts(&b, "receiver r\nroute receiver=r\n");
		for (uint64_t i = 0; i <= rand_below(&r, 4); i++) {
			static const char *const equal[] = { "", "equal=[]", "equal=[a]", "equal=[b,c]" };
			char source[64], target[64];

			random_matchers(&r, source);
			random_matchers(&r, target);
			sbuf_printf(&b, "inhibit source=%s target=%s %s\n", source, target, equal[rand_below(&r, 4)]);
		}
		c = must_config(sbuf_cstr(&b));
		in = inhibitor_new(c, 0);
		while (n < ARRAY_LEN(entries)) {
			char text[64];
			struct alert *a;

			random_alert(&r, text);
			a = must_alert(text, sec(-10000));
			if (alerts_find(&as, a->labels) == NULL)
				entries[n++] = alerts_add(&as, a);
			alert_unref(a);
		}
		for (int64_t t = 0; t < 100; t++) {
			struct alert_entry *rec = entries[rand_below(&r, n)];

			if (rand_below(&r, 3) > 0) {
				post_again(in, rec, sec(t), (span)rand_below(&r, 10) * SPAN_S);
			} else {
				inhibit_forget(in, rec);
				rec->stored = false;
			}
			for (size_t i = 0; i < n; i++)
				ck_assert_int_eq((rand_below(&r, 2) == 0 ? inhibit_source(in, entries[i], sec(t)) :
				    source_in_pieces(in, entries[i], &r, sec(t))) != NULL, inhibited_plainly(c, entries, n, entries[i], sec(t)));
		}
		for (size_t i = 0; i < n; i++) {
			inhibit_forget(in, entries[i]);
			entries[i]->stored = false;
			alerts_remove(&as, entries[i]);
		}
		inhibitor_free(&in);
		alerts_fini(&as);
		config_unref(c);
		sbuf_fini(&b);
	}
}
END_TEST

START_TEST(limit_per_name)
{
	struct limits l = { .max = 2 };
	struct alert *a = must_alert("A{i=1}", sec(0)), *b = must_alert("A{i=2}", sec(10));
	struct alert *c = must_alert("A{i=3}", sec(20)), *d = must_alert("B", sec(0));
	struct alert *none = must_alert("{x=1}", sec(0));

	ck_assert(limits_admit(&l, a, sec(0)));
	ck_assert(limits_admit(&l, b, sec(0)));
	ck_assert(limits_admit(&l, a, sec(0)));
	ck_assert(!limits_admit(&l, c, sec(0)));
	ck_assert(limits_admit(&l, d, sec(0)));
	ck_assert(limits_admit(&l, none, sec(0)));
	/* a ends at 3600: strictly before now, it makes room. */
	ck_assert(!limits_admit(&l, c, sec(3600)));
	ck_assert(limits_admit(&l, c, sec(3601)));
	ck_assert(!limits_admit(&l, a, sec(3601)));
	limits_release(&l, b);
	limits_release(&l, b);
	ck_assert(limits_admit(&l, a, sec(3601)));
	limits_fini(&l);
	l.max = 0;
	ck_assert(limits_admit(&l, a, sec(0)));
	ck_assert_uint_eq(l.places.n, 0);
	limits_fini(&l);
	alert_unref(a);
	alert_unref(b);
	alert_unref(c);
	alert_unref(d);
	alert_unref(none);
}
END_TEST

int
main(void)
{
	return RUN("muting", silences_as_stated, silence_limits, inhibition_as_stated, sources_end_one_by_one,
	    limit_per_name);
}
