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

static int
run(struct cli *c)
{
	const struct json *status, *cluster, *peers;

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
