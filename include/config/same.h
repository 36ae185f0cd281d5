/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config/same.h - do two configurations say the same of an integration?
 *
 * Compared by value, field by field, so that a reload can tell what it
 * touches. Contents of files that settings name are not looked at: they are
 * read when they are used.
 */
#ifndef CONFIG_SAME_H
#define CONFIG_SAME_H

#include <stdbool.h>

#include "config/config.h"

/* Same kind, place in its list and settings. */
bool integration_same(const struct integration *a, const struct integration *b);
bool http_config_same(const struct http_config *a, const struct http_config *b);	/* both may be NULL */

#endif
