/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include "base/sbuf.h"
#include "render.h"
#include "text/url.h"

bool
settings_at_most_one(struct str a, struct str b, const char *a_name, const char *b_name, struct err *e)
{
	if (a.n > 0 && b.n > 0)
		return err_set(e, ERR_INVALID, "at most one of %s & %s must be configured", a_name, b_name);
	return true;
}

bool
settings_exactly_one(struct str a, struct str b, const char *a_name, const char *b_name, struct err *e)
{
	if (a.n == 0 && b.n == 0)
		return err_set(e, ERR_INVALID, "one of %s or %s must be configured", a_name, b_name);
	return settings_at_most_one(a, b, a_name, b_name, e);
}

bool
settings_read_url(struct attempt *a, struct str url, struct str file, const char *file_name, struct str *out,
    struct err *e)
{
	return render_secret(a, url, file, out, e) || err_ctx(e, "read %s", file_name);
}

bool
settings_check_hook(const struct settings_hook *h, struct err *e)
{
	return settings_exactly_one(h->url, h->file, "webhook_url", "webhook_url_file", e);
}

bool
settings_read_hook(struct attempt *a, const struct settings_hook *h, struct str *out, struct err *e)
{
	return settings_read_url(a, h->url, h->file, "webhook_url_file", out, e);
}

void
settings_inherit_pair(struct str *value, struct str *file, struct str global_value, struct str global_file)
{
	if (value->n > 0 || file->n > 0)
		return;
	*value = global_value;
	*file = global_file;
}

bool
settings_slash(struct str *url, struct arena *a, struct err *e)
{
	struct sbuf b = SBUF_INIT(1 << 16);
	struct url u;

	if (url->n == 0 || settings_is_secret_mark(*url))
		return true;
	if (!url_parse(a, *url, &u, e))
		return false;
	if (str_ends(u.path, STR("/")))
		return true;
	u.path = arena_printf(a, "%.*s/", STR_ARG(u.path));
	if (u.raw_path.n > 0)
		u.raw_path = arena_printf(a, "%.*s/", STR_ARG(u.raw_path));
	url_format(&b, &u);
	*url = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return true;
}
