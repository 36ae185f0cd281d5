/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <event2/event.h>

#include "lib_rig.h"
#include "loop/clock_real.h"

static void
on_log(void *arg, const char *line, size_t n)
{
	struct rig *r = arg;

	sbuf_put(&r->logged, line, n);
}

void
rig_start(struct rig *r, struct http_server_options o)
{
	struct err e = { 0 };

	memset(r, 0, sizeof(*r));
	r->base = o.base = event_base_new();
	r->logged.max = SBUF_UNLIMITED;
	r->log = (struct log){ .clock = clock_real(), .write = on_log, .arg = r };
	o.log = &r->log;
	if (o.clock == NULL)
		o.clock = clock_real();
	r->server = http_server_new(&o, &e);
	ck_assert_msg(r->server != NULL, "%s", e.text);
	ck_assert_msg(http_server_listen(r->server, STR("127.0.0.1:0"), &e), "%s", e.text);
	r->port = http_server_port(r->server, 0);
	ck_assert_uint_gt(r->port, 0);
	http_server_serve(r->server);
}

void
rig_stop(struct rig *r)
{
	http_server_free(&r->server);
	event_base_free(r->base);
	sbuf_fini(&r->logged);
}
