/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpl/tmpl.h - Go's text/template and html/template, with Alertmanager's functions.
 *
 * A struct tmpl_set holds the templates of one configuration: those defined in
 * files, and a cache of the inline strings of the configuration, parsed on
 * first use. Missing map keys give zero values (option missingkey=zero).
 *
 * An execution is bounded: steps, bytes of output and of memory, depth of
 * calls. Passing a bound is an error of that execution, so no template can
 * hold the caller.
 *
 * Ownership: the set owns all it parsed; data, environment and arena are the
 * caller's. Errors read as Go's do, `template: FILE:LINE: …`, with an empty
 * FILE for inline strings. One thread at a time; for another one there are views.
 *
 * Source: Go 1.24+ text/template, html/template; Alertmanager template.go.
 */
#ifndef TMPL_TMPL_H
#define TMPL_TMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "tmpl/env.h"
#include "tmpl/value.h"

struct tmpl_set;

struct tmpl_set *tmpl_set_new(void) MUST_CHECK;
/* Frees the set and sets *s to NULL; *s may be NULL already. */
void tmpl_set_free(struct tmpl_set **s);
/*
 * Parses a file. Its whole text becomes the template `name` (its base name, empty
 * for what is built into the program); its `define`s are added. A later definition replaces an earlier one, except
 * that an empty body does not replace a body. Copies text.
 * On an error the set is unusable for anything but tmpl_set_free.
 */
bool tmpl_set_add_file(struct tmpl_set *s, struct str name, struct str text, struct err *e) MUST_CHECK;

/*
 * The same templates with a cache of its own, for another thread while s is in
 * use: s may not get files as long as there are views, and outlives them.
 */
struct tmpl_set *tmpl_set_view(struct tmpl_set *s) MUST_CHECK;
/* Frees it, and what it parsed goes to the set, whose thread this is. Sets *v to NULL, which it may be already. */
void tmpl_view_end(struct tmpl_set **v);

/*
 * Executes an inline string, parsed on first use and then remembered by its
 * text: `source` must come from the configuration, never from a peer.
 * *out lives in the arena. On failure *out is what was written before it, for
 * callers that send it nonetheless; it is "" when the source does not parse.
 */
bool tmpl_text(struct tmpl_set *s, struct str source, struct value data, struct arena *a,
    const struct tmpl_env *env, struct str *out, struct err *e) MUST_CHECK;
/* The same with the escapes of html/template. */
bool tmpl_html(struct tmpl_set *s, struct str source, struct value data, struct arena *a,
    const struct tmpl_env *env, struct str *out, struct err *e) MUST_CHECK;

/*
 * Does an inline string parse, and is there a definition for whatever it may call
 * by {{template}}, in branches that are never taken as well, and for what those
 * call? `steps` grows by the nodes looked at; when it passes TMPL_MAX_STEPS the
 * rest counts as well.
 */
bool tmpl_check_calls(struct tmpl_set *s, struct str source, uint64_t *steps, struct err *e) MUST_CHECK;
/* Frees what inline strings became: they are parsed again on their next use. */
void tmpl_forget_inline(struct tmpl_set *s);

/*
 * Would the string parse? With Alertmanager's functions or with Go's alone.
 * Templates it calls by {{template}} are not looked up.
 */
bool tmpl_check_syntax(struct str source, bool with_am_functions, struct err *e) MUST_CHECK;

#endif
