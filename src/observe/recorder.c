/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/recorder.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "config/outputs.h"
#include "loop/timer.h"
#include "loop/workers.h"
#include "recorder_file.h"
#include "recorder_hook.h"
#include "text/expo.h"

#define QUEUE_MAX 8192
/* A posting of many alerts makes more events in one turn of the loop than the queue holds. */
#define WRITINGS_MAX 8

/* Counts of events at one output, by outcome and type; kept when the output goes. */
struct counts {
	char *name;
	uint64_t ok[RECORD_N], failed[RECORD_N], bytes[RECORD_N];
	uint64_t drops;
	bool hook;
};

/* Lines one behind the other, newlines included, and where each ends. */
struct lines {
	struct sbuf text;
	VEC(size_t) ends;
	VEC(unsigned char) types;
};

/* Files of one configuration; while lines are being written they are the worker's. */
struct files {
	struct line_file *v;
	struct counts **counts;	/* of each */
	size_t n;
	unsigned refs;
};

/* One turn of writing, all files. */
struct writing {
	struct job job;
	struct recorder *r;
	struct files *files;
	struct lines lines;
	size_t *written;	/* bytes, by file */
	struct err *errors;	/* of those that got less */
};

struct recorder {
	struct recorder_options o;
	struct log log;
	struct workers *work;
	struct timer soon;
	struct lines queue;
	unsigned writings;	/* under way */
	size_t writing_lines;	/* in them */
	struct files *files;
	VEC(struct hook *) hooks;
	VEC(struct hook *) closing;	/* of configurations before, with events to send */
	VEC(struct counts *) counts;
	uint64_t dropped[RECORD_N];
	bool applied;
	struct event_listener listener;
};

static void
lines_init(struct lines *l)
{
	*l = (struct lines){ .text = SBUF_INIT(SBUF_UNLIMITED) };
}

static void
lines_fini(struct lines *l)
{
	sbuf_fini(&l->text);
	VEC_FINI(&l->ends);
	VEC_FINI(&l->types);
}

static struct counts *
counts_of(struct recorder *r, const char *name, bool hook)
{
	struct counts *c;

	for (size_t i = 0; i < r->counts.n; i++)
		if (strcmp(r->counts.v[i]->name, name) == 0)
			return r->counts.v[i];
	c = NEW(struct counts);
	c->name = mem_strndup(name, strlen(name));
	c->hook = hook;
	VEC_PUSH(&r->counts, c);
	return c;
}

static void
files_unref(struct files *f)
{
	if (f == NULL || --f->refs > 0)
		return;
	for (size_t i = 0; i < f->n; i++)
		line_file_close(&f->v[i]);
	mem_free(f->v);
	mem_free(f->counts);
	mem_free(f);
}

/* Worker thread. */
static void
write_lines(struct job *j)
{
	struct writing *w = CONTAINER_OF(j, struct writing, job);

	for (size_t i = 0; i < w->files->n; i++)
		w->written[i] = line_file_write(&w->files->v[i], sbuf_get(&w->lines.text), &w->errors[i]);
}

static void
count_written(struct writing *w, size_t file)
{
	struct counts *c = w->files->counts[file];
	size_t from = 0;

	for (size_t i = 0; i < w->lines.ends.n; i++) {
		size_t end = w->lines.ends.v[i];
		enum record_type type = (enum record_type)w->lines.types.v[i];

		if (end <= w->written[file]) {
			c->ok[type]++;
			c->bytes[type] += end - from;
		} else {
			c->failed[type]++;
		}
		from = end;
	}
	if (w->written[file] < w->lines.text.n)
		LOG(&w->r->log, LOG_ERROR, "Failed to write event", F_CSTR("output", c->name),
		    F_ERR(&w->errors[file]));
}

static void
writing_free(struct writing *w)
{
	files_unref(w->files);
	lines_fini(&w->lines);
	mem_free(w->written);
	mem_free(w->errors);
	mem_free(w);
}

static void
kick(struct recorder *r)
{
	if (r->queue.ends.n > 0 && r->writings == 0)
		timer_in(&r->soon, 0);
}

