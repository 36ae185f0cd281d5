/* SPDX-License-Identifier: Apache-2.0 */
#include "known_head.h"

#include <string.h>

#include "base/arena_fast.h"

#define DIGITS_MAX 18

/* The only one; NULL: there is none, or there are several. */
static const struct http_header *
find_length(const struct http_request *r)
{
	const struct http_header *found = NULL;

	for (size_t i = 0; i < r->headers_n; i++) {
		if (!str_caseeq(r->headers[i].name, STR("Content-Length")))
			continue;
		if (found != NULL)
			return NULL;
		found = &r->headers[i];
	}
	return found;
}

/* As *read of the text at `from` has it, for the text at `to`, in which what stands behind `at` comes by `shift` bytes later. */
static void
move_all(const struct http_request *read, const char *from, const char *to, size_t at, ptrdiff_t shift, struct http_header *headers,
    struct http_request *out)
{
#define MOVED(s) ((struct str){ to + ((s).p - from + ((size_t)((s).p - from) > at ? shift : 0)), (s).n })
	out->method = read->method;
	out->path = MOVED(read->path);
	out->query = read->query.n > 0 ? MOVED(read->query) : STR("");
	for (size_t i = 0; i < read->headers_n; i++)
		headers[i] = (struct http_header){ MOVED(read->headers[i].name), MOVED(read->headers[i].value) };
	out->headers = headers;
	out->headers_n = read->headers_n;
#undef MOVED
}

void
known_head_set(struct known_head *k, struct str head, const struct http_request *read)
{
	const struct http_header *length = find_length(read);

	k->n = 0;
	if (head.n > KNOWN_HEAD_MAX || read->headers_n > KNOWN_HEADERS || length == NULL)
		return;
	memcpy(k->text, head.p, head.n);
	k->n = head.n;
	k->length_at = (size_t)(length->value.p - head.p);
	k->length_n = length->value.n;
	move_all(read, head.p, k->text, head.n, 0, k->headers, &k->read);
}

size_t
known_head_read(const struct known_head *k, struct str text, struct http_request *out, uint64_t *length)
{
	size_t behind = k->n - k->length_at - k->length_n, at = k->length_at, n;
	struct http_header *headers;
	struct str copy;
	uint64_t value = 0;

	if (k->n == 0 || text.n < k->n - k->length_n || memcmp(text.p, k->text, at) != 0)
		return 0;
	for (; at < text.n && text.p[at] >= '0' && text.p[at] <= '9' && at < k->length_at + DIGITS_MAX; at++)
		value = value * 10 + (uint64_t)(text.p[at] - '0');
	n = at - k->length_at;
	if (n == 0 || text.n - at < behind || memcmp(text.p + at, k->text + k->n - behind, behind) != 0)
		return 0;
	headers = arena_raw(out->arena, k->read.headers_n * sizeof(*headers));
	copy = arena_str(out->arena, str_sub(text, 0, at + behind));
	move_all(&k->read, k->text, copy.p, k->length_at, (ptrdiff_t)n - (ptrdiff_t)k->length_n, headers, out);
	for (size_t i = 0; i < out->headers_n; i++)
		if (headers[i].value.p == copy.p + k->length_at)
			headers[i].value.n = n;
	*length = value;
	return copy.n;
}
