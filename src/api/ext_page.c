/* SPDX-License-Identifier: Apache-2.0 */
#include "ext_page.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "text/base64.h"
#include "text/csv.h"
#include "watch.h"

/* To keep one, and to write one beside its bytes. */
#define KEEP_UNITS 30
#define ITEM_UNITS 100
/* Writing so many bytes costs a unit. */
#define BYTES_PER_UNIT 2

/* The parts of a cursor, before base64; the text follows. Only this process reads it, so it has its byte order. */
struct cursor {
	uint64_t process, query, id, id2;
	int64_t n;
};

static uint64_t
this_process(void)
{
	return hash_seeded("page", 4);
}

/* The hash of all that chooses items and their order. */
static uint64_t
query_hash(const struct call *c)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	uint64_t hash;

	sbuf_str(&b, c->req->path);
	for (size_t i = 0; i < c->query.n; i++) {
		const struct url_param *p = &c->query.v[i];

		if (str_is(p->key, "cursor") || str_is(p->key, "limit"))
			continue;
		sbuf_printf(&b, "%zu:%.*s%zu:%.*s", p->key.n, STR_ARG(p->key), p->value.n, STR_ARG(p->value));
	}
	hash = hash_seeded(sbuf_get(&b).p, b.n);
	sbuf_fini(&b);
	return hash;
}

static int
compare(const struct page_item *a, const struct page_item *b)
{
	size_t text = a->text_n < b->text_n ? a->text_n : b->text_n;
	int d;

	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	d = memcmp(a->text, b->text, text);
	if (d != 0)
		return d;
	if (a->text_n != b->text_n)
		return a->text_n < b->text_n ? -1 : 1;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return a->id2 < b->id2 ? -1 : a->id2 > b->id2;
}

static int
compare_qsort(const void *a, const void *b)
{
	return compare(a, b);
}

static void
set_text(struct page_item *item, struct str text)
{
	item->text_n = (uint8_t)(text.n < PAGE_TEXT_MAX ? text.n : PAGE_TEXT_MAX);
	memcpy(item->text, text.p != NULL ? text.p : "", item->text_n);
}

static void
put_cursor(struct json_writer *w, uint64_t query, const struct page_item *item)
{
	struct cursor c = { this_process(), query, item->id, item->id2, item->n };
	struct sbuf raw = SBUF_INIT(SBUF_UNLIMITED), text = SBUF_INIT(SBUF_UNLIMITED);

	sbuf_put(&raw, &c, sizeof(c));
	sbuf_put(&raw, item->text, item->text_n);
	base64_encode(&text, sbuf_get(&raw), BASE64_URL);
	json_put_str(w, "next", sbuf_get(&text));
	sbuf_fini(&raw);
	sbuf_fini(&text);
}

static bool
bad_cursor(struct call *c)
{
	ext_error_at(c, 400, "bad_cursor", STR("this is no cursor of this query; begin without one"), "cursor", -1);
	return false;
}

/* The position that a cursor names. */
static bool
read_cursor(struct page *p, struct call *c)
{
	struct str text = ext_query_str(c, "cursor");
	struct sbuf raw = SBUF_INIT(sizeof(struct cursor) + PAGE_TEXT_MAX);
	struct cursor k;
	bool ok;

	if (text.n == 0)
		return true;
	ok = text.n <= 2 * (sizeof(struct cursor) + PAGE_TEXT_MAX) && base64_decode(&raw, text, BASE64_URL) &&
	    raw.n >= sizeof(k) && raw.n <= sizeof(k) + PAGE_TEXT_MAX;
	if (ok) {
		memcpy(&k, sbuf_get(&raw).p, sizeof(k));
		p->after = (struct page_item){ .n = k.n, .id = k.id, .id2 = k.id2 };
		set_text(&p->after, str_sub(sbuf_get(&raw), sizeof(k), raw.n));
		p->has_after = true;
	}
	sbuf_fini(&raw);
	if (!ok)
		return bad_cursor(c);
	if (k.process != this_process()) {
		ext_error_at(c, 410, "cursor_expired", STR("the router was started anew since; begin without a cursor"), "cursor",
		    -1);
		return false;
	}
	return k.query == p->query || bad_cursor(c);
}

