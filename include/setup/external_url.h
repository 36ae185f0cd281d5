/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setup/external_url.h - under which URL users reach us, and the prefix of our paths.
 */
#ifndef SETUP_EXTERNAL_URL_H
#define SETUP_EXTERNAL_URL_H

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

/*
 * `configured` may be empty: then http://HOSTNAME:PORT. The result has no
 * slash at its end. Errors as Alertmanager's: "X": invalid "ftp" scheme, …
 */
bool external_url(struct str configured, struct str hostname, unsigned port, struct arena *a, struct str *out,
    struct err *e) MUST_CHECK;
/* "/" or "/prefix": `configured`, or the path of the external URL when that is empty. */
struct str route_prefix(struct str configured, struct str external, struct arena *a);

#endif
