/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding events, the newest first: block by block. The summary of a block tells for most that nothing in it is
 * wanted; what it says is cheap to ask. The others are read.
 */
#include "base/mem.h"
#include "reader.h"

/* How long it may take to find out which label sets are meant, and then to look for events of them. */
#define RESOLVE_MAX (2 * SPAN_S)
#define SEARCH_MAX (60 * SPAN_MS)

/* An event of a block that is wanted: where it stands, and what the reader has to know to read it again. */
struct spot {
	size_t at;
	int64_t time;
	uint64_t id;
};

/* Is a string of the block the receiver, the actor …? */
enum asked { ASKED_RECEIVER, ASKED_INTEGRATION, ASKED_ACTOR, ASKED_GROUP, ASKED };

struct search {
	struct reader *r;
	const struct question *q;
	struct matchers matchers;
	struct set_bits sets;
	struct regex *receiver; /* NULL: any */
	uint64_t kinds, outcomes; /* masks of what can be wanted */
	bool asks[ASKED];
	/* The block's strings, and for each and each thing asked for 0 (not known yet), 1 (is not) or 2 (is). */
	struct str *words;
	size_t words_n;
	unsigned char *verdicts;
	VEC(struct spot) spots;
};

#define KIND_BIT(id) (UINT64_C(1) << KIND_##id)

static uint64_t
kinds_of_shape(enum shape shape)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < KIND_END; i++)
		if (kind_word(i) != NULL && kind_shape(i) == shape)
			mask |= UINT64_C(1) << i;
	return mask;
}

/* The kinds that can satisfy all conditions. */
static uint64_t
possible_kinds(const struct search *s)
{
	uint64_t kinds = s->q->kinds != 0 ? s->q->kinds : UINT64_MAX;
	uint64_t told = kinds_of_shape(SHAPE_NOTIFICATION), reported = kinds_of_shape(SHAPE_DELIVERY);

	if (s->sets.bits != NULL && set_bits_empty(&s->sets))
		return 0;
	if (s->sets.bits != NULL)
		kinds &= kinds_of_shape(SHAPE_ALERT) | told;
	if (s->asks[ASKED_RECEIVER] || s->asks[ASKED_GROUP])
		kinds &= kinds_of_shape(SHAPE_GROUP) | told | reported;
	if (s->asks[ASKED_INTEGRATION])
		kinds &= told | reported;
	if (s->q->outcomes != 0)
		kinds &= told;
	if (s->asks[ASKED_ACTOR])
		kinds &= kinds_of_shape(SHAPE_SILENCE) | kinds_of_shape(SHAPE_PROCESS) | reported;
	return kinds;
}

static bool
begin(struct search *s, const struct until *u, struct err *e)
{
	const struct past_query *q = &s->q->q;

	for (size_t i = 0; i < q->matchers_n; i++) {
		struct matcher m;

		if (!matcher_parse(q->matchers[i], s->q->mode, NULL, &m, e))
			return false;
		matchers_append(&s->matchers, &m);
	}
	if (q->receiver.n > 0 && (s->receiver = regex_compile(q->receiver, REGEX_ANCHORED, e)) == NULL)
		return false;
	if (!resolve_sets(s->r, s->q, &s->matchers, u, &s->sets, e))
		return false;
	s->asks[ASKED_RECEIVER] = q->receiver.n > 0;
	s->asks[ASKED_INTEGRATION] = q->integration.n > 0;
	s->asks[ASKED_ACTOR] = q->actor.n > 0;
	s->asks[ASKED_GROUP] = q->groups_n > 0;
	s->kinds = possible_kinds(s);
	s->outcomes = s->q->outcomes != 0 ? s->q->outcomes : UINT64_MAX;
	return true;
}

static void
end(struct search *s)
{
	matchers_fini(&s->matchers);
	set_bits_fini(&s->sets);
	regex_free(&s->receiver);
	mem_free(s->words);
	mem_free(s->verdicts);
	VEC_FINI(&s->spots);
	interned_leave();
}

static bool
judge_integration(struct str wanted, struct str word)
{
	return str_eq(word, wanted) || (str_starts(word, wanted) && word.n > wanted.n && word.p[wanted.n] == '[');
}

static bool
judge_group(const struct past_query *q, struct str word)
{
	uint64_t id;

	if (!row_group(word, &id, NULL))
		return false;
	for (size_t i = 0; i < q->groups_n; i++)
		if (q->groups[i] == id)
			return true;
	return false;
}

static bool
judge(const struct search *s, enum asked asked, struct str word)
{
	const struct past_query *q = &s->q->q;

	switch (asked) {
	case ASKED_RECEIVER:
		return regex_match(s->receiver, word);
	case ASKED_INTEGRATION:
		return judge_integration(q->integration, word);
	case ASKED_ACTOR:
		return str_eq(word, q->actor);
	case ASKED_GROUP:
		return judge_group(q, word);
	case ASKED:
		break;
	}
	return false;
}

/* `word` is one of the block's, or empty; each is judged once. */
static bool
is_asked(struct search *s, enum asked asked, struct str word)
{
	size_t low = 0, high = s->words_n;
	unsigned char *verdict;

	if (!s->asks[asked])
		return true;
	if (word.n == 0)
		return false;
	/* They stand one behind the other. */
	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (s->words[middle].p <= word.p)
			low = middle;
		else
			high = middle;
	}
	verdict = &s->verdicts[low * ASKED + asked];
	if (*verdict == 0)
		*verdict = judge(s, asked, word) ? 2 : 1;
	return *verdict == 2;
}

