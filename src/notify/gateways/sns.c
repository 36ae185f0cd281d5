/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sns.c - Amazon SNS to a telephone, as a transactional message. Source: docs.aws.amazon.com, SNS Publish.
 *
 * A sender of digits is an origination number, any other a sender id.
 */
#include "aws.h"
#include "base/ascii.h"
#include "gateway.h"

static void
put_attribute(struct attempt *a, struct sbuf *b, size_t i, const char *name, struct str value)
{
	aws_form_add(b, arena_printf(a->arena, "MessageAttributes.entry.%zu.Name", i).p, str_from(name));
	aws_form_add(b, arena_printf(a->arena, "MessageAttributes.entry.%zu.Value.DataType", i).p, STR("String"));
	aws_form_add(b, arena_printf(a->arena, "MessageAttributes.entry.%zu.Value.StringValue", i).p, value);
}

static bool
is_number(struct str from)
{
	if (str_starts(from, STR("+")))
		from = str_sub(from, 1, from.n);
	for (size_t i = 0; i < from.n; i++)
		if (!ascii_digit(from.p[i]))
			return false;
	return from.n > 0;
}

static bool
sns_check(const struct gateway *g, struct err *e)
{
	return (g->username.n > 0) == (g->password.n > 0 || g->password_file.n > 0) ||
	    err_set(e, ERR_INVALID, "username and password, the access key and its secret, go together");
}

static bool
sns_request(struct attempt *a, const struct gateway_message *m, struct request *out, struct err *e)
{
	const struct gateway *g = m->gateway;
	struct sigv4_settings settings = { .region = g->region, .access_key = g->username, .secret_key = m->password };
	struct str region = aws_find_region(a, &settings), url = m->url, form;
	struct aws_credentials who;
	struct sbuf b = SBUF_INIT(RENDER_MAX);

	if (region.n == 0)
		return err_set(e, ERR_INVALID, "sns: region not configured");
	if (!aws_find_credentials(a, &settings, &who, e))
		return false;
	if (url.n == 0)
		url = arena_printf(a->arena, "https://sns.%.*s.%s/", STR_ARG(region), aws_domain(region));
	aws_form_add(&b, "Action", STR("Publish"));
	aws_form_add(&b, "Message", m->text);
	put_attribute(a, &b, 1, "AWS.SNS.SMS.SMSType", STR("Transactional"));
	if (m->from.n > 0)
		put_attribute(a, &b, 2, is_number(m->from) ? "AWS.MM.SMS.OriginationNumber" : "AWS.SNS.SMS.SenderID", m->from);
	aws_form_add(&b, "PhoneNumber", m->to);
	aws_form_add(&b, "Version", STR("2010-03-31"));
	return render_take(a, &b, &form, e) && aws_post_form(a, out, url, form, &who, region, "sns", e);
}

static bool
is_passing(struct str code)
{
	return str_starts(code, STR("Throttl")) || str_is(code, "InternalError") || str_is(code, "ServiceUnavailable") ||
	    str_is(code, "RequestLimitExceeded");
}

static enum gateway_word
sns_judge(struct arena *a, const struct gateway *g, const struct response *r, struct gateway_answer *out)
{
	struct str code = aws_xml_text(a, r->body, "Code");

	(void)g;
	out->id = aws_xml_text(a, r->body, "MessageId");
	if (r->status == 200 && out->id.n > 0)
		return GATEWAY_ACCEPTED;
	if (code.n > 0)
		out->why = arena_printf(a, "%.*s: %.*s", STR_ARG(code), STR_ARG(aws_xml_text(a, r->body, "Message")));
	return is_passing(code) ? GATEWAY_LATER : gateway_by_status(r);
}

const struct gateway_preset gateway_sns = {
	.name = "sns",
	.takes = G_URL | G_REGION | G_USERNAME | G_PASSWORD | G_FROM,
	.numbers = NUMBER_PLUS,
	.check = sns_check,
	.request = sns_request,
	.judge = sns_judge,
};
