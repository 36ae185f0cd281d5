/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify/data.h - a notification as the data of templates and of JSON bodies.
 */
#ifndef NOTIFY_DATA_H
#define NOTIFY_DATA_H

#include "base/arena.h"
#include "base/sbuf.h"
#include "core/notification.h"
#include "notify/notifier.h"
#include "tmpl/value.h"

/*
 * The template data `.` for the first `limit` alerts of n (0: all). Lives in
 * the arena; borrows n and env.
 */
struct value notify_data(const struct notification *n, size_t limit, const struct notify_env *env, struct arena *a);

/* Renders one configured text (text engine / html engine) against the attempt's data. */
bool notify_text(struct attempt *a, struct str source, struct str *out, struct err *e) MUST_CHECK;
bool notify_html(struct attempt *a, struct str source, struct str *out, struct err *e) MUST_CHECK;

#endif
