/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_core.h"

#include <stdlib.h>

#include "base/mem.h"

struct config *
must_config(const char *text)
{
	struct err e = { 0 };
	struct config *c = fake_config(str_from(text), WALL_ZERO, &e);

	if (c == NULL)
		ck_abort_msg("%s", e.text);
	return c;
}

struct alert *
must_alert(const char *alert, struct wall t)
{
	struct alert *a = NEW(struct alert);

	a->refs = 1;
	a->labels = world_labels(alert);
	a->annotations = labels_empty();
	a->generator_url = istr_get(STR_NONE);
	alert_set_starts(a, t);
	alert_set_updated(a, t);
	alert_set_ends(a, wall_add(t, SPAN_HOUR));
	return a;
}

struct matchers
must_matchers(const char *text)
{
	struct matchers ms = { 0 };
	struct err e = { 0 };

	if (!matchers_parse(str_from(text), MATCHER_UTF8, NULL, &ms, &e))
		ck_abort_msg("%s: %s", text, e.text);
	return ms;
}
