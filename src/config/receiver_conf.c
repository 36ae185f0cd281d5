/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `receivers`: the kinds are whatever the caller knows (config_env.kinds); each
 * brings its table and its checks.
 */
#include <assert.h>
#include <string.h>

#include "conf.h"

#define KINDS_MAX 61

struct receiver_keys {
	struct str name;
	struct str_pairs labels;
	struct str on_unknown;
	const struct yaml_node *lists[KINDS_MAX];
};

const struct field receiver_fields[] = {
	STRING_FIELD(struct receiver_keys, name, .doc = "Its name."),
	PAIRS_FIELD(struct receiver_keys, labels, .doc = "Labels to find it by."),
	STRING_FIELD(struct receiver_keys, on_unknown, .fallback = "resend", .flags = F_EXTENSION,
	    .doc = "In a cluster with etcd, when nobody knows whether it was told: resend or hold."),
	{ 0 },
};

#define OWN_KEYS (ARRAY_LEN(receiver_fields) - 1)

/* name, labels, on_unknown, and one row a kind: slack_configs … */
static struct field *
receiver_table(struct reading *r, size_t *kinds_n)
{
	size_t n = 0;
	struct field *table;

	while (r->env->kinds[n] != NULL)
		n++;
	assert(n <= KINDS_MAX);
	table = ARENA_ARRAY(r->arena, n + OWN_KEYS + 1, struct field);
	memcpy(table, receiver_fields, OWN_KEYS * sizeof(table[0]));
	for (size_t i = 0; i < n; i++) {
		table[OWN_KEYS + i] = (struct field){
			.key = arena_printf(r->arena, "%s_configs", r->env->kinds[i]->name).p,
			.type = FIELD_ANY,
			.flags = F_RAW,
			.offset = offsetof(struct receiver_keys, lists) + i * sizeof(const struct yaml_node *),
		};
	}
	*kinds_n = n;
	return table;
}

static bool
integration_read(struct reading *r, const struct integration_kind *kind, const struct yaml_node *n,
    const struct at *at, struct integration *out)
{
	struct integration_common *common;
	struct err e = { 0 };

	if (node_is_null(n)) {
		if (kind->null_error != NULL)
			return reading_problem(r, n, at, "%s", kind->null_error);
		return reading_problem(r, n, at, "missing %s config", kind->name);
	}
	out->kind = kind;
	out->settings = arena_alloc(r->arena, kind->settings_size);
	out->node = n;
	out->line = n->line;
	out->col = n->col;
	fields_defaults(r, kind->fields, out->settings);
	if (!fields_read(r, n, at, kind->fields, out->settings, NULL))
		return false;
	common = out->settings;
	common->http_config_local = common->http_config != NULL;
	if (kind->check != NULL && !kind->check(out->settings, r->arena, &e))
		return reading_problem(r, n, at, "%s", e.text);
	return true;
}

/* Those of the kind that the receiver has so far. */
static size_t
count_kind(const struct receiver *rc, const struct integration_kind *kind)
{
	size_t n = 0;

	for (size_t i = 0; i < rc->n; i++)
		n += rc->integrations[i].kind == kind;
	return n;
}

/* Behind those that the receiver has; each kind counts on. */
static void
integrations_read(struct reading *r, const struct receiver_keys *k, size_t kinds_n, const struct at *at,
    struct receiver *out)
{
	size_t total = 0;

	for (size_t i = 0; i < kinds_n; i++) {
		if (k->lists[i] != NULL && k->lists[i]->kind == YAML_SEQ)
			total += k->lists[i]->n;
	}
	out->integrations = arena_grow(r->arena, out->integrations, out->n, out->n + total, sizeof(out->integrations[0]));
	for (size_t i = 0; i < kinds_n; i++) {
		const struct integration_kind *kind = r->env->kinds[i];
		struct str key = arena_printf(r->arena, "%s_configs", kind->name);
		const struct yaml_node *list = k->lists[i];
		size_t before = count_kind(out, kind);

		if (list == NULL)
			continue;
		if (list->kind != YAML_SEQ) {
			reading_type_problem(r, list, AT_KEY(at, key), false, "[]*config.plain",
			    "a list is wanted here");
			continue;
		}
		for (size_t j = 0; j < list->n; j++) {
			struct integration *in = &out->integrations[out->n];

			*in = (struct integration){ .path = r->path };
			if (!integration_read(r, kind, list->items[j], AT_INDEX(AT_KEY(at, key), j), in))
				continue;
			in->index = before + j;
			in->ordinal = out->n++;
		}
	}
}

