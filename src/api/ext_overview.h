/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/ext_overview.h (private) - how it all stands, for whoever shows it: GET overview and changes, and the web page.
 */
#ifndef API_EXT_OVERVIEW_H
#define API_EXT_OVERVIEW_H

#include "handlers.h"

/* The object, as of the last watch_update. */
void overview_write(const struct api *a, struct json_writer *w, struct moment now);

#endif
