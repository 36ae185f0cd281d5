/* SPDX-License-Identifier: Apache-2.0 */
#include "mail_wire.h"

#include <string.h>

#include "config/http_config.h"

static size_t
begin(struct sbuf *b, enum frame_kind kind)
{
	char head[FRAME_HEAD] = { 0 };

	head[4] = (char)kind;
	sbuf_put(b, head, sizeof(head));
	return b->n;
}

static void
end_with(struct sbuf *b, size_t from, size_t to_come)
{
	uint32_t n = (uint32_t)(b->n - from + to_come);

	if (!b->overflow)
		memcpy(b->p + from - FRAME_HEAD, &n, sizeof(n));
}

static void
end(struct sbuf *b, size_t from)
{
	end_with(b, from, 0);
}

static void
put_int(struct sbuf *b, int64_t v)
{
	sbuf_put(b, &v, sizeof(v));
}

static void
put_str(struct sbuf *b, struct str s)
{
	put_int(b, (int64_t)s.n);
	sbuf_str(b, s);
	/* So that slices of the frame can be used as C strings. */
	sbuf_putc(b, '\0');
}

static void
put_tls(struct sbuf *b, const struct tls_config *t)
{
	const struct str strings[] = { t->ca, t->ca_file, t->cert, t->cert_file, t->key, t->key_file, t->server_name,
		t->min_version, t->max_version };

	for (size_t i = 0; i < ARRAY_LEN(strings); i++)
		put_str(b, strings[i]);
	put_int(b, t->insecure_skip_verify);
}

void
mail_wire_session(struct sbuf *b, const struct mail_request *r)
{
	const struct str strings[] = { r->smarthost.host, r->smarthost.port, r->hello, r->username, r->password, r->secret,
		r->identity };

	for (size_t i = 0; i < ARRAY_LEN(strings); i++)
		put_str(b, strings[i]);
	put_int(b, r->require_tls);
	put_int(b, r->implicit_tls);
	put_int(b, r->auth_optional);
	put_int(b, r->tls != NULL);
	if (r->tls != NULL)
		put_tls(b, r->tls);
}

void
mail_wire_job(struct sbuf *b, const struct mail_request *r, span time)
{
	size_t from = begin(b, FRAME_JOB);

	put_int(b, time);
	put_int(b, r->gate != NULL);
	mail_wire_session(b, r);
	put_str(b, r->from);
	put_int(b, (int64_t)r->to_n);
	for (size_t i = 0; i < r->to_n; i++)
		put_str(b, r->to[i]);
	put_int(b, (int64_t)r->message.n);
	end_with(b, from, r->message.n + 1);
}

void
mail_wire_word(struct sbuf *b, enum frame_kind kind)
{
	end(b, begin(b, kind));
}

void
mail_wire_result(struct sbuf *b, const struct mail_result *r)
{
	size_t from = begin(b, FRAME_RESULT);

	put_int(b, r->ok);
	put_int(b, r->next);
	put_str(b, r->error);
	put_int(b, r->code);
	put_int(b, r->begun);
	put_int(b, r->auth_refused);
	put_int(b, (int64_t)r->codes_n);
	for (size_t i = 0; i < r->codes_n; i++)
		put_int(b, r->codes[i]);
	end(b, from);
}

bool
mail_wire_head(struct str bytes, enum frame_kind *kind, size_t *length, bool *bad)
{
	uint32_t n;

	*bad = false;
	if (bytes.n < FRAME_HEAD)
		return false;
	memcpy(&n, bytes.p, sizeof(n));
	*bad = n > FRAME_MAX || (unsigned char)bytes.p[4] >= FRAMES;
	*kind = (enum frame_kind)bytes.p[4];
	*length = n;
	return !*bad;
}

static bool
get_int(struct str *s, int64_t *v)
{
	if (s->n < sizeof(*v))
		return false;
	memcpy(v, s->p, sizeof(*v));
	*s = str_sub(*s, sizeof(*v), s->n);
	return true;
}

static bool
get_bool(struct str *s, bool *v)
{
	int64_t i;

	if (!get_int(s, &i))
		return false;
	*v = i != 0;
	return true;
}

static bool
get_str(struct str *s, struct str *out)
{
	int64_t n;

	if (!get_int(s, &n) || n < 0 || (uint64_t)n >= s->n)
		return false;
	*out = str_sub(*s, 0, (size_t)n);
	*s = str_sub(*s, (size_t)n + 1, s->n);
	return true;
}

/* How many of something that takes at least 8 bytes each follow. */
static bool
get_count(struct str *s, size_t *out)
{
	int64_t n;

	if (!get_int(s, &n) || n < 0 || (uint64_t)n > s->n / 8)
		return false;
	*out = (size_t)n;
	return true;
}

static bool
get_tls(struct str *s, struct arena *a, const struct tls_config **out)
{
	struct tls_config *t = ARENA_NEW(a, struct tls_config);
	struct str *const strings[] = { &t->ca, &t->ca_file, &t->cert, &t->cert_file, &t->key, &t->key_file,
		&t->server_name, &t->min_version, &t->max_version };

	for (size_t i = 0; i < ARRAY_LEN(strings); i++)
		if (!get_str(s, strings[i]))
			return false;
	*out = t;
	return get_bool(s, &t->insecure_skip_verify);
}

static bool
get_session(struct str *s, struct arena *a, struct mail_request *r)
{
	struct str *const strings[] = { &r->smarthost.host, &r->smarthost.port, &r->hello, &r->username, &r->password,
		&r->secret, &r->identity };
	bool tls;

	for (size_t i = 0; i < ARRAY_LEN(strings); i++)
		if (!get_str(s, strings[i]))
			return false;
	return get_bool(s, &r->require_tls) && get_bool(s, &r->implicit_tls) && get_bool(s, &r->auth_optional) && get_bool(s, &tls) &&
	    (!tls || get_tls(s, a, &r->tls));
}

bool
mail_wire_read_job(struct str s, struct arena *a, struct mail_job *out)
{
	struct mail_request *r = &out->r;

	*out = (struct mail_job){ 0 };
	if (!get_int(&s, &out->time) || !get_bool(&s, &out->gated) || !get_session(&s, a, r) || !get_str(&s, &r->from) ||
	    !get_count(&s, &r->to_n))
		return false;
	r->to = ARENA_ARRAY(a, r->to_n, struct str);
	for (size_t i = 0; i < r->to_n; i++)
		if (!get_str(&s, &r->to[i]))
			return false;
	return get_str(&s, &r->message) && s.n == 0;
}

bool
mail_wire_read_result(struct str s, struct arena *a, struct mail_result *out)
{
	int64_t n, next;
	int *codes;

	*out = (struct mail_result){ 0 };
	if (!get_bool(&s, &out->ok) || !get_int(&s, &next) || next < WORKER_FREE || next > WORKER_ENDS ||
	    !get_str(&s, &out->error) || !get_int(&s, &n) || !get_bool(&s, &out->begun) || !get_bool(&s, &out->auth_refused) ||
	    !get_count(&s, &out->codes_n))
		return false;
	out->next = (enum worker_next)next;
	out->code = (int)n;
	codes = ARENA_ARRAY(a, out->codes_n, int);
	for (size_t i = 0; i < out->codes_n; i++) {
		if (!get_int(&s, &n))
			return false;
		codes[i] = (int)n;
	}
	out->codes = codes;
	return s.n == 0;
}