/* The user's labels and `name`, which is always there. */
static void
labels_make(struct reading *r, const struct yaml_node *n, const struct at *at, const struct receiver_keys *k,
    struct receiver *out)
{
	struct label_pair *pairs = ARENA_ARRAY(r->arena, k->labels.n + 1, struct label_pair);

	labels_unref(out->labels);
	for (size_t i = 0; i < k->labels.n; i++) {
		const struct str_pair *p = &k->labels.v[i];

		pairs[i] = (struct label_pair){ p->key, p->value };
		if (str_is(p->key, "name") && !str_eq(p->value, k->name))
			reading_problem(r, n, AT_KEY(at, STR("labels")), "receiver label \"name\" must match receiver "
			    "name \"%.*s\", got \"%.*s\"", STR_ARG(k->name), STR_ARG(p->value));
	}
	pairs[k->labels.n] = (struct label_pair){ STR("name"), k->name };
	out->labels = labels_new(pairs, k->labels.n + 1);
}

static bool
on_unknown_read(struct str s, enum on_unknown *out)
{
	*out = str_is(s, "hold") ? ON_UNKNOWN_HOLD : ON_UNKNOWN_RESEND;
	return str_is(s, "hold") || str_is(s, "resend") || s.n == 0;
}

/* One that is new, at its place in the list of the file. */
static struct receiver *
begin_receiver(struct loading *l, const struct yaml_node *node, size_t position)
{
	struct reading *r = &l->r;
	struct config *c = l->c;
	struct receiver *out = &c->receivers[c->receivers_n];

	*out = (struct receiver){ .index = c->receivers_n, .path = r->path, .line = node->line, .col = node->col,
		.extra = l->parts[r->part].extra };
	l->receivers[c->receivers_n++] = (struct receiver_conf){ .part = r->part, .position = position };
	return out;
}

/* Receivers that an extra file's of the same name add to; `there`: the names of those before it. NULL: none, or a problem. */
static struct receiver *
begin_addition(struct loading *l, const struct names *there, struct str name, size_t position)
{
	struct receiver_conf *conf;
	size_t i;

	if (name.n == 0 || !names_find(there, name, &i))
		return NULL;
	conf = &l->receivers[i];
	/* The second one of this file is a receiver of its own, whose name is taken. */
	if (conf->added_part != 0)
		return NULL;
	conf->added_part = l->r.part;
	conf->added_position = position;
	return &l->c->receivers[i];
}

static void
receiver_read(struct loading *l, const struct yaml_node *node, size_t position, const struct field *table, size_t kinds_n,
    const struct names *there, const struct at *at)
{
	struct reading *r = &l->r;
	struct receiver_keys k = { 0 };
	bool ok = fields_read(r, node, at, table, &k, NULL);
	struct receiver *out = begin_addition(l, there, k.name, position);
	bool added = out != NULL;

	if (!added)
		out = begin_receiver(l, node, position);
	if (ok && k.name.n == 0)
		reading_problem(r, node, at, "missing name in receiver");
	if ((!added || k.on_unknown.n > 0) && ok && !on_unknown_read(k.on_unknown, &out->on_unknown))
		reading_problem(r, node, AT_KEY(at, STR("on_unknown")), "unknown on_unknown \"%.*s\": allowed are resend, hold",
		    STR_ARG(k.on_unknown));
	out->name = k.name;
	integrations_read(r, &k, kinds_n, at, out);
	if (!added)
		l->receivers[out->index].own_n = out->n;
	if (!added || k.labels.n > 0)
		labels_make(r, node, at, &k, out);
}

bool
receivers_read(struct loading *l, const struct yaml_node *n, const struct at *at)
{
	struct reading *r = &l->r;
	struct config *c = l->c;
	struct names there = { 0 };
	size_t before = r->problems_n, old = c->receivers_n, kinds_n;
	const struct field *table = receiver_table(r, &kinds_n);

	if (n->kind != YAML_SEQ)
		return reading_type_problem(r, n, at, false, "[]config.Receiver", "a list is wanted here");
	c->receivers = list_room(r->arena, c->receivers, old, n->n, sizeof(c->receivers[0]));
	l->receivers = list_room(r->arena, l->receivers, old, n->n, sizeof(l->receivers[0]));
	for (size_t i = 0; l->parts[r->part].extra && i < old; i++)
		(void)names_add(&there, r->arena, c->receivers[i].name, i);
	for (size_t i = 0; i < n->n; i++) {
		/* COMPAT: the original makes a receiver without a name of a null. */
		if (node_is_null(n->items[i]))
			reading_problem(r, n->items[i], AT_INDEX(at, i), "missing name in receiver");
		else
			receiver_read(l, n->items[i], i, table, kinds_n, &there, AT_INDEX(at, i));
	}
	names_fini(&there);
	return r->problems_n == before;
}
