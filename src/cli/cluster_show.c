/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin cluster show */
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"

static int
by_address(const void *a, const void *b)
{
	const struct json *const *x = a, *const *y = b;

	return str_cmp(json_get_str(*x, "address", STR("")), json_get_str(*y, "address", STR("")));
}

static void
print_peers(struct cli *c, const struct json *peers)
{
	static const struct cli_column columns[] = { { "Address", "address", NULL }, { "Name", "name", NULL } };
	const struct json **sorted = ARENA_ARRAY(c->arena, peers->n, const struct json *);

	for (size_t i = 0; i < peers->n; i++)
		sorted[i] = &peers->v[i];
	if (peers->n > 1)
		qsort(sorted, peers->n, sizeof(sorted[0]), by_address);
	cli_print_table(c, columns, ARRAY_LEN(columns), sorted, peers->n);
}

static void
print_members(struct cli *c, const struct json *members)
{
	static const struct cli_column columns[] = { { "Address", "address", NULL }, { "Name", "name", NULL },
		{ "State", "state", NULL }, { "Version", "version", NULL }, { "Config", "config", NULL },
		{ "Ping", "ping_seconds", NULL }, { "Heard", "heard_seconds", NULL } };
	const struct json **all = ARENA_ARRAY(c->arena, members->n, const struct json *);

	for (size_t i = 0; i < members->n; i++)
		all[i] = &members->v[i];
	printf("\n");
	cli_print_table(c, columns, ARRAY_LEN(columns), all, members->n);
}

static void
print_cluster(struct cli *c, const struct json *cluster)
{
	const struct json *members = json_get(cluster, "members"), *missing = json_get(cluster, "missing");

	printf("Cluster Status:  %.*s\nNode Name:       %.*s\n", STR_ARG(json_get_str(cluster, "status", STR(""))),
	    STR_ARG(json_get_str(cluster, "name", STR(""))));
	if (members == NULL || members->kind != JSON_ARRAY || members->n == 0)
		return;
	printf("Position:        %lld\nMembers:         %zu of %lld\nWaiting:         %lld changes, %lld bytes\n",
	    (long long)json_get_int(cluster, "position", 0), members->n, (long long)json_get_int(cluster, "expected", 0), (long long)json_get_int(cluster, "queued", 0),
	    (long long)json_get_int(cluster, "merging_bytes", 0));
	if ((long long)json_get_int(cluster, "differing", 0) > 0)
		printf("Differing:       %lld with another configuration\n", (long long)json_get_int(cluster, "differing", 0));
	if (json_get_bool(cluster, "split", false))
		printf("Split:           most members are not there, and they may notify of the same alerts\n");
	for (size_t i = 0; missing != NULL && missing->kind == JSON_ARRAY && i < missing->n; i++)
		printf("Missing:         %.*s\n", STR_ARG(missing->v[i].s));
	if (c->output == CLI_EXTENDED)
		print_members(c, members);
}

static int
run(struct cli *c)
{
	const struct json *status, *cluster, *peers;

	/* Alertmanager has but the other route. */
	if (!cli_is_amtool() && cli_get(c, STR("/api/ext/v1/cluster"), JSON_OBJECT, &cluster)) {
		if (c->output == CLI_JSON)
			cli_print_json(c, cluster);
		else
			print_cluster(c, cluster);
		return 0;
	}
	err_clear(&c->e);
	if (!cli_get(c, STR("/api/v2/status"), JSON_OBJECT, &status))
		return cli_fail(c);
	cluster = json_get(status, "cluster");
	peers = json_get(cluster, "peers");
	if (cluster == NULL) {
		err_set(&c->e, ERR_INVALID, "the server tells nothing of a cluster");
		return cli_fail(c);
	}
	if (c->output == CLI_JSON) {
		cli_print_json(c, cluster);
		return 0;
	}
	printf("Cluster Status:  %.*s\nNode Name:       %.*s\n", STR_ARG(json_get_str(cluster, "status", STR(""))),
	    STR_ARG(json_get_str(cluster, "name", STR(""))));
	if (c->output == CLI_EXTENDED && peers != NULL && peers->kind == JSON_ARRAY) {
		printf("\n");
		print_peers(c, peers);
	}
	return 0;
}

const struct cli_command command_cluster_show = {
	.group = "cluster",
	.name = "show",
	.run = run,
	.args = "",
	.first = true,
	.help = "Show the state of the cluster and its members.",
	.examples = "  tocsin cluster show -o extended\n",
};
