/* SPDX-License-Identifier: Apache-2.0 */
#include "aws.h"

static struct str
env_get(struct attempt *a, const char *name)
{
	const char *v = a->env->env_get != NULL ? a->env->env_get(a->env->arg, name) : NULL;

	return v != NULL ? arena_str(a->arena, str_from(v)) : STR_NONE;
}

/* The value of a key in a section of an INI file; empty when there is none. */
static struct str
ini_get(struct str file, struct str section, const char *key)
{
	bool inside = false;

	while (file.n > 0) {
		size_t end = str_chr(file, '\n');
		struct str line = str_trim(str_sub(file, 0, end));
		size_t eq = str_chr(line, '=');

		file = str_sub(file, end + 1, file.n);
		if (line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
			continue;
		if (line.p[0] == '[')
			inside = str_eq(str_trim(str_sub(line, 1, str_chr(line, ']'))), section);
		else if (inside && eq < line.n && str_is(str_trim(str_sub(line, 0, eq)), key))
			return str_trim(str_sub(line, eq + 1, line.n));
	}
	return STR_NONE;
}

/* A file named by the environment, or in ~/.aws; empty when it cannot be read. */
static struct str
shared_file(struct attempt *a, const char *variable, const char *name)
{
	struct str path = env_get(a, variable), home = env_get(a, "HOME"), text;

	if (path.n == 0 && home.n > 0)
		path = arena_printf(a->arena, "%.*s/.aws/%s", STR_ARG(home), name);
	if (path.n == 0 || !render_file(a, path, &text, NULL))
		return STR_NONE;
	return text;
}

static struct str
profile_of(struct attempt *a, const struct sigv4_settings *s)
{
	struct str profile = s->profile;

	if (profile.n == 0)
		profile = env_get(a, "AWS_PROFILE");
	return profile.n > 0 ? profile : STR("default");
}

static struct str
config_get(struct attempt *a, struct str profile, const char *key)
{
	struct str file = shared_file(a, "AWS_CONFIG_FILE", "config");
	struct str v = ini_get(file, arena_printf(a->arena, "profile %.*s", STR_ARG(profile)), key);

	return v.n == 0 && str_is(profile, "default") ? ini_get(file, profile, key) : v;
}

bool
aws_find_credentials(struct attempt *a, const struct sigv4_settings *s, struct aws_credentials *out, struct err *e)
{
	struct str profile = profile_of(a, s), file;

	*out = (struct aws_credentials){ .access_key = s->access_key, .secret_key = s->secret_key };
	if (out->access_key.n > 0)
		return true;
	/* A profile that is asked for goes before the environment. */
	if (s->profile.n == 0) {
		out->access_key = env_get(a, "AWS_ACCESS_KEY_ID");
		out->secret_key = env_get(a, "AWS_SECRET_ACCESS_KEY");
		out->session_token = env_get(a, "AWS_SESSION_TOKEN");
		if (out->access_key.n > 0 && out->secret_key.n > 0)
			return true;
	}
	file = shared_file(a, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
	out->access_key = ini_get(file, profile, "aws_access_key_id");
	out->secret_key = ini_get(file, profile, "aws_secret_access_key");
	out->session_token = ini_get(file, profile, "aws_session_token");
	if (out->access_key.n == 0) {
		out->access_key = config_get(a, profile, "aws_access_key_id");
		out->secret_key = config_get(a, profile, "aws_secret_access_key");
		out->session_token = config_get(a, profile, "aws_session_token");
	}
	if (out->access_key.n > 0 && out->secret_key.n > 0)
		return true;
	return err_set(e, ERR_AUTH, "no AWS credentials in sns.sigv4, the environment or profile \"%.*s\"",
	    STR_ARG(profile));
}

struct str
aws_find_region(struct attempt *a, const struct sigv4_settings *s)
{
	struct str region = s->region;

	if (region.n == 0)
		region = env_get(a, "AWS_REGION");
	if (region.n == 0)
		region = env_get(a, "AWS_DEFAULT_REGION");
	if (region.n == 0)
		region = config_get(a, profile_of(a, s), "region");
	return region;
}

const char *
aws_domain(struct str region)
{
	return str_starts(region, STR("cn-")) ? "amazonaws.com.cn" : "amazonaws.com";
}
