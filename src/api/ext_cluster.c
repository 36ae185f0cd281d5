/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/ext/v1/cluster: who is there, who is not, and whether they are of one mind. */
#include "ext.h"

static void
put_text(struct json_writer *w, const char *key, struct str s)
{
	if (s.n > 0)
		json_put_str(w, key, s);
	else
		json_put_null(w, key);
}

static void
put_span(struct json_writer *w, const char *key, span s)
{
	if (s >= 0)
		ext_put_seconds(w, key, s);
	else
		json_put_null(w, key);
}

static void
write_member(struct json_writer *w, const struct api_member *m)
{
	json_object_begin(w);
	json_put_str(w, "name", m->name);
	json_put_str(w, "address", m->address);
	json_put_bool(w, "self", m->self);
	json_put_str(w, "state", m->suspected ? STR("suspected") : STR("alive"));
	put_text(w, "version", m->version);
	put_text(w, "config", m->config);
	put_span(w, "ping_seconds", m->ping);
	put_span(w, "heard_seconds", m->heard);
	json_object_end(w);
}

void
api_ext_cluster(struct call *c)
{
	struct api_cluster cluster = { .members_n = 0 };
	struct json_writer w;

	if (!ext_query_known(c, NULL, 0))
		return;
	if (c->api->env.cluster != NULL)
		c->api->env.cluster(c->api->env.arg, c->arena, &cluster);
	ext_reply_begin(c, &w);
	json_object_begin(&w);
	json_put_str(&w, "status", cluster_status(c->api, &cluster));
	put_text(&w, "name", cluster.name);
	json_put_uint(&w, "position", cluster.position);
	ext_put_seconds(&w, "wait_seconds", cluster.wait);
	json_put_uint(&w, "expected", cluster.expected);
	json_put_bool(&w, "split", cluster.split);
	json_put_uint(&w, "differing", cluster.differing);
	json_put_uint(&w, "queued", cluster.queued);
	json_put_uint(&w, "merging_bytes", cluster.merging);
	json_key(&w, STR("members"));
	json_array_begin(&w);
	for (size_t i = 0; i < cluster.members_n; i++)
		write_member(&w, &cluster.members[i]);
	json_array_end(&w);
	json_key(&w, STR("missing"));
	json_array_begin(&w);
	for (size_t i = 0; i < cluster.missing_n; i++)
		json_str(&w, cluster.missing[i]);
	json_array_end(&w);
	json_object_end(&w);
	ext_reply_end(c);
}
