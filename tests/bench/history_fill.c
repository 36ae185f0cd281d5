/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fills a history with events, by the writer that the server has: history_fill DIRECTORY EVENTS SETS.
 *
 * The events lie within the last 29 days: alerts of SETS label sets with ten labels each, some much noisier than
 * others, fire and resolve; a third are notifications of one to six alerts, one in fifty of which fails; some are silences.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "base/rand.h"
#include "past_writer.h"

#define DAYS 29
#define AT_ONCE 8000
#define LABELS 10

struct fill {
	struct clock clock;	/* first */
	struct moment now;
	struct rand rand;
	struct labels **sets;
	unsigned char *firing;
	uint64_t sets_n;
};

static struct moment
fill_now(struct clock *c)
{
	return ((struct fill *)c)->now;
}

static struct str
text(char *out, const char *before, uint64_t n, const char *behind)
{
	return (struct str){ out, (size_t)snprintf(out, 64, "%s%llu%s", before, (unsigned long long)n, behind) };
}

static struct labels *
make_set(uint64_t i)
{
	char t[LABELS][64];
	struct label_pair p[LABELS] = {
		{ STR("alertname"), text(t[0], "HostOrServiceIsInTrouble", i % 200, "") },
		{ STR("instance"), text(t[1], "host-", i / 5, ".example.org:9100") },
		{ STR("job"), text(t[2], "job-", i % 50, "") },
		{ STR("cluster"), text(t[3], "cluster-", i % 10, "") },
		{ STR("severity"), i % 20 == 0 ? STR("critical") : i % 3 == 0 ? STR("warning") : STR("info") },
		{ STR("team"), text(t[5], "team-", i % 30, "") },
		{ STR("namespace"), text(t[6], "namespace-", i % 500, "") },
		{ STR("environment"), i % 7 == 0 ? STR("staging") : STR("production") },
		{ STR("prometheus"), text(t[8], "monitoring/prometheus-", i % 6, "") },
		{ STR("device"), text(t[9], "/dev/disk", i % 16, "") },
	};

	return labels_new(p, LABELS);
}

/* A few are noisy. */
static uint64_t
some_set(struct fill *f)
{
	uint64_t below = rand_below(&f->rand, 4) == 0 ? f->sets_n / 100 + 1 : f->sets_n;

	return rand_below(&f->rand, below);
}

static void
add_alert(struct fill *f, struct batch *b)
{
	uint64_t set = some_set(f);
	struct alert a = { .labels = f->sets[set] };
	struct event ev = { EVENT_ALERT_CONDITION, f->now, .alert_condition = { &a, ALERT_FIRES, !f->firing[set], NULL } };

	alert_set_starts(&a, f->now.wall);
	f->firing[set] ^= 1;
	batch_take(b, &ev, STR_NONE, STR_NONE);
}

static void
add_notification(struct fill *f, struct batch *b)
{
	static const struct integration_kind kinds[] = { { .name = "webhook" }, { .name = "slack" }, { .name = "email" } };
	uint64_t first = some_set(f), n = 1 + rand_below(&f->rand, 6);
	char receiver[64], key[128];
	struct receiver r = { .name = text(receiver, "receiver-", first % 40, "") };
	struct route route = { .receiver = &r };
	struct integration integration = { .kind = &kinds[first % 3] };
	struct recipients none = { 0 };
	struct alert alerts[6];
	struct noted_alert noted[6];
	struct event ev = { EVENT_NOTIFIED, f->now, .notified.leg = { .group = { .receiver = r.name, .route = &route },
		.integration = &integration, .reason = REASON_FIRST, .attempts = 1, .alerts = noted, .alerts_n = n,
		.recipients = &none }, .notified.attempt = { 1, 80 * SPAN_MS } };
	struct event_leg leg;

	ev.notified.leg.group.key = (struct str){ key, (size_t)snprintf(key, sizeof(key),
	    "{}/{team=\"team-%d\"}:{alertname=\"HostOrServiceIsInTrouble%d\", cluster=\"cluster-%d\"}", (int)(first % 30),
	    (int)(first % 200), (int)(first % 10)) };
	for (uint64_t i = 0; i < n; i++) {
		alerts[i] = (struct alert){ .labels = f->sets[(first + i * 200) % f->sets_n] };
		noted[i] = (struct noted_alert){ &alerts[i], i % 2 != 0 };
	}
	leg = ev.notified.leg;
	if (rand_below(&f->rand, 50) == 0)
		ev = (struct event){ EVENT_NOTIFY_FAILED, f->now, .notify_failed = { .leg = leg, .attempt = { 1, SPAN_S },
			.error = STR("unexpected status code 500: upstream is not there"), .failure = FAILURE_SERVER_ERROR } };
	batch_take(b, &ev, STR_NONE, STR_NONE);
}

