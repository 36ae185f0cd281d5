/* SPDX-License-Identifier: Apache-2.0 */
/* Duration and size of responses, by handler, method and status. */
#include <ctype.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/hmap.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "handlers.h"
#include "text/expo.h"

static const double size_bounds[] = { 100, 1000, 10000, 100000, 1e6, 1e7, 1e8 };

#define SIZES ARRAY_LEN(size_bounds)
/*
 * Unknown API paths become labels as they were sent: a stranger must neither
 * fill memory with them nor take the room of the known ones.
 */
#define SERIES_MAX 1000
#define GUESSED_MAX 500

struct series {
	struct hmap_node node;
	char *handler, *method;
	int status;
	struct duration_histogram durations;
	bool with_size;
	uint64_t sizes[SIZES + 1];
	double size_sum;
};

struct http_metrics {
	struct hmap map;
};

struct http_metrics *
http_metrics_new(void)
{
	return NEW(struct http_metrics);
}

void
http_metrics_free(struct http_metrics *m)
{
	HMAP_EACH(&m->map, node) {
		struct series *s = CONTAINER_OF(node, struct series, node);

		mem_free(s->handler);
		mem_free(s->method);
		mem_free(s);
	}
	hmap_fini(&m->map);
	mem_free(m);
}

/* Whether the handler may be no more than what somebody asked for: not found, not allowed, or a preflight. */
static bool
may_be_guessed(int status)
{
	return status == 404 || status == 405 || status == 204;
}

static struct series *
find_series(struct http_metrics *m, struct str handler, struct str method, int status)
{
	/* Without the method: get is the series of GET. */
	uint64_t hash = hash_mix(hash_seeded(handler.p, handler.n), (uint64_t)status);
	struct series *s;

	for (struct hmap_node *n = hmap_first(&m->map, hash); n != NULL; n = hmap_next(n)) {
		s = CONTAINER_OF(n, struct series, node);
		if (s->status == status && str_is(handler, s->handler) && str_caseeq(method, str_from(s->method)))
			return s;
	}
	if (m->map.n >= (may_be_guessed(status) ? GUESSED_MAX : SERIES_MAX))
		return NULL;
	s = NEW(struct series);
	s->handler = mem_strndup(handler.p, handler.n);
	s->method = mem_strndup(method.p, method.n);
	for (char *p = s->method; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	s->status = status;
	hmap_insert(&m->map, &s->node, hash);
	return s;
}

void
http_metrics_observe(struct http_metrics *m, struct str handler, struct str method, int status, size_t size,
    bool with_size, span took)
{
	struct series *s;
	size_t bucket = 0;

	/* A request that no route takes has no handler; long names are somebody's guesses. */
	if (handler.n == 0 || handler.n > 200 || method.n > 16 || !utf8_valid(handler) ||
	    str_chr(handler, '\0') < handler.n)
		return;
	s = find_series(m, handler, method, status);
	if (s == NULL)
		return;
	duration_observe(&s->durations, (double)took / (double)SPAN_S);
	s->with_size = with_size;
	if (with_size) {
		while (bucket < SIZES && (double)size > size_bounds[bucket])
			bucket++;
		s->sizes[bucket]++;
		s->size_sum += (double)size;
	}
}

/* Sizes are by handler and method only: the statuses of one pair are added up. */
static bool
add_sizes(const struct http_metrics *m, const struct series *first, uint64_t sizes[SIZES + 1], double *sum)
{
	*sum = 0;
	for (size_t i = 0; i <= SIZES; i++)
		sizes[i] = 0;
	HMAP_EACH(&m->map, node) {
		const struct series *s = CONTAINER_OF(node, struct series, node);

		if (!s->with_size || strcmp(s->handler, first->handler) != 0 || strcmp(s->method, first->method) != 0)
			continue;
		if (s->status < first->status)
			return false;
		for (size_t i = 0; i <= SIZES; i++)
			sizes[i] += s->sizes[i];
		*sum += s->size_sum;
	}
	return true;
}

void
http_metrics_expose(const struct http_metrics *m, struct expo *x)
{
	expo_family(x, "alertmanager_http_request_duration_seconds", "How long HTTP requests took.", EXPO_HISTOGRAM);
	HMAP_EACH(&m->map, node) {
		const struct series *s = CONTAINER_OF(node, struct series, node);
		char code[16];

		snprintf(code, sizeof(code), "%d", s->status);
		expo_label(x, "code", str_from(code));
		expo_label(x, "handler", str_from(s->handler));
		expo_label(x, "method", str_from(s->method));
		expo_histogram(x, counter_duration_bounds, s->durations.buckets, COUNTER_DURATION_BUCKETS,
		    s->durations.sum);
	}
	expo_family(x, "alertmanager_http_response_size_bytes", "How big HTTP responses were.", EXPO_HISTOGRAM);
	HMAP_EACH(&m->map, other) {
		const struct series *s = CONTAINER_OF(other, struct series, node);
		uint64_t sizes[SIZES + 1];
		double sum;

		if (!s->with_size || !add_sizes(m, s, sizes, &sum))
			continue;
		expo_label(x, "handler", str_from(s->handler));
		expo_label(x, "method", str_from(s->method));
		expo_histogram(x, size_bounds, sizes, SIZES, sum);
	}
}
