/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aws.h - AWS query APIs: who we are there, and signed requests.
 *
 * Sources: Signature Version 4 (AWS General Reference), shared config and
 * credentials files (AWS SDKs and Tools Reference).
 */
#ifndef AWS_H
#define AWS_H

#include "render.h"

struct aws_credentials {
	struct str access_key, secret_key, session_token;	/* the token may be empty */
};

struct sigv4_settings {
	struct str region, access_key, secret_key, profile, role_arn, external_id;
	bool use_fips_sts_endpoint;
	struct str service_name;
};

/*
 * Where the settings say nothing: the environment (AWS_ACCESS_KEY_ID …), then
 * the profile in ~/.aws/credentials and ~/.aws/config. False and e when there
 * are no credentials anywhere.
 */
bool aws_find_credentials(struct attempt *a, const struct sigv4_settings *s, struct aws_credentials *out,
    struct err *e) MUST_CHECK;
/* The region of the settings, the environment or the profile; empty when none says. */
struct str aws_find_region(struct attempt *a, const struct sigv4_settings *s);
/* "amazonaws.com" or what takes its place in the region. */
const char *aws_domain(struct str region);

/* Fills in a POST of a form to url, signed for service in region at a->now. */
bool aws_post_form(struct attempt *a, struct request *out, struct str url, struct str form,
    const struct aws_credentials *who, struct str region, const char *service, struct err *e) MUST_CHECK;
/* key=value with AWS's escapes, joined by &. */
void aws_form_add(struct sbuf *b, const char *key, struct str value);
/* The text of the first element <name> of an XML reply, entities decoded; empty when there is none. */
struct str aws_xml_text(struct arena *a, struct str xml, const char *name);

#endif
