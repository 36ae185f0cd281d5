/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_jansson.h"

#include <jansson.h>

char *
jansson_rewrite(const char *in, size_t n)
{
	json_t *j = json_loadb(in, n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	char *out = j != NULL ? json_dumps(j, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

	json_decref(j);
	return out;
}