/* Items that are sorted at a time for a file, in a millisecond or two. */
#define CHUNK 4000

/* A page has a limit, as all lists; a file has one only if it is given. */
static bool
read_format(struct page *p, struct call *c)
{
	static const char *const words[] = { "json", "csv", NULL };
	uint64_t limit = 0;
	size_t word = 0;

	if (p->kind->file == NULL || ext_query_str(c, "format").n == 0)
		return ext_query_limit(c, &p->limit);
	if (!ext_query_word(c, "format", words, &word) || !ext_query_uint(c, "limit", UINT32_MAX, &limit))
		return false;
	p->format = word == 0 ? PAGE_FILE : PAGE_CSV;
	p->left = limit > 0 ? (size_t)limit : SIZE_MAX;
	p->limit = p->left < CHUNK ? p->left : CHUNK;
	return true;
}

static uint64_t
revision_of(const struct page *p)
{
	struct revision r;

	(void)watch_is_current(p->api->watch, p->now, &r);
	switch (p->kind->of) {
	case PAGE_OF_SILENCES:
		return r.silences;
	case PAGE_OF_CONFIG:
		return r.config;
	case PAGE_OF_ALERTS:
		break;
	}
	return r.alerts;
}

bool
page_init(struct page *p, struct call *c, const struct page_kind *kind)
{
	p->kind = kind;
	p->api = c->api;
	p->now = c->now;
	p->query = query_hash(c);
	p->revision = revision_of(p);
	return read_format(p, c) && read_cursor(p, c);
}

static void
swap(struct page_item *a, struct page_item *b)
{
	struct page_item x = *a;

	*a = *b;
	*b = x;
}

static void
sift_up(struct page *p, size_t i)
{
	while (i > 0 && compare(&p->heap[(i - 1) / 2], &p->heap[i]) < 0) {
		swap(&p->heap[(i - 1) / 2], &p->heap[i]);
		i = (i - 1) / 2;
	}
}

static void
sift_down(struct page *p)
{
	for (size_t i = 0, child; (child = 2 * i + 1) < p->n; i = child) {
		if (child + 1 < p->n && compare(&p->heap[child], &p->heap[child + 1]) < 0)
			child++;
		if (compare(&p->heap[i], &p->heap[child]) >= 0)
			return;
		swap(&p->heap[i], &p->heap[child]);
	}
}

static struct page_item
item_of(const struct page_key *key)
{
	struct page_item item = { .n = key->n, .id = key->id, .id2 = key->id2 };

	set_text(&item, key->text);
	return item;
}

static bool
is_wanted(const struct page *p, const struct page_item *item)
{
	if (p->has_after && compare(item, &p->after) <= 0)
		return false;
	return p->n < p->limit || compare(item, &p->heap[0]) < 0;
}

bool
page_offer(struct page *p, const struct page_key *key, void *what)
{
	struct page_item item = item_of(key);

	p->total++;
	p->behind += !p->has_after || compare(&item, &p->after) > 0;
	if (!is_wanted(p, &item))
		return false;
	item.what = what;
	if (p->n < p->limit) {
		p->heap[p->n++] = item;
		sift_up(p, p->n - 1);
	} else {
		p->kind->drop(p->heap[0].what);
		p->heap[0] = item;
		sift_down(p);
	}
	return true;
}

static void
end_page(struct page *p)
{
	struct json_writer *w = &p->w;

	if (p->format == PAGE_CSV)
		return;
	if (p->kind->single) {
		if (!p->wrote)
			packed_error(&p->body, 404, "not_found", STR("it is not there any more"));
		else
			sbuf_putc(&p->body.plain, '\n');
		return;
	}
	json_array_end(w);
	if (p->format == PAGE_JSON && p->behind > p->n && p->n > 0)
		put_cursor(w, p->query, &p->heap[p->n - 1]);
	else
		json_put_null(w, "next");
	json_put_uint(w, "total", p->total);
	if (p->kind->more != NULL)
		p->kind->more(p);
	json_put_uint(w, "revision", p->revision);
	json_object_end(w);
	sbuf_putc(&p->body.plain, '\n');
}

