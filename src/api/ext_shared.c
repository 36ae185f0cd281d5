/* SPDX-License-Identifier: Apache-2.0 */
#include "ext_shared.h"

#include "model/label_find.h"

/* Looking for one pair. */
#define PAIR_UNITS 2

static bool
is_among(const struct labels *l, const struct label *pair)
{
	const struct label *found = label_find(l->l, l->n, pair->name);

	/* Equal texts are the same text. */
	return found != NULL && found->value == pair->value;
}

static void
release(struct label *pair)
{
	istr_unref(pair->name);
	istr_unref(pair->value);
}

static size_t
keep_common(struct label *v, size_t n, const struct labels *l, struct work *w)
{
	size_t kept = 0;

	work_spend(w, PAIR_UNITS * (int64_t)(n + l->n));
	for (size_t i = 0; i < n; i++) {
		if (is_among(l, &v[i]))
			v[kept++] = v[i];
		else
			release(&v[i]);
	}
	return kept;
}

static struct label
reference(const struct label *pair)
{
	return (struct label){ istr_ref(pair->name), istr_ref(pair->value) };
}

void
shared_add(struct shared *s, const struct seen *seen, struct work *w)
{
	const struct alert *a = seen->alert;

	if (s->ack == NULL && seen->status.acked_by != NULL)
		s->ack = silence_ref((struct silence *)(uintptr_t)seen->status.acked_by);
	if (s->alerts++ > 0) {
		s->labels.n = keep_common(s->labels.v, s->labels.n, a->labels, w);
		s->annotations.n = keep_common(s->annotations.v, s->annotations.n, a->annotations, w);
		return;
	}
	for (uint32_t i = 0; i < a->labels->n; i++)
		VEC_PUSH(&s->labels, reference(&a->labels->l[i]));
	for (uint32_t i = 0; i < a->annotations->n; i++)
		VEC_PUSH(&s->annotations, reference(&a->annotations->l[i]));
	work_spend(w, PAIR_UNITS * (int64_t)(a->labels->n + a->annotations->n));
}

void
shared_reset(struct shared *s)
{
	for (size_t i = 0; i < s->labels.n; i++)
		release(&s->labels.v[i]);
	for (size_t i = 0; i < s->annotations.n; i++)
		release(&s->annotations.v[i]);
	silence_unref(s->ack);
	s->ack = NULL;
	s->labels.n = s->annotations.n = s->alerts = 0;
}

void
shared_fini(struct shared *s)
{
	shared_reset(s);
	VEC_FINI(&s->labels);
	VEC_FINI(&s->annotations);
}

bool
shared_has_label(const struct shared *s, const struct label *l)
{
	return label_find(s->labels.v, s->labels.n, l->name) != NULL;
}

static void
write_pair(struct json_writer *w, const struct label *pair)
{
	json_key(w, istr_str(pair->name));
	json_str(w, istr_str(pair->value));
}

void
write_shared(struct json_writer *w, const struct shared *s, const struct labels *group)
{
	json_key(w, STR("shared"));
	json_object_begin(w);
	json_key(w, STR("labels"));
	json_object_begin(w);
	for (size_t i = 0; i < s->labels.n; i++)
		if (!is_among(group, &s->labels.v[i]))
			write_pair(w, &s->labels.v[i]);
	json_object_end(w);
	json_key(w, STR("annotations"));
	json_object_begin(w);
	for (size_t i = 0; i < s->annotations.n; i++)
		write_pair(w, &s->annotations.v[i]);
	json_object_end(w);
	json_object_end(w);
}