static void
add_silence(struct fill *f, struct batch *b, uint64_t i)
{
	struct silence *s = silence_new();
	struct event ev = { EVENT_SILENCE_CREATED, f->now, .silence_created = { s } };
	char by[64];

	snprintf(s->id, sizeof(s->id), "00000000-0000-4000-8000-%012llu", (unsigned long long)i);
	istr_unref(s->created_by);
	s->created_by = istr_get(text(by, "user-", i % 37, ""));
	s->starts = s->ends = f->now.wall;
	batch_take(b, &ev, STR_NONE, STR_NONE);
	silence_unref(s);
}

static bool
write_some(struct fill *f, struct past_writer *w, struct batch *b)
{
	(void)f;
	w->batch = b;
	past_writer_run(w);
	batch_free(b);
	if (!w->ok)
		fprintf(stderr, "%s\n", w->err.text);
	return w->ok;
}

int
main(int argc, char **argv)
{
	uint64_t events = argc > 2 ? strtoull(argv[2], NULL, 10) : 0, done = 0;
	struct fill f = { .clock = { fill_now }, .sets_n = argc > 3 ? strtoull(argv[3], NULL, 10) : 0 };
	struct past_writer w;
	int64_t begin = (int64_t)time(NULL) - DAYS * 86400;
	struct batch *b;
	clock_t cpu;

	if (events == 0 || f.sets_n == 0) {
		fprintf(stderr, "history_fill DIRECTORY EVENTS SETS\n");
		return 2;
	}
	rand_seed(&f.rand, 1);
	f.sets = mem_calloc(f.sets_n, sizeof(f.sets[0]));
	f.firing = mem_calloc(f.sets_n, 1);
	for (uint64_t i = 0; i < f.sets_n; i++)
		f.sets[i] = make_set(i);
	past_writer_init(&w, argv[1], &f.clock, 400 * 24 * SPAN_HOUR, UINT64_C(1) << 40);
	cpu = clock();
	while (done < events) {
		b = batch_new(f.now.mono);
		while (done < events && b->refs < AT_ONCE) {
			f.now.wall = wall_add((struct wall){ begin, 0, 0 },
			    (span)((double)done / (double)events * DAYS * 86400.0 * (double)SPAN_S));
			if (done % 5000 == 0)
				add_silence(&f, b, done);
			else if (done % 3 == 0)
				add_notification(&f, b);
			else
				add_alert(&f, b);
			done++;
		}
		if (!write_some(&f, &w, b))
			return 1;
	}
	cpu = clock() - cpu;
	b = batch_new(f.now.mono);
	if (!write_some(&f, &w, b))
		return 1;
	printf("{\"events\":%llu,\"bytes\":%llu,\"cpu_us_per_event\":%.2f}\n", (unsigned long long)w.events,
	    (unsigned long long)w.bytes, (double)cpu / CLOCKS_PER_SEC * 1e6 / (double)events);
	past_writer_fini(&w);
	for (uint64_t i = 0; i < f.sets_n; i++)
		labels_unref(f.sets[i]);
	mem_free(f.sets);
	mem_free(f.firing);
	return 0;
}
