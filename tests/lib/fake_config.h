/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_config.h - configurations for tests, from a few lines of text.
 *
 *	receiver ops hook mail!              integrations hook[0] and mail[0]; "!": send_resolved false
 *	receiver page hook@other             "@text": a setting, to tell two of them apart
 *	route receiver=ops by=[alertname,job] wait=30s interval=5m repeat=4h
 *	  route match=sev="page",team!="x" receiver=page continue mute=[night] active=[office] by=[...]
 *	inhibit source=sev="critical" target=sev="warning" equal=[cluster]
 *	interval night 22:00-24:00 monday:friday
 *	silence ID job="a" for 1h              as a rule file would declare it
 *
 * Routes nest by indentation, two blanks a level; defaults 30s, 5m, 4h, no
 * grouping. `#` begins a comment. Kinds: hook, mail, chat. Takes the place of
 * config_ref and config_unref, so tests link without the loader.
 */
#ifndef FAKE_CONFIG_H
#define FAKE_CONFIG_H

#include "base/err.h"
#include "base/str.h"
#include "config/config.h"

struct fake_settings {
	struct integration_common common;
	struct str url;
};

/* NULL and e on a mistake. `start` is the time that declared silences begin. */
struct config *fake_config(struct str text, struct wall start, struct err *e);
/* Does this line belong to a configuration? */
bool fake_config_line(struct str line);
/* The next word of *rest, up to a blank outside of quotes, brackets and braces; empty at the end. */
struct str fake_word(struct str *rest);
/* The parts between the brackets of [a,b], one by one; empty at the end. */
struct str fake_item(struct str *rest);

#endif
