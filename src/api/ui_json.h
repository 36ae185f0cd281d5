/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/ui_json.h (private) - what a site wants of the page, for the page.
 */
#ifndef API_UI_JSON_H
#define API_UI_JSON_H

#include "handlers.h"

/* "ui": {…} in the form of the configuration, without what is not in there. */
void write_ui(struct json_writer *w, const struct config *c);

#endif