static void
on_written(struct job *j)
{
	struct writing *w = CONTAINER_OF(j, struct writing, job);
	struct recorder *r = w->r;

	for (size_t i = 0; i < w->files->n; i++)
		count_written(w, i);
	r->writings--;
	r->writing_lines -= w->lines.ends.n;
	writing_free(w);
	kick(r);
}

static void
push_to_hook(struct recorder *r, struct hook *h)
{
	struct counts *c = counts_of(r, h->name, true);
	bool dropped = false;
	size_t from = 0;

	for (size_t i = 0; i < r->queue.ends.n; i++) {
		size_t end = r->queue.ends.v[i];
		enum record_type type = (enum record_type)r->queue.types.v[i];
		struct str json = { r->queue.text.p + from, end - 1 - from };

		/* As Alertmanager counts: taken by the output, even if then dropped for want of room. */
		c->ok[type]++;
		c->bytes[type] += json.n;
		from = end;
		if (poster_push(h->poster, json))
			continue;
		c->drops++;
		dropped = true;
	}
	if (dropped)
		LOG(&r->log, LOG_WARN, "Event recorder HTTP output queue full, dropping events", F_CSTR("output", c->name),
		    F_UINT("dropped", c->drops));
}

static void
forget_closed(struct recorder *r)
{
	for (size_t i = r->closing.n; i-- > 0;)
		if (poster_pending(r->closing.v[i]->poster) == 0) {
			hook_free(&r->closing.v[i]);
			r->closing.v[i] = r->closing.v[--r->closing.n];
		}
}

/* Gives the queue to the outputs. */
static void
hand_over(struct recorder *r)
{
	struct writing *w;

	if (r->writings >= WRITINGS_MAX || r->queue.ends.n == 0)
		return;
	for (size_t i = 0; i < r->hooks.n; i++)
		push_to_hook(r, r->hooks.v[i]);
	if (r->files == NULL || r->files->n == 0) {
		lines_fini(&r->queue);
		lines_init(&r->queue);
		return;
	}
	w = NEW(struct writing);
	w->job = (struct job){ .run = write_lines, .done = on_written };
	w->r = r;
	w->files = r->files;
	w->files->refs++;
	w->lines = r->queue;
	w->written = mem_calloc(w->files->n, sizeof(w->written[0]));
	w->errors = mem_calloc(w->files->n, sizeof(w->errors[0]));
	lines_init(&r->queue);
	if (!workers_submit(r->work, &w->job)) {
		/* Only when it was stopped. */
		writing_free(w);
		return;
	}
	r->writings++;
	r->writing_lines += w->lines.ends.n;
}

static void
on_soon(void *arg)
{
	struct recorder *r = arg;

	forget_closed(r);
	hand_over(r);
}

/* Is there room for one more? */
static bool
admit(struct recorder *r, enum record_type type)
{
	if (r->queue.ends.n >= QUEUE_MAX)
		hand_over(r);
	if (r->queue.ends.n < QUEUE_MAX)
		return true;
	r->dropped[type]++;
	return false;
}

static bool
listens(const struct recorder *r)
{
	return r->hooks.n > 0 || (r->files != NULL && r->files->n > 0);
}

static void
finish_line(struct recorder *r, enum record_type type)
{
	sbuf_putc(&r->queue.text, '\n');
	VEC_PUSH(&r->queue.ends, r->queue.text.n);
	VEC_PUSH(&r->queue.types, (unsigned char)type);
	kick(r);
}

static void
hear(void *arg, const struct event *ev)
{
	struct recorder *r = arg;
	enum record_type type;
	size_t n = event_records(ev, &type);

	for (size_t i = 0; i < n; i++) {
		if (!admit(r, type))
			continue;
		event_json(&r->queue.text, &r->o.env, ev, i);
		finish_line(r, type);
	}
}

