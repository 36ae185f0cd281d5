/* SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "config/config.h"
#include "config/ui_conf.h"

/* The words that senders use. */
static const struct {
	const char *word;
	enum severity severity;
} words[] = {
	{ "critical", SEVERITY_CRITICAL }, { "crit", SEVERITY_CRITICAL }, { "page", SEVERITY_CRITICAL },
	{ "p1", SEVERITY_CRITICAL }, { "sev1", SEVERITY_CRITICAL }, { "emergency", SEVERITY_CRITICAL },
	{ "fatal", SEVERITY_CRITICAL }, { "disaster", SEVERITY_CRITICAL }, { "warning", SEVERITY_WARNING },
	{ "warn", SEVERITY_WARNING }, { "p2", SEVERITY_WARNING }, { "p3", SEVERITY_WARNING },
	{ "minor", SEVERITY_WARNING }, { "major", SEVERITY_WARNING }, { "medium", SEVERITY_WARNING },
	{ "info", SEVERITY_INFO }, { "information", SEVERITY_INFO }, { "notice", SEVERITY_INFO },
	{ "low", SEVERITY_INFO }, { "p4", SEVERITY_INFO }, { "p5", SEVERITY_INFO }, { "none", SEVERITY_INFO },
};

const struct ui_conf *
ui_conf_absent(void)
{
	static struct str order[] = { { "critical", 8 }, { "warning", 7 }, { "info", 4 } };
	static enum severity classes[] = { SEVERITY_CRITICAL, SEVERITY_WARNING, SEVERITY_INFO };
	static const struct ui_conf absent = {
		.severity = { .label = { "severity", 8 }, .order = { .v = order, .n = ARRAY_LEN(order) }, .classes = classes },
	};

	return &absent;
}

const struct ui_conf *
config_ui(const struct config *c)
{
	return c->ui != NULL ? c->ui : ui_conf_absent();
}

enum severity
severity_of_word(struct str word)
{
	for (size_t i = 0; word.n > 0 && i < ARRAY_LEN(words); i++)
		if (str_caseeq(word, str_from(words[i].word)))
			return words[i].severity;
	return SEVERITY_OTHER;
}

size_t
ui_severity_rank(const struct ui_severity *s, struct str word)
{
	size_t rank = 0;
	enum severity meant;

	if (word.n == 0)
		return s->order.n;
	while (rank < s->order.n && !str_caseeq(s->order.v[rank], word))
		rank++;
	if (rank < s->order.n || (meant = severity_of_word(word)) == SEVERITY_OTHER)
		return rank;
	for (rank = 0; rank < s->order.n && s->classes[rank] != meant; rank++)
		;
	return rank;
}

enum severity
ui_severity_class(const struct ui_severity *s, size_t rank)
{
	return rank < s->order.n ? s->classes[rank] : SEVERITY_OTHER;
}