static bool
any_set(const struct search *s, const struct row *row)
{
	if (s->sets.bits == NULL || (row->set != 0 && set_bits_has(&s->sets, row->set)))
		return true;
	for (size_t i = 0; i < row->sets_n; i++)
		if (set_bits_has(&s->sets, row->sets[i]))
			return true;
	return false;
}

static bool
is_wanted(struct search *s, const struct row *row)
{
	return (s->kinds >> row->kind & 1) != 0 && (s->outcomes >> row->outcome & 1) != 0 && row->at >= s->q->from &&
	    row->at < s->q->to && any_set(s, row) && is_asked(s, ASKED_RECEIVER, row->receiver) &&
	    is_asked(s, ASKED_INTEGRATION, row->integration) && is_asked(s, ASKED_ACTOR, row->actor) &&
	    is_asked(s, ASKED_GROUP, row->group);
}

static bool
summary_is_promising(const struct search *s, struct block_view *v)
{
	struct set_reader r = { 0 };

	if ((v->kinds & s->kinds) == 0 || (v->outcomes & s->outcomes) == 0 || v->newest < s->q->from ||
	    v->oldest >= s->q->to)
		return false;
	if (s->sets.bits == NULL)
		return true;
	block_sets(&s->r->source, v);
	while (block_next_set(v->sets, &r))
		if (set_bits_has(&s->sets, r.set))
			return true;
	return false;
}

/* Has the block a string that each condition on strings can be satisfied by? Expressions are not tried on all. */
static bool
words_are_promising(struct search *s)
{
	for (unsigned asked = ASKED_INTEGRATION; asked < ASKED; asked++) {
		bool any = !s->asks[asked];

		for (size_t i = 0; i < s->words_n && !any; i++)
			any = is_asked(s, (enum asked)asked, s->words[i]);
		if (!any)
			return false;
	}
	return true;
}

static bool
receiver_is_promising(struct search *s)
{
	const struct str *v;
	size_t n = s->receiver != NULL ? regex_literals(s->receiver, &v) : 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < s->words_n; k++)
			if (str_eq(v[i], s->words[k]))
				return true;
	return n == 0;
}

/* Notes the events that are wanted. False: the block is damaged. */
static bool
pick(struct search *s, struct row_reader *r)
{
	struct row row;
	int more;

	for (;;) {
		struct spot spot = { r->at, r->time, r->id };

		more = row_reader_next(r, &row);
		if (more != 1 || (s->q->before != 0 && row.id >= s->q->before))
			break;
		if (is_wanted(s, &row))
			VEC_PUSH(&s->spots, spot);
	}
	return more >= 0;
}

static void
show(struct search *s, struct row_reader *r, struct found *f)
{
	struct row row;

	for (size_t i = s->spots.n; i-- > 0 && f->n < f->limit;) {
		r->at = s->spots.v[i].at;
		r->time = s->spots.v[i].time;
		r->id = s->spots.v[i].id;
		if (row_reader_next(r, &row) != 1)
			continue;
		f->show(f->arg, &row);
		f->n++;
		f->next = row.id;
	}
}

static void
look_into(struct search *s, struct block_view *v, struct found *f)
{
	struct row_reader r;

	mem_free(s->words);
	s->words = NULL;
	s->spots.n = 0;
	if (!block_contents(&s->r->source, v) || !block_words(v->words, &s->words, &s->words_n)) {
		f->bad++;
		return;
	}
	mem_free(s->verdicts);
	s->verdicts = mem_calloc(s->words_n * ASKED + 1, 1);
	if (!words_are_promising(s) || !receiver_is_promising(s))
		return;
	row_reader_init(&r, v, s->words, s->words_n);
	if (!pick(s, &r))
		f->bad++;
	show(s, &r, f);
	row_reader_fini(&r);
}

/* Goes on until there is enough, or nothing more, or no time. */
static bool
go_through(struct search *s, const struct until *u, struct found *f, struct err *e)
{
	sqlite3_stmt *blocks = s->r->blocks;
	int code;

	sqlite3_bind_int64(blocks, 1, s->q->before != 0 ? (int64_t)s->q->before : INT64_MAX);
	while ((code = sqlite3_step(blocks)) == SQLITE_ROW) {
		struct block_view v;

		block_summary(blocks, &v);
		if (summary_is_promising(s, &v))
			look_into(s, &v, f);
		if (f->n >= f->limit)
			break;
		f->next = v.first;
		if (until_over(u))
			break;
	}
	if (code == SQLITE_DONE)
		f->next = 0;
	else if (code != SQLITE_ROW)
		past_db_failed(&s->r->db, e);
	sqlite3_reset(blocks);
	return code == SQLITE_DONE || code == SQLITE_ROW;
}

bool
search_run(struct reader *r, const struct question *q, struct clock *clock, struct found *f, struct err *e)
{
	struct search s = { .r = r, .q = q };
	struct until u = { clock, mono_add(clock->now(clock).mono, RESOLVE_MAX) };
	bool ok;

	f->n = 0;
	f->next = 0;
	ok = begin(&s, &u, e);
	u.deadline = mono_add(clock->now(clock).mono, SEARCH_MAX);
	ok = ok && go_through(&s, &u, f, e);
	end(&s);
	return ok;
}
