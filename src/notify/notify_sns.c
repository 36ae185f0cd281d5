/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_sns.c - Amazon SNS: Publish to a topic, a telephone or a device, perhaps in a role assumed first.
 */
#include <inttypes.h>

#include "aws.h"
#include "base/utf8.h"
#include "judge.h"
#include "settings.h"
#include "text/digest.h"

#define MESSAGE_BYTES (256 * 1024)
#define SMS_BYTES 1600
/* A role's credentials live for 15 minutes and are used for less. */
#define ROLE_SECONDS 900
#define ROLE_TTL (12 * SPAN_MIN)

struct sns_settings {
	struct integration_common common;
	struct str api_url;
	struct sigv4_settings sigv4;
	struct str topic_arn, phone_number, target_arn, subject, message;
	struct str_pairs attributes;
	bool use_aws_http_client;
};

#define TEXT_FLAGS (F_TEMPLATE | F_OMIT_EMPTY)

static const struct field sigv4_fields[] = {
	STRING_FIELD(struct sigv4_settings, region, .flags = F_OMIT_EMPTY, .doc = "Region of AWS."),
	STRING_FIELD(struct sigv4_settings, access_key, .flags = F_OMIT_EMPTY, .doc = "Access key."),
	STRING_FIELD(struct sigv4_settings, secret_key, .flags = F_SECRET | F_OMIT_EMPTY, .doc = "Secret key."),
	STRING_FIELD(struct sigv4_settings, profile, .flags = F_OMIT_EMPTY, .doc = "Profile in the files of AWS."),
	STRING_FIELD(struct sigv4_settings, role_arn, .flags = F_OMIT_EMPTY, .doc = "Role to assume."),
	STRING_FIELD(struct sigv4_settings, external_id, .flags = F_OMIT_EMPTY, .doc = "External id for that role."),
	BOOL_FIELD(struct sigv4_settings, use_fips_sts_endpoint, .flags = F_OMIT_EMPTY,
	    .doc = "Whether the role is assumed at a FIPS endpoint."),
	STRING_FIELD(struct sigv4_settings, service_name, .flags = F_OMIT_EMPTY, .doc = "Accepted, without effect."),
	{ 0 },
};

static const struct field sns_fields[] = {
	COMMON_FIELDS(struct sns_settings, "true"),
	STRING_FIELD(struct sns_settings, api_url, .flags = TEXT_FLAGS,
	    .doc = "Where SNS is; by default that of the region."),
	STRUCT_FIELD(struct sns_settings, sigv4, struct sigv4_settings, sigv4_fields,
	    .doc = "How requests are signed."),
	STRING_FIELD(struct sns_settings, topic_arn, .flags = TEXT_FLAGS, .doc = "Topic to publish to."),
	STRING_FIELD(struct sns_settings, phone_number, .flags = TEXT_FLAGS, .doc = "Number to send to."),
	STRING_FIELD(struct sns_settings, target_arn, .flags = TEXT_FLAGS, .doc = "Endpoint to send to."),
	STRING_FIELD(struct sns_settings, subject, .flags = TEXT_FLAGS,
	    .fallback = "{{ template \"sns.default.subject\" . }}", .doc = "Subject, for mail."),
	STRING_FIELD(struct sns_settings, message, .flags = TEXT_FLAGS,
	    .fallback = "{{ template \"sns.default.message\" . }}", .doc = "Text of the message."),
	PAIRS_FIELD(struct sns_settings, attributes, .flags = TEXT_FLAGS, .doc = "Attributes of the message."),
	BOOL_FIELD(struct sns_settings, use_aws_http_client, .flags = F_OMIT_EMPTY,
	    .doc = "Accepted for Alertmanager's sake; without effect."),
	{ 0 },
};

static bool
sns_check(void *settings, struct arena *a, struct err *e)
{
	const struct sns_settings *s = settings;
	unsigned set = (s->topic_arn.n > 0) + (s->phone_number.n > 0) + (s->target_arn.n > 0);

	(void)a;
	if ((s->sigv4.access_key.n > 0) != (s->sigv4.secret_key.n > 0))
		return err_set(e, ERR_INVALID, "must provide a AWS SigV4 Access key and Secret Key if credentials are "
		    "specified in the SigV4 config");
	/* All three at once pass, as in Alertmanager; the API judges that. */
	if (set % 2 == 0)
		return err_set(e, ERR_INVALID,
		    "must provide either a Target ARN, Topic ARN, or Phone Number for SNS config");
	return true;
}

/* The state of one attempt. */
struct sns_state {
	struct str region;
	struct aws_credentials who;
	struct str cache_key;	/* of the role's credentials */
	bool publishing;
};

/* Everything that fails before sending is worth a retry here, as in Alertmanager. */
static enum step
template_error(struct attempt *a, const char *key, struct err *e)
{
	a->failure = FAILURE_CLIENT_ERROR;
	err_ctx(e, "execute '%s' template", key);
	return STEP_RETRY;
}

