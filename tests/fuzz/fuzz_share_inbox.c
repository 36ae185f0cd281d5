/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of a peer: never a crash, never more than is allowed; what is taken is told to the next one, who takes all of it and
 * has the same.
 */
#include <assert.h>
#include <stdlib.h>

#include "core/engine.h"
#include "share/share.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct moment now = { { SPAN_HOUR }, { INT64_C(1767571200), 0, 0 } };

static void
pass_on(void *arg, enum share_kind kind, struct str bytes, struct moment at)
{
	(void)arg;
	(void)kind;
	(void)bytes;
	(void)at;
}

struct member {
	struct port port;
	struct engine *engine;
	struct share *share;
};

static void
begin(struct member *m)
{
	static const struct share_hooks hooks = { .pass_on = pass_on };
	static const struct engine_options options = { .retention = SPAN_HOUR, .alert_gc_interval = SPAN_HOUR,
		.maintenance_interval = SPAN_HOUR };

	*m = (struct member){ 0 };
	rand_seed(&m->port.rand, 1);
	m->engine = engine_new(&options, &m->port, now);
	m->share = share_new(m->engine, &hooks);
}

static void
take(struct member *m, enum share_kind kind, struct str bytes)
{
	struct work slice;

	assert(share_receive(m->share, kind, bytes));
	while (share_waits(m->share)) {
		slice.left = 1000;
		share_merge_some(m->share, &slice, now);
	}
}

static void
gather(const struct member *m, struct share_state *s)
{
	struct work all = { INT64_MAX };
	bool done;

	*s = (struct share_state){ .bytes = { SBUF_INIT(SBUF_UNLIMITED), SBUF_INIT(SBUF_UNLIMITED) } };
	done = share_state_some(m->engine, s, &all);
	assert(done);
	(void)done;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct member one, two;
	struct share_state of_one, of_two;

	if (size == 0)
		return 0;
	begin(&one);
	begin(&two);
	take(&one, data[0] % 2 == 0 ? SHARE_LOG : SHARE_SILENCES, (struct str){ (const char *)data + 1, size - 1 });
	gather(&one, &of_one);
	for (int k = 0; k < SHARE_KINDS; k++)
		take(&two, (enum share_kind)k, sbuf_get(&of_one.bytes[k]));
	gather(&two, &of_two);
	for (int k = 0; k < SHARE_KINDS; k++) {
		assert(of_one.bytes[k].n == of_two.bytes[k].n);
		sbuf_fini(&of_one.bytes[k]);
		sbuf_fini(&of_two.bytes[k]);
	}
	share_free(&one.share);
	share_free(&two.share);
	engine_free(&one.engine);
	engine_free(&two.engine);
	return 0;
}
