/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/problems.h (private) - what an operator should look at: at the head of every page.
 */
#ifndef API_PROBLEMS_H
#define API_PROBLEMS_H

#include "ext.h"

/* "problems": [{"code","text","link"}]; a few lines however much is wrong. */
void write_problems(const struct api *a, struct json_writer *w, struct moment now);

#endif
