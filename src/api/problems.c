/* SPDX-License-Identifier: Apache-2.0 */
#include "problems.h"

#include "heartbeats.h"
#include "receiver_stats.h"
#include "text/url.h"

/* Receivers that are named; of more, how many there are. */
#define RECEIVERS_MAX 10
/* Heartbeats likewise. */
#define HEARTBEATS_MAX 10
/* Failing ones that are looked at. */
#define LOOKED_AT_MAX 1000
#define NAME_MAX 100
#define ERROR_MAX 300
/* A history that is behind for so long is not as usual. */
#define LAG_MAX (10 * SPAN_S)

static void
write_problem(struct json_writer *w, const char *code, struct str text, struct str link)
{
	json_object_begin(w);
	json_put_str(w, "code", str_from(code));
	json_put_str(w, "text", text);
	json_put_str(w, "link", link);
	json_object_end(w);
}

static void
write_failing(struct json_writer *w, const struct failing *f)
{
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED), link = SBUF_INIT(SBUF_UNLIMITED);
	struct civil since = wall_civil(f->since);

	sbuf_str(&text, str_sub(f->receiver, 0, NAME_MAX));
	sbuf_printf(&text, ": %.*s, %llu %s since %02d:%02d UTC", STR_ARG(str_sub(f->error, 0, ERROR_MAX)),
	    (unsigned long long)f->failures, f->failures == 1 ? "failure" : "failures", since.hour, since.minute);
	sbuf_puts(&link, "#/receivers/");
	url_path_escape(&link, f->receiver);
	write_problem(w, "receiver_failing", sbuf_get(&text), sbuf_get(&link));
	sbuf_fini(&text);
	sbuf_fini(&link);
}

/* Receivers that the configuration has no more are none of today's problems. */
static void
write_receivers(const struct api *a, struct json_writer *w)
{
	const struct config *c = view_config(a->env.engine);
	struct failing f = { .place = NULL };
	size_t n = 0, looked_at = 0;

	while (n <= RECEIVERS_MAX && looked_at++ < LOOKED_AT_MAX && receiver_stats_failing(a->receiver_stats, &f)) {
		if (c == NULL || config_receiver(c, f.receiver) == NULL)
			continue;
		if (++n <= RECEIVERS_MAX)
			write_failing(w, &f);
		else
			write_problem(w, "receiver_failing", STR("more receivers fail"), STR("#/receivers"));
	}
}

static void
write_missing(struct json_writer *w, const struct heartbeat *b)
{
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);
	struct civil ended = wall_civil(b->ended);

	sbuf_printf(&text, "heartbeat %.*s is missing: no such alert fires", NAME_MAX, b->name);
	if (!wall_is_zero(b->ended))
		sbuf_printf(&text, " since %02d:%02d UTC", ended.hour, ended.minute);
	write_problem(w, "heartbeat_missing", sbuf_get(&text), STR("#/status"));
	sbuf_fini(&text);
}

static void
write_heartbeats(const struct api *a, struct json_writer *w)
{
	const struct heartbeat *b;
	size_t missing = 0;

	for (size_t i = 0; (b = heartbeats_get(a->heartbeats, i)) != NULL; i++)
		if (!b->ok && ++missing <= HEARTBEATS_MAX)
			write_missing(w, b);
	if (missing > HEARTBEATS_MAX)
		write_problem(w, "heartbeat_missing", STR("more heartbeats are missing"), STR("#/status"));
}

static void
write_history(const struct api_env *env, struct json_writer *w, struct moment now)
{
	struct past_health health;
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);

	if (env->past_health == NULL)
		return;
	env->past_health(env->arg, &health, now);
	if (!health.ok)
		write_problem(w, "history_failing", health.problem, STR("#/status"));
	else if (health.lag > LAG_MAX) {
		sbuf_printf(&text, "history is %lld s behind: the disk is slow", (long long)(health.lag / SPAN_S));
		write_problem(w, "history_behind", sbuf_get(&text), STR("#/status"));
	}
	sbuf_fini(&text);
}

void
write_problems(const struct api *a, struct json_writer *w, struct moment now)
{
	struct str why = STR("");
	bool healthy = a->env.healthy == NULL || a->env.healthy(a->env.arg, &why);

	json_key(w, STR("problems"));
	json_array_begin(w);
	if (a->reload_error != NULL)
		write_problem(w, "reload_failed", STR("the configuration was refused; the one before it is in force"), STR("#/status"));
	if (!healthy)
		write_problem(w, "store_failing", why, STR("#/status"));
	else if (why.n > 0)
		write_problem(w, "store_damaged", why, STR("#/status"));
	write_heartbeats(a, w);
	write_receivers(a, w);
	write_history(&a->env, w, now);
	json_array_end(w);
}
