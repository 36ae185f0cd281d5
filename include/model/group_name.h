/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/group_name.h - the name of a group for clients.
 *
 * The beginning of SHA-256 over receiver, NUL and group key: the same after a restart, so that messages can link to it.
 */
#ifndef MODEL_GROUP_NAME_H
#define MODEL_GROUP_NAME_H

#include <stdint.h>

#include "base/str.h"

uint64_t group_name(struct str receiver, struct str key);

#endif
