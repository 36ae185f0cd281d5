/* SPDX-License-Identifier: Apache-2.0 */
#include "cutter.h"

static struct sbuf *
target(struct cutter *c)
{
	return c->element_at > 0 ? &c->element : &c->object;
}

static bool
put(struct cutter *c, const char *p, size_t n, struct err *e)
{
	struct sbuf *b = target(c);

	b->max = c->element_at > 0 ? CUTTER_ELEMENT_MAX : CUTTER_OBJECT_MAX;
	sbuf_put(b, p, n);
	return !b->overflow || err_set(e, ERR_LIMIT, "an answer has a part of more than %zu bytes", b->max);
}

/* The rest of a string, as far as it is there. Returns how many bytes that were. */
static size_t
take_string(struct cutter *c, struct str s, bool *ok, struct err *e)
{
	size_t n = 0, room;

	while (n < s.n && (c->escaped || s.p[n] != '"')) {
		c->escaped = !c->escaped && s.p[n] == '\\';
		n++;
	}
	room = CUTTER_STRING_MAX - c->string_n;
	if (n > room) {
		c->cut = true;
		*ok = put(c, s.p, room, e);
		c->string_n += room;
	} else {
		*ok = put(c, s.p, n, e);
		c->string_n += n;
	}
	if (*ok && n < s.n) {
		c->in_string = false;
		*ok = put(c, "\"", 1, e);
		n++;
	}
	return n;
}

static bool
is_blank(char ch)
{
	return ch == ' ' || ch == '\n' || ch == '\r' || ch == '\t';
}

static bool
open_bracket(struct cutter *c, char ch, struct err *e)
{
	if (c->depth == 0 && ch != '{')
		return err_set(e, ERR_INVALID, "an answer is not an object");
	if (++c->depth > CUTTER_DEPTH_MAX)
		return err_set(e, ERR_LIMIT, "an answer nests deeper than %d", CUTTER_DEPTH_MAX);
	if (c->array_at > 0 && c->element_at == 0) {
		if (ch != '{')
			return err_set(e, ERR_INVALID, "an answer has a list of lists");
		c->element_at = c->depth;
		c->cut = false;
	}
	if (!put(c, &ch, 1, e))
		return false;
	if (ch == '[' && c->array_at == 0)
		c->array_at = c->depth;
	return true;
}

static void
hand_over(struct cutter *c, enum cutter_piece what, struct sbuf *b)
{
	c->piece(c->arg, what, sbuf_get(b), c->cut);
	sbuf_reset(b);
	c->cut = false;
	c->nothing = 0;
}

static bool
close_bracket(struct cutter *c, char ch, struct err *e)
{
	if (c->depth == 0)
		return err_set(e, ERR_INVALID, "an answer closes what is not open");
	if (c->depth == c->array_at)
		c->array_at = 0;
	if (!put(c, &ch, 1, e))
		return false;
	if (c->depth == c->element_at) {
		hand_over(c, CUTTER_ELEMENT, &c->element);
		c->element_at = 0;
	}
	if (--c->depth == 0)
		hand_over(c, CUTTER_OBJECT, &c->object);
	return true;
}

static bool
take(struct cutter *c, char ch, struct err *e)
{
	if (is_blank(ch) || (ch == ',' && c->array_at > 0 && c->element_at == 0)) {
		/* Nobody waits for the end of them. */
		return ++c->nothing <= CUTTER_OBJECT_MAX ||
		    err_set(e, ERR_LIMIT, "an answer has more than %zu blanks in a row", CUTTER_OBJECT_MAX);
	}
	if (ch == '{' || ch == '[')
		return open_bracket(c, ch, e);
	if (ch == '}' || ch == ']')
		return close_bracket(c, ch, e);
	if (c->depth == 0)
		return err_set(e, ERR_INVALID, "an answer is not JSON");
	if (c->array_at > 0 && c->element_at == 0)
		return err_set(e, ERR_INVALID, "an answer has a list of something else than objects");
	if (ch == '"') {
		c->in_string = true;
		c->escaped = false;
		c->string_n = 0;
	}
	return put(c, &ch, 1, e);
}

bool
cutter_put(struct cutter *c, struct str piece, struct err *e)
{
	bool ok = true;

	for (size_t i = 0; ok && i < piece.n;)
		if (c->in_string)
			i += take_string(c, str_sub(piece, i, piece.n), &ok, e);
		else
			ok = take(c, piece.p[i++], e);
	return ok;
}

bool
cutter_is_between(const struct cutter *c)
{
	return c->depth == 0;
}

void
cutter_fini(struct cutter *c)
{
	sbuf_fini(&c->object);
	sbuf_fini(&c->element);
}
