/* SPDX-License-Identifier: Apache-2.0 */
#include "messenger.h"

#include <inttypes.h>

#include "judge.h"
#include "text/json_read.h"
#include "text/url.h"

bool
messenger_secret(struct attempt *a, struct str value, struct str file, struct str *out, struct err *e)
{
	return render_secret(a, value, file, out, e) || err_ctx(e, "could not read %.*s", STR_ARG(file));
}

bool
messenger_url(struct attempt *a, struct str server, const char *path, struct str *out, struct err *e)
{
	struct sbuf b = SBUF_INIT(1 << 16);
	struct url base, full;

	if (!url_parse(a->arena, server, &base, e))
		return false;
	full = url_join(a->arena, &base, str_from(path));
	url_format(&b, &full);
	return render_take(a, &b, out, e);
}

static bool
read_level(struct str text, int64_t min, int64_t max, const char *field, int64_t *out, struct err *e)
{
	text = str_trim(text);
	if (json_number_int(text, out) && *out >= min && *out <= max)
		return true;
	*out = min;
	return err_set(e, ERR_INVALID, "%s \"%.*s\" is not a number from %" PRId64 " to %" PRId64, field, STR_ARG(text), min, max);
}

bool
messenger_check_level(struct str source, int64_t min, int64_t max, const char *field, struct err *e)
{
	int64_t level;

	return str_find(source, STR("{{")) < source.n || read_level(source, min, max, field, &level, e);
}

int64_t
messenger_level(struct render *r, struct str source, int64_t min, int64_t max, const char *field)
{
	struct str text = render_text(r, source);
	int64_t level = min;

	if (!r->failed)
		r->failed = !read_level(text, min, max, field, &level, r->e);
	return level;
}

enum step
messenger_judge(struct attempt *a, const struct response *r, struct err *e)
{
	static const int retry[] = { 429, 0 };

	return judge_http(a, r, &(struct judge){ .retry = retry }, e);
}
