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
#include "text/json_tree.h"
#include "tmpl/value.h"

/*
 * The template data `.` for the first `limit` alerts of n (0: all). Its brief (Brief) halves with each step of
 * `brevity`. Lives in the arena; borrows n and env.
 */
struct value notify_data(const struct notification *n, size_t limit, unsigned brevity, const struct notify_env *env,
    struct arena *a);

/* Whether a template has asked for its brief. */
bool notify_data_has_brief(struct value data);

/* For each label (or annotation) of the first of n > 0 alerts, in their order: whether all have it. In the arena. */
const bool *notify_common(const struct noted_alert *alerts, size_t n, bool annotations, struct arena *a);
/* The receiver's name as templates and webhooks have it. In the arena. */
struct str notify_receiver_name(const struct notification *n, struct arena *a);

/*
 * The data from JSON with the names that a webhook's body has, for trying
 * templates. Members that are left out are as a notification would have them:
 * the status and the fingerprint of an alert, the status of all, what labels
 * and annotations have in common. Borrows j. Errors name the member.
 */
bool notify_data_json(const struct json *j, struct arena *a, struct value *out, struct err *e) MUST_CHECK;

/*
 * The data of a made-up notification, for trying templates: an alert that fires
 * and one that is resolved, with labels and annotations in common.
 */
struct value notify_data_sample(struct wall now, struct arena *a);

/* Renders one configured text (text engine / html engine) against the attempt's data. */
bool notify_text(struct attempt *a, struct str source, struct str *out, struct err *e) MUST_CHECK;
bool notify_html(struct attempt *a, struct str source, struct str *out, struct err *e) MUST_CHECK;

#endif
