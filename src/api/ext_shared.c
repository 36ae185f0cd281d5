/* SPDX-License-Identifier: Apache-2.0 */
#include "ext_shared.h"

#include "base/mem.h"
#include "model/label_find.h"

/* Looking for one pair. */
#define PAIR_UNITS 2

static void
begin(struct shared_pairs *p, struct labels *first)
{
	uint32_t n = labels_n(first);

	p->first = labels_ref(first);
	p->n = n;
	p->common = n > 0 ? mem_alloc(n * sizeof(p->common[0])) : NULL;
	for (uint32_t i = 0; i < n; i++)
		p->common[i] = true;
}

static void
end(struct shared_pairs *p)
{
	labels_unref(p->first);
	mem_free(p->common);
	*p = (struct shared_pairs){ 0 };
}

/* Does l have that pair of the first? */
static bool
has_pair(const struct labels *l, const struct shared_pairs *p, uint32_t i)
{
	uint32_t at = label_find(l, labels_name(p->first, i));

	/* Equal texts are the same text. */
	return at < labels_n(l) && labels_value(l, at) == labels_value(p->first, i);
}

static void
keep_common(struct shared_pairs *p, const struct labels *l, struct work *w)
{
	work_spend(w, PAIR_UNITS * ((int64_t)p->n + labels_n(l)));
	for (uint32_t i = 0; i < labels_n(p->first); i++)
		if (p->common[i] && !has_pair(l, p, i)) {
			p->common[i] = false;
			p->n--;
		}
}

void
shared_add(struct shared *s, const struct seen *seen, struct work *w)
{
	const struct alert *a = seen->alert;

	if (s->ack == NULL && seen->status.acked_by != NULL)
		s->ack = silence_ref((struct silence *)(uintptr_t)seen->status.acked_by);
	if (s->alerts++ > 0) {
		keep_common(&s->labels, a->labels, w);
		keep_common(&s->annotations, a->annotations, w);
		return;
	}
	begin(&s->labels, a->labels);
	begin(&s->annotations, a->annotations);
	work_spend(w, PAIR_UNITS * ((int64_t)s->labels.n + s->annotations.n));
}

void
shared_reset(struct shared *s)
{
	end(&s->labels);
	end(&s->annotations);
	silence_unref(s->ack);
	*s = (struct shared){ 0 };
}

bool
shared_has_label(const struct shared *s, const struct istr *name)
{
	uint32_t at = s->labels.n > 0 ? label_find(s->labels.first, name) : 0;

	return s->labels.n > 0 && at < labels_n(s->labels.first) && s->labels.common[at];
}

static void
write_pairs(struct json_writer *w, const struct shared_pairs *p, const struct labels *but)
{
	json_object_begin(w);
	for (uint32_t i = 0; p->n > 0 && i < labels_n(p->first); i++)
		if (p->common[i] && (but == NULL || !has_pair(but, p, i))) {
			json_key(w, istr_str(labels_name(p->first, i)));
			json_str(w, istr_str(labels_value(p->first, i)));
		}
	json_object_end(w);
}

void
write_shared(struct json_writer *w, const struct shared *s, const struct labels *group)
{
	json_key(w, STR("shared"));
	json_object_begin(w);
	json_key(w, STR("labels"));
	write_pairs(w, &s->labels, group);
	json_key(w, STR("annotations"));
	write_pairs(w, &s->annotations, NULL);
	json_object_end(w);
}