static struct str
fit(struct render *r, struct str message, size_t max, bool *cut)
{
	struct str rest = message;
	size_t keep = 0, n;
	uint32_t rune;

	*cut = message.n > max;
	if (!*cut)
		return message;
	/* COMPAT: Alertmanager cuts through the last character. */
	while ((n = utf8_decode(rest, &rune)) > 0 && keep + n <= max) {
		keep += n;
		rest = str_sub(message, keep, message.n);
	}
	if (r->a->env->truncated != NULL)
		r->a->env->truncated(r->a->env->arg, r->a->n, "message", max);
	return str_sub(message, 0, keep);
}

static void
put_attribute(struct sbuf *b, struct arena *a, size_t i, struct str name, struct str value)
{
	aws_form_add(b, arena_printf(a, "MessageAttributes.entry.%zu.Name", i).p, name);
	aws_form_add(b, arena_printf(a, "MessageAttributes.entry.%zu.Value.DataType", i).p, STR("String"));
	aws_form_add(b, arena_printf(a, "MessageAttributes.entry.%zu.Value.StringValue", i).p, value);
}

/* The form, its keys in order; NULL or the name of the setting whose template failed. */
static const char *
put_form(struct render *r, struct sbuf *b, const struct sns_settings *s, struct str *message)
{
	struct arena *a = r->a->arena;
	size_t n = s->attributes.n;
	struct str *names = ARENA_ARRAY(a, n + 1, struct str), *values = ARENA_ARRAY(a, n + 1, struct str);
	struct str topic, phone, target, subject;
	bool cut;

	for (size_t i = 0; i < n; i++) {
		names[i] = render_text(r, s->attributes.v[i].key);
		values[i] = render_text(r, s->attributes.v[i].value);
	}
	if (r->failed)
		return "attributes";
	topic = render_text(r, s->topic_arn);
	if (r->failed)
		return "topic_arn";
	phone = render_text(r, s->phone_number);
	if (r->failed)
		return "phone_number";
	target = render_text(r, s->target_arn);
	if (r->failed)
		return "target_arn";
	*message = render_text(r, s->message);
	if (r->failed)
		return "message";
	subject = render_text(r, s->subject);
	if (r->failed)
		return "subject";
	aws_form_add(b, "Action", STR("Publish"));
	aws_form_add(b, "Message", fit(r, *message, s->phone_number.n > 0 ? SMS_BYTES : MESSAGE_BYTES, &cut));
	for (size_t i = 0; i < n; i++)
		put_attribute(b, a, i + 1, names[i], values[i]);
	if (cut)
		put_attribute(b, a, n + 1, STR("truncated"), STR("true"));
	if (str_ends(topic, STR(".fifo"))) {
		aws_form_add(b, "MessageDeduplicationId", render_key(r->a));
		aws_form_add(b, "MessageGroupId", render_key(r->a));
	}
	if (s->phone_number.n > 0)
		aws_form_add(b, "PhoneNumber", phone);
	if (s->subject.n > 0)
		aws_form_add(b, "Subject", subject);
	if (s->target_arn.n > 0)
		aws_form_add(b, "TargetArn", target);
	if (s->topic_arn.n > 0)
		aws_form_add(b, "TopicArn", topic);
	aws_form_add(b, "Version", STR("2010-03-31"));
	return NULL;
}

static enum step
publish(struct attempt *a, struct request *out, struct err *e)
{
	const struct sns_settings *s = a->settings;
	struct sns_state *state = a->state;
	struct sbuf b = SBUF_INIT(RENDER_MAX);
	struct render r = { .a = a, .e = e };
	struct str url = render_text(&r, s->api_url), form, message = STR_NONE;
	const char *failed = r.failed ? "api_url" : put_form(&r, &b, s, &message);

	if (failed != NULL) {
		sbuf_fini(&b);
		return template_error(a, failed, e);
	}
	if (!render_take(a, &b, &form, e))
		return STEP_FAIL;
	if (!utf8_valid(message))
		return judge_retry(a, FAILURE_OTHER, e, "non utf8 encoded message string");
	if (url.n == 0)
		url = arena_printf(a->arena, "https://sns.%.*s.%s/", STR_ARG(state->region),
		    aws_domain(state->region));
	if (!aws_post_form(a, out, url, form, &state->who, state->region, "sns", e))
		return STEP_RETRY;
	state->publishing = true;
	return STEP_SEND;
}

/* The role's credentials are kept as three lines. */
static bool
take_cached(struct attempt *a, struct sns_state *state)
{
	struct str kept, *parts[] = { &state->who.access_key, &state->who.secret_key, &state->who.session_token };

	if (a->env->cache_get == NULL || !a->env->cache_get(a->env->arg, state->cache_key, a->now, a->arena, &kept))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		size_t end = str_chr(kept, '\n');

		*parts[i] = str_sub(kept, 0, end);
		kept = str_sub(kept, end + 1, kept.n);
	}
	return true;
}

