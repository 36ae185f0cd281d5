/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/rfc3339.h"
#include "notify/data.h"

/* A notification as they come; %s are times. */
static const char sample[] =
    "{\"receiver\":\"on-call\",\"status\":\"firing\",\"externalURL\":\"http://tocsin.example:9093\","
    "\"notification_reason\":\"first notification\","
    "\"groupLabels\":{\"alertname\":\"DiskFull\"},"
    "\"alerts\":["
    "{\"status\":\"firing\",\"startsAt\":\"%s\","
    "\"labels\":{\"alertname\":\"DiskFull\",\"instance\":\"db1:9100\",\"job\":\"node\",\"severity\":\"critical\"},"
    "\"annotations\":{\"summary\":\"Disk /var of db1 is 97 %% full\",\"runbook_url\":\"https://wiki.example/disk\"},"
    "\"generatorURL\":\"http://prometheus.example:9090/graph\"},"
    "{\"status\":\"resolved\",\"startsAt\":\"%s\",\"endsAt\":\"%s\","
    "\"labels\":{\"alertname\":\"DiskFull\",\"instance\":\"db2:9100\",\"job\":\"node\",\"severity\":\"critical\"},"
    "\"annotations\":{\"summary\":\"Disk /var of db2 is 96 %% full\",\"runbook_url\":\"https://wiki.example/disk\"},"
    "\"generatorURL\":\"http://prometheus.example:9090/graph\"}]}";

struct value
notify_data_sample(struct wall now, struct arena *a)
{
	char starts[RFC3339_MAX], before[RFC3339_MAX], ends[RFC3339_MAX];
	const struct json *j;
	struct value out;

	rfc3339_format(wall_add(now, -5 * SPAN_MIN), starts);
	rfc3339_format(wall_add(now, -10 * SPAN_MIN), before);
	rfc3339_format(wall_add(now, -SPAN_MIN), ends);
	j = json_parse(a, arena_printf(a, sample, starts, before, ends), JSON_DOCUMENT, NULL);
	if (j == NULL || !notify_data_json(j, a, &out, NULL))
		abort();	/* it is of our making */
	return out;
}
