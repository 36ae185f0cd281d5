/* SPDX-License-Identifier: Apache-2.0 */
#include "severity.h"

static const struct ui_severity *
order_of(const struct api *a)
{
	return &config_ui(view_config(a->env.engine))->severity;
}

unsigned
word_severity(const struct api *a, struct str word)
{
	return (unsigned)ui_severity_rank(order_of(a), word);
}

struct str
severity_label(const struct api *a)
{
	return order_of(a)->label;
}

unsigned
alert_severity(const struct api *a, const struct labels *l, struct str *word)
{
	const struct ui_severity *s = order_of(a);

	*word = labels_get(l, s->label);
	return (unsigned)ui_severity_rank(s, *word);
}

enum severity
severity_class(const struct api *a, unsigned rank)
{
	return ui_severity_class(order_of(a), rank);
}

const char *
severity_class_name(enum severity s)
{
	static const char *const names[SEVERITIES] = { "critical", "warning", "info", "other" };

	return names[s];
}

struct str
severity_text(const struct api *a, unsigned rank, struct str word)
{
	const struct ui_severity *s = order_of(a);

	return rank < s->order.n ? s->order.v[rank] : word;
}