static enum step
assume_role(struct attempt *a, struct request *out, struct err *e)
{
	const struct sns_settings *s = a->settings;
	const struct sns_state *state = a->state;
	struct sbuf b = SBUF_INIT(1 << 16);
	struct str form, url;

	aws_form_add(&b, "Action", STR("AssumeRole"));
	aws_form_add(&b, "DurationSeconds", arena_printf(a->arena, "%d", ROLE_SECONDS));
	if (s->sigv4.external_id.n > 0)
		aws_form_add(&b, "ExternalId", s->sigv4.external_id);
	aws_form_add(&b, "RoleArn", s->sigv4.role_arn);
	aws_form_add(&b, "RoleSessionName",
	    arena_printf(a->arena, "tocsin-%" PRId64, wall_to_ns(a->now.wall)));
	aws_form_add(&b, "Version", STR("2011-06-15"));
	url = arena_printf(a->arena, "https://sts%s.%.*s.%s/", s->sigv4.use_fips_sts_endpoint ? "-fips" : "",
	    STR_ARG(state->region), aws_domain(state->region));
	if (!render_take(a, &b, &form, e) ||
	    !aws_post_form(a, out, url, form, &state->who, state->region, "sts", e))
		return STEP_RETRY;
	out->asks = true;
	return STEP_SEND;
}

static enum step
sns_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct sns_settings *s = a->settings;
	struct sns_state *state = ARENA_NEW(a->arena, struct sns_state);
	char hex[SHA256_HEX];

	a->state = state;
	state->region = aws_find_region(a, &s->sigv4);
	if (state->region.n == 0)
		return judge_retry(a, FAILURE_OTHER, e,
		    "region not configured in sns.sigv4.region or in default credentials chain");
	if (!aws_find_credentials(a, &s->sigv4, &state->who, e))
		return STEP_RETRY;
	if (s->sigv4.role_arn.n == 0)
		return publish(a, out, e);
	digest_sha256_hex(arena_printf(a->arena, "%.*s\n%.*s\n%.*s\n%.*s", STR_ARG(state->region),
	    STR_ARG(s->sigv4.role_arn), STR_ARG(s->sigv4.external_id), STR_ARG(state->who.access_key)), hex);
	state->cache_key = arena_printf(a->arena, "sts:%s", hex);
	return take_cached(a, state) ? publish(a, out, e) : assume_role(a, out, e);
}

static enum step
take_role(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	struct sns_state *state = a->state;

	state->who.access_key = aws_xml_text(a->arena, r->body, "AccessKeyId");
	state->who.secret_key = aws_xml_text(a->arena, r->body, "SecretAccessKey");
	state->who.session_token = aws_xml_text(a->arena, r->body, "SessionToken");
	if (state->who.access_key.n == 0 || state->who.secret_key.n == 0)
		return judge_retry(a, FAILURE_OTHER, e, "no credentials in the answer of STS AssumeRole");
	if (a->env->cache_put != NULL)
		a->env->cache_put(a->env->arg, state->cache_key, arena_printf(a->arena, "%.*s\n%.*s\n%.*s",
		    STR_ARG(state->who.access_key), STR_ARG(state->who.secret_key),
		    STR_ARG(state->who.session_token)), ROLE_TTL, a->now);
	return publish(a, out, e);
}

/* <Error><Code>…</Code><Message>…</Message></Error> */
static struct str
details_of(struct arena *a, const struct response *r)
{
	struct str message = aws_xml_text(a, r->body, "Message");

	return message.n > 0 ? message : aws_xml_text(a, r->body, "Code");
}

static bool
is_throttled(struct arena *a, struct str body)
{
	struct str code = aws_xml_text(a, body, "Code");

	return str_starts(code, STR("Throttl")) || str_is(code, "RequestLimitExceeded");
}

static enum step
sns_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	const struct sns_state *state = a->state;
	enum step step = judge_http(a, r, &(struct judge){ .details = details_of }, e);

	/* Throttling comes with status 400. */
	if (step == STEP_FAIL && is_throttled(a->arena, r->body)) {
		a->failure = FAILURE_RATE_LIMITED;
		return STEP_RETRY;
	}
	if (step != STEP_DONE) {
		if (!state->publishing)
			err_ctx(e, "failed to assume the role of sns.sigv4.role_arn");
		else if (state->cache_key.n > 0 && r->status == 403 && a->env->cache_drop != NULL)
			a->env->cache_drop(a->env->arg, state->cache_key);
		return step;
	}
	return state->publishing ? STEP_DONE : take_role(a, r, out, e);
}

/* A role may have to be taken first. */
static bool
sns_renders_later(const void *settings)
{
	(void)settings;
	return true;
}

const struct notifier notify_sns = {
	.kind = {
		.name = "sns",
		.has_http_config = true,
		.settings_size = sizeof(struct sns_settings),
		.fields = sns_fields,
		.check = sns_check,
	},
	.start = sns_start,
	.resume = sns_resume,
	.renders_later = sns_renders_later,
};
