/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jira.h - settings of Jira receivers and the bodies of its requests.
 */
#ifndef JIRA_H
#define JIRA_H

#include "render.h"
#include "settings.h"

struct jira_text {
	struct str template;
	enum tristate enable_update;
};

struct jira_settings {
	struct integration_common common;
	struct str api_url, api_type, project;
	struct jira_text summary, description;
	struct str_list labels;
	struct str priority, issue_type, reopen_transition, resolve_transition, wont_fix_resolution;
	span reopen_duration;
	const struct yaml_node *fields;
};

/* The body of the search for the group's issue; project is rendered. */
bool jira_search_body(struct attempt *a, struct str project, struct str *out, struct err *e) MUST_CHECK;
/* The body of an issue, to create it or (update) to change it. */
bool jira_issue_body(struct attempt *a, bool update, struct str *out, struct err *e) MUST_CHECK;
/* The rendered project. */
bool jira_project(struct attempt *a, struct str *out, struct err *e) MUST_CHECK;

#endif
