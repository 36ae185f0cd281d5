/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/severity.h (private) - how bad an alert is, by `ui.severity` of the configuration in force.
 *
 * A rank is a place in the order, 0 the worst; what has no place in it is one more than the last. Lists are sorted by
 * ranks, counts are by class.
 */
#ifndef API_SEVERITY_H
#define API_SEVERITY_H

#include "config/ui_conf.h"
#include "handlers.h"

/* *word is the label's own value. */
unsigned alert_severity(const struct api *a, const struct labels *l, struct str *word);
/* The rank of a word. */
unsigned word_severity(const struct api *a, struct str word);
/* The label that has the word. */
struct str severity_label(const struct api *a);
enum severity severity_class(const struct api *a, unsigned rank);
/* "critical", … "other". */
const char *severity_class_name(enum severity s);
/* The text that is shown of an alert: the word of its rank in the order, else its own, which may be empty. */
struct str severity_text(const struct api *a, unsigned rank, struct str word);

#endif
