/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_CORE_H
#define LIB_CORE_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "fake_config.h"
#include "fake_world.h"
#include "suite.h"

/* A configuration that must be right. */
struct config *must_config(const char *text);
/* An alert over one hour from t. */
struct alert *must_alert(const char *alert, struct wall t);
struct matchers must_matchers(const char *text);

#endif
