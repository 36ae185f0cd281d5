/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify/rendered.h - what an integration would be sent, without sending it.
 */
#ifndef NOTIFY_RENDERED_H
#define NOTIFY_RENDERED_H

#include "base/arena.h"
#include "base/time.h"
#include "core/notification.h"
#include "core/rendered.h"
#include "notify/notifier.h"

/*
 * Renders the templates among the settings of n's integration, but for secrets, within the bounds of core/rendered.h and
 * some two milliseconds. Nothing is sent, kept or told. The texts are in the arena.
 */
void notify_rendered(struct notification *n, const struct notify_env *env, struct moment now, struct arena *a,
    struct rendered *out);

#endif