struct recorder *
recorder_new(const struct recorder_options *o, struct err *e)
{
	struct recorder *r = NEW(struct recorder);

	r->o = *o;
	r->log = log_with(o->log, F_CSTR("component", "eventrecorder"));
	lines_init(&r->queue);
	r->work = workers_new(o->base, 1, WRITINGS_MAX, "recorder", e);
	if (r->work == NULL) {
		mem_free(r);
		return NULL;
	}
	timer_init(&r->soon, o->base, "event recorder", on_soon, r);
	r->listener = (struct event_listener){ .hear = hear, .arg = r };
	port_listen(o->port, &r->listener);
	return r;
}

static bool
add_file(struct recorder *r, struct files *f, struct str path)
{
	struct sbuf name = SBUF_INIT(SBUF_UNLIMITED);
	struct err e = { 0 };

	if (!line_file_open(&f->v[f->n], path, &e)) {
		LOG(&r->log, LOG_ERROR, "Failed to create file event recorder output", F_STR("path", path), F_ERR(&e));
		return false;
	}
	if (path.n > 0)
		sbuf_printf(&name, "file:%.*s", STR_ARG(path));
	else
		sbuf_puts(&name, "stdout");
	f->counts[f->n++] = counts_of(r, sbuf_cstr(&name), false);
	sbuf_fini(&name);
	return true;
}

/* *all_out: every one could be opened. */
static struct files *
open_files(struct recorder *r, const struct event_recorder *c, bool *all_out)
{
	const struct file_output *paths = c->file_outputs.v;
	struct files *f = NEW(struct files);

	*all_out = true;
	f->refs = 1;
	f->v = mem_calloc(c->file_outputs.n + c->stdout_outputs.n + 1, sizeof(f->v[0]));
	f->counts = mem_calloc(c->file_outputs.n + c->stdout_outputs.n + 1, sizeof(struct counts *));
	for (size_t i = 0; i < c->file_outputs.n; i++)
		*all_out = add_file(r, f, paths[i].path) && *all_out;
	for (size_t i = 0; i < c->stdout_outputs.n; i++)
		*all_out = add_file(r, f, STR("")) && *all_out;
	return f;
}

static void
replace_hooks(struct recorder *r, struct config *c, const struct event_recorder *conf)
{
	const struct webhook_output *v = conf->webhook_outputs.v;

	for (size_t i = 0; i < r->hooks.n; i++) {
		poster_close(r->hooks.v[i]->poster);
		VEC_PUSH(&r->closing, r->hooks.v[i]);
	}
	r->hooks.n = 0;
	for (size_t i = 0; i < conf->webhook_outputs.n; i++) {
		struct hook_options o = {
			.base = r->o.base,
			.clock = r->o.clock,
			.log = &r->log,
			.http = r->o.http,
			.user_agent = r->o.user_agent,
			.config = c,
			.conf = &v[i],
		};

		VEC_PUSH(&r->hooks, hook_new(&o));
	}
}

/* Kafka's protocol is not spoken here: an output that cannot be made, like a file that cannot be opened. */
static void
refuse_kafka(const struct recorder *r, const struct event_recorder *conf)
{
	const struct kafka_output *v = conf->kafka_outputs.v;

	for (size_t i = 0; i < conf->kafka_outputs.n; i++)
		LOG(&r->log, LOG_ERROR, "Failed to create kafka event recorder output", F_STR("topic", v[i].topic),
		    F_CSTR("err", "tocsin does not write to Kafka: use webhook_outputs, or file_outputs and a forwarder"));
}

void
recorder_apply(struct recorder *r, struct config *c)
{
	static const struct event_recorder none;
	const struct event_recorder *conf = c->event_recorder != NULL ? c->event_recorder : &none;
	struct files *f;
	bool all;

	if (r == NULL)
		return;
	/* Events recorded before go to the outputs of their time. */
	hand_over(r);
	f = open_files(r, conf, &all);
	if (r->applied && !all) {
		LOG(&r->log, LOG_ERROR, "Failed to reload event recorder outputs; keeping existing outputs");
		files_unref(f);
		return;
	}
	refuse_kafka(r, conf);
	files_unref(r->files);
	r->files = f;
	replace_hooks(r, c, conf);
	port_listen_for(r->o.port, &r->listener, listens(r) ? events_recorded : 0);
	if (r->applied)
		LOG(&r->log, LOG_INFO, "Event recorder configuration reloaded", F_UINT("outputs", f->n + r->hooks.n));
	r->applied = true;
	kick(r);
}