static void
begin_page(struct page *p)
{
	p->begun = true;
	if (p->format == PAGE_CSV) {
		sbuf_puts(&p->body.plain, p->kind->columns);
		csv_end(&p->body.plain);
		return;
	}
	json_writer_init(&p->w, &p->body.plain, JSON_HTML_ESCAPED);
	if (p->kind->single)
		return;
	json_object_begin(&p->w);
	json_key(&p->w, STR("items"));
	json_array_begin(&p->w);
}

/* Chooses the items; false: w is used up. */
static bool
choose(struct page *p, struct work *w, struct moment now)
{
	if (p->phase == PAGE_WRITE)
		return true;
	if (p->heap == NULL)
		p->heap = mem_calloc(p->limit, sizeof(p->heap[0]));
	if (!p->kind->look(p, w, now))
		return false;
	if (p->n > 1)
		qsort(p->heap, p->n, sizeof(p->heap[0]), compare_qsort);
	for (size_t i = 0; p->kind->keep != NULL && i < p->n; i++)
		p->kind->keep(p->heap[i].what);
	work_spend(w, (int64_t)p->n * KEEP_UNITS);
	p->phase = PAGE_WRITE;
	return true;
}

/* The next chunk of a file, behind the one that was written; false: that was the last. */
static bool
go_on(struct page *p)
{
	if (p->format == PAGE_JSON || p->behind <= p->n || p->n == 0 || p->left <= p->n)
		return false;
	p->left -= p->n;
	p->limit = p->left < CHUNK ? p->left : CHUNK;
	p->after = p->heap[p->n - 1];
	p->has_after = true;
	for (size_t i = 0; i < p->n; i++)
		p->kind->drop(p->heap[i].what);
	p->n = p->at = p->behind = p->total = 0;
	p->phase = PAGE_LOOK;
	if (p->kind->rewind != NULL)
		p->kind->rewind(p);
	return true;
}

static enum http_more
make(struct packed *body, struct work *w, struct moment now, struct err *e)
{
	struct page *p = CONTAINER_OF(body, struct page, body);
	size_t before = body->plain.n;
	bool done;

	(void)e;
	engine_see(p->api->env.engine, now);
	arena_reset(p->scratch);
	if (!choose(p, w, now))
		return HTTP_LATER;
	if (!p->begun)
		begin_page(p);
	if (p->at == p->n) {
		work_spend(w, (int64_t)p->n);
		if (go_on(p))
			return HTTP_MORE;
		end_page(p);
		return HTTP_END;
	}
	done = p->kind->write(p, p->heap[p->at].what, w, now);
	p->at += done;
	p->wrote |= body->plain.n > before;
	work_spend(w, ITEM_UNITS + (int64_t)(body->plain.n - before) / BYTES_PER_UNIT);
	return done ? HTTP_MORE : HTTP_LATER;
}

static void
fini(struct packed *body)
{
	struct page *p = CONTAINER_OF(body, struct page, body);

	for (size_t i = 0; i < p->n; i++)
		p->kind->drop(p->heap[i].what);
	mem_free(p->heap);
	arena_free(&p->scratch);
	p->kind->fini(p);
}

static void
reply_head(const struct page *p, struct call *c)
{
	const char *ending = p->format == PAGE_CSV ? "csv" : "json";

	if (p->format == PAGE_CSV) {
		c->resp->status = 200;
		http_response_header(c->resp, "Content-Type", STR("text/csv; charset=utf-8; header=present"));
	} else {
		ext_reply_later(c);
	}
	if (p->format != PAGE_JSON)
		http_response_header(c->resp, "Content-Disposition",
		    arena_printf(c->arena, "attachment; filename=\"%s.%s\"", p->kind->file, ending));
}

void
page_reply(struct page *p, struct call *c)
{
	if (!p->kind->unsteady && ext_unchanged(c)) {
		p->kind->fini(p);
		mem_free(p);
		return;
	}
	p->scratch = arena_new();
	p->body.make = make;
	p->body.fini = fini;
	reply_head(p, c);
	packed_reply(c, &p->body);
}
