/* SPDX-License-Identifier: Apache-2.0 */
#include "codec_unknown.h"

#include "codec_extra.h"

bool
codec_is_left_behind(const struct proto_field *f)
{
	return f->number >= ENTRY_DOUBTFUL && f->number <= ENTRY_DOUBTED;
}

/* 7: comments of snapshots from before 8 and 9, which take their place. */
bool
codec_knows_of_silence(const struct proto_field *f)
{
	return f->type == 2 &&
	    ((f->number >= 1 && f->number <= 5) || (f->number >= 7 && f->number <= 11) || f->number == SILENCE_EXTRA);
}

bool
codec_knows_of_entry(const struct proto_field *f)
{
	if (f->number == 6 || f->number == 7 || codec_is_left_behind(f))
		return true;
	return f->type == 2 && (f->number == 1 || f->number == 2 || f->number == 5 || f->number == 8);
}

bool
codec_knows_around(const struct proto_field *f)
{
	return f->type == 2 && (f->number == 1 || f->number == 2);
}

/* As an extension of its own: readers make one of all that there are. */
static void
put_unknown_of_extra(struct sbuf *b, struct str extra)
{
	struct sbuf in = SBUF_INIT(SBUF_UNLIMITED);

	codec_unknown(&in, extra, codec_knows_of_extra);
	if (in.n > 0)
		proto_bytes(b, SILENCE_EXTRA, sbuf_get(&in));
	sbuf_fini(&in);
}

void
codec_unknown(struct sbuf *b, struct str message, bool (*known)(const struct proto_field *f))
{
	struct proto_reader r = { .rest = message };
	struct proto_field f;

	while (proto_next(&r, &f))
		if (!known(&f))
			sbuf_str(b, f.raw);
		else if (known == codec_knows_of_silence && f.number == SILENCE_EXTRA)
			put_unknown_of_extra(b, f.bytes);
}

const struct unknown_fields *
codec_unknown_of_entry(struct str entry, struct str around, struct arena *a)
{
	struct sbuf in = SBUF_INIT(SBUF_UNLIMITED), out = SBUF_INIT(SBUF_UNLIMITED);
	struct unknown_fields *u = NULL;

	codec_unknown(&in, entry, codec_knows_of_entry);
	codec_unknown(&out, around, codec_knows_around);
	if (in.n + out.n > 0) {
		u = ARENA_ARRAY(a, 1, struct unknown_fields);
		*u = (struct unknown_fields){ arena_str(a, sbuf_get(&in)), arena_str(a, sbuf_get(&out)) };
	}
	sbuf_fini(&in);
	sbuf_fini(&out);
	return u;
}