void
recorder_process(struct recorder *r, enum record_type type, struct wall now)
{
	if (r == NULL || !listens(r) || !admit(r, type))
		return;
	process_json(&r->queue.text, &r->o.env, type, now);
	finish_line(r, type);
}

size_t
recorder_pending(const struct recorder *r)
{
	size_t n;

	if (r == NULL)
		return 0;
	n = r->queue.ends.n + r->writing_lines;
	for (size_t i = 0; i < r->hooks.n; i++)
		n += poster_pending(r->hooks.v[i]->poster);
	for (size_t i = 0; i < r->closing.n; i++)
		n += poster_pending(r->closing.v[i]->poster);
	return n;
}

void
recorder_free(struct recorder **rp)
{
	struct recorder *r = *rp;

	if (r == NULL)
		return;
	port_unlisten(r->o.port, &r->listener);
	hand_over(r);
	workers_stop(&r->work);
	for (size_t i = 0; i < r->hooks.n; i++)
		hook_free(&r->hooks.v[i]);
	for (size_t i = 0; i < r->closing.n; i++)
		hook_free(&r->closing.v[i]);
	VEC_FINI(&r->hooks);
	VEC_FINI(&r->closing);
	files_unref(r->files);
	lines_fini(&r->queue);
	timer_fini(&r->soon);
	for (size_t i = 0; i < r->counts.n; i++) {
		mem_free(r->counts.v[i]->name);
		mem_free(r->counts.v[i]);
	}
	VEC_FINI(&r->counts);
	mem_free(r);
	*rp = NULL;
}

static void
by_type(struct expo *x, const char *name, const char *help, const uint64_t v[RECORD_N])
{
	expo_family(x, name, help, EXPO_COUNTER);
	for (int t = 0; t < RECORD_N; t++) {
		if (v[t] == 0)
			continue;
		expo_label(x, "event_type", str_from(record_type_text((enum record_type)t)));
		expo_value(x, (double)v[t]);
	}
}

static void
by_output(struct expo *x, const struct counts *c, const uint64_t v[RECORD_N], const char *result)
{
	for (int t = 0; t < RECORD_N; t++) {
		if (v[t] == 0)
			continue;
		expo_label(x, "event_type", str_from(record_type_text((enum record_type)t)));
		expo_label(x, "output", str_from(c->name));
		if (result != NULL)
			expo_label(x, "result", str_from(result));
		expo_value(x, (double)v[t]);
	}
}

void
recorder_expose(void *arg, struct expo *x, struct moment now)
{
	static const uint64_t none[RECORD_N];
	const struct recorder *r = arg;

	(void)now;
	expo_family(x, "alertmanager_events_recorded_total", "Events recorded.", EXPO_COUNTER);
	for (size_t i = 0; i < r->counts.n; i++) {
		by_output(x, r->counts.v[i], r->counts.v[i]->ok, "success");
		by_output(x, r->counts.v[i], r->counts.v[i]->failed, "error");
	}
	expo_family(x, "alertmanager_event_recorder_bytes_written_total", "Bytes of events recorded.", EXPO_COUNTER);
	for (size_t i = 0; i < r->counts.n; i++)
		by_output(x, r->counts.v[i], r->counts.v[i]->bytes, NULL);
	by_type(x, "alertmanager_events_dropped_total", "Events dropped because the queue was full.", r->dropped);
	by_type(x, "alertmanager_event_serialize_errors_total", "Events that could not be encoded.", none);
	expo_family(x, "alertmanager_event_output_drops_total", "Events that an output had no room for.", EXPO_COUNTER);
	for (size_t i = 0; i < r->counts.n; i++) {
		if (!r->counts.v[i]->hook)
			continue;
		expo_label(x, "output", str_from(r->counts.v[i]->name));
		expo_value(x, (double)r->counts.v[i]->drops);
	}
	expo_family(x, "alertmanager_event_recorder_queue_length", "Events that wait to be written.", EXPO_GAUGE);
	expo_value(x, (double)r->queue.ends.n);
}
