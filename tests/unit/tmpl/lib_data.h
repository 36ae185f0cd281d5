/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notification data as templates see it, from JSON in the form of a webhook's
 * payload: the part of the notifiers' work that the template tests need.
 */
#ifndef TEST_TMPL_LIB_DATA_H
#define TEST_TMPL_LIB_DATA_H

#include "base/arena.h"
#include "tmpl/value.h"

extern const struct value_type test_data_type, test_data_ptr_type;

/* Ends the test when the file is not what it should be. */
struct value test_data_load(struct arena *a, const char *path);

#endif
