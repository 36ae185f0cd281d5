/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/duration.h - the only parser of "1h30m", in its three grammars.
 *
 * Sources: prometheus/common model.ParseDuration (configuration), Go
 * time.ParseDuration (fields of Go's own type), go-str2duration (flags).
 */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "base/time.h"

/* Prometheus: 1d12h, integers, y w d h m s ms in this order; also "0". */
bool duration_parse(struct str s, span *out, struct err *e) MUST_CHECK;
/* Go's time.ParseDuration: 1.5h, -3ms, 1h1h; units ns us µs ms s m h. */
bool duration_parse_go(struct str s, span *out, struct err *e) MUST_CHECK;
/* Command line flags: Go's, and the units d (24 h) and w (7 d). */
bool duration_parse_flag(struct str s, span *out, struct err *e) MUST_CHECK;

#define DURATION_MAX 40
/* Canonical Prometheus form, 90m -> 1h30m. NUL-terminated; returns the length. */
size_t duration_format(span d, char out[DURATION_MAX]);
/* Go's Duration.String: 1h0m0s, 1.5s, 500ms. */
size_t duration_format_go(span d, char out[DURATION_MAX]);

#endif
