/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config/config.h - one configuration and all that is compiled from it.
 *
 * A struct config is immutable after config_load and reference-counted: groups
 * and notifications in flight keep the old one alive across a reload. All that
 * hangs off it lives in its arena or is owned by it. Loop thread only, but for
 * loading and freeing: see config_adopt.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/time.h"
#include "base/work.h"
#include "config/field.h"
#include "config/http_config.h"
#include "config/names.h"
#include "model/interval.h"
#include "model/labels.h"
#include "model/matcher.h"
#include "model/silence.h"

struct event_recorder;
struct gateway;
struct holdings;
struct tmpl_set;
struct tracing;
struct ui_conf;
struct yaml_node;

/* `global`, also the source of inheritance for integrations (by key, through its field table). */
struct global {
	span resolve_timeout;
	struct http_config *http_config;
	struct str smtp_from, smtp_hello;
	struct host_port smtp_smarthost;
	struct str smtp_auth_username, smtp_auth_password, smtp_auth_password_file;
	struct str smtp_auth_secret, smtp_auth_secret_file, smtp_auth_identity;
	bool smtp_require_tls, smtp_auth_optional;
	enum tristate smtp_force_implicit_tls;
	struct str smtp_language, smtp_time_zone;
	bool smtp_extras;
	struct tls_config *smtp_tls_config;
	struct str slack_api_url, slack_api_url_file, slack_app_token, slack_app_token_file, slack_app_url;
	struct str pagerduty_url;
	struct str opsgenie_api_url, opsgenie_api_key, opsgenie_api_key_file;
	struct str wechat_api_url, wechat_api_secret, wechat_api_secret_file, wechat_api_corp_id;
	struct str victorops_api_url, victorops_api_key, victorops_api_key_file;
	struct str telegram_api_url, telegram_bot_token, telegram_bot_token_file;
	struct str webex_api_url;
	struct str jira_api_url;
	struct str rocketchat_api_url, rocketchat_token, rocketchat_token_file, rocketchat_token_id, rocketchat_token_id_file;
	struct str mattermost_webhook_url, mattermost_webhook_url_file;
};

/*
 * A kind of receiver as the configuration sees it; notify/ supplies the list.
 * Its settings struct begins with struct integration_common.
 */
struct integration_common {
	bool send_resolved;
	struct http_config *http_config;	/* after inheritance never NULL, save for kinds without one */
	bool http_config_local;			/* written in the receiver itself */
};

struct integration_kind {
	const char *name;	/* "slack": the key is slack_configs */
	const char *null_error;	/* for a null list element: "missing webhook config"; NULL: "missing NAME config" */
	bool has_http_config;
	bool extension;		/* Alertmanager does not know it */
	size_t settings_size;
	const struct field *fields;	/* offsets from the settings struct; send_resolved and http_config first */
	/*
	 * Called after parsing, before inheritance; judges what was written.
	 * May be NULL. Error text without place.
	 */
	bool (*check)(void *settings, struct arena *a, struct err *e);
	/*
	 * Called after inheritance by `.inherit`; does inheritance that a table cannot
	 * say and final checks. May be NULL.
	 */
	bool (*finish)(void *settings, const struct global *g, struct arena *a, struct err *e);
	/*
	 * A kind that sends by gateways (config/gateways.h) gives the names of those that it wants, or *own, which is a part
	 * of its settings. NULL: it is of no such kind.
	 */
	const struct str_list *(*gateways)(void *settings, struct gateway **own);
	/* Judges a gateway's settings by its preset. Error text without place. */
	bool (*gateway_check)(struct gateway *g, struct err *e);
	/* Called last, for receivers that some route names: what is filled in only there. May be NULL. */
	void (*used)(void *settings, struct arena *a);
};

struct integration {
	const struct integration_kind *kind;
	void *settings;		/* kind->settings_size bytes, begins with struct integration_common */
	size_t index;		/* position in its *_configs list */
	size_t ordinal;		/* position among all integrations of the receiver */
	const struct yaml_node *node;	/* as written */
	const char *path;	/* of the file that it is written in */
	int line, col;
};

/* Room for the longest name of a kind. */
#define INTEGRATION_TEXT_MAX 60
/* kind[index], in `out`; returns it. */
struct str integration_text(const struct integration *i, char out[INTEGRATION_TEXT_MAX]);

/* The fate of a notification that another member of the cluster may have told already (core/claim.h). */
enum on_unknown {
	ON_UNKNOWN_RESEND,
	ON_UNKNOWN_HOLD,
};

struct receiver {
	struct str name;
	struct labels *labels;	/* always has `name` */
	struct integration *integrations;
	size_t n;
	size_t index;
	bool used;		/* some route names it */
	enum on_unknown on_unknown;
	bool extra;		/* it stands in the extra file alone */
	const char *path;	/* of the file that it is written in */
	int line, col;
};

struct route {
	struct route *parent;	/* NULL at the root */
	struct route **routes;	/* children in order */
	size_t routes_n;
	size_t index;		/* position in a pre-order walk of the tree; the root is 0 */
	size_t rank;		/* position in a post-order walk, children before their parents: the order of equal groups in lists */
	struct receiver *receiver;	/* effective */
	struct matchers matchers;	/* sorted; empty matches everything */
	bool continue_;
	struct str *group_by;	/* effective, sorted */
	size_t group_by_n;
	bool group_by_all;	/* '...' */
	span group_wait, group_interval, repeat_interval;	/* effective */
	const struct time_interval **mute;	/* not inherited */
	size_t mute_n;
	const struct time_interval **active;
	size_t active_n;
	struct str_pairs labels;	/* effective route labels: name -> template source */
	struct str key;		/* {}/{a="b"} */
	struct str id;		/* {}/{a="b"}/0 */
	struct str file;	/* name of the one that it is written in */
	int line, col;
};

struct inhibit_rule {
	struct str name;
	struct str title;	/* its name, or else its matchers, {a="b"} => {c="d"}; at most 200 bytes */
	struct matchers source, target;
	struct str *equal;	/* sorted */
	size_t equal_n;
	int line, col;
};

/* Where a pattern of `templates` stands, and how many files it fits. */
struct template_pattern {
	const char *path;
	int line, col;
	size_t files;
};

struct config {
	uint32_t refs;
	struct arena *arena;
	struct global global;
	struct route *route;
	size_t routes_n;	/* nodes in the tree */
	struct inhibit_rule *inhibit_rules;
	size_t inhibit_rules_n;
	struct receiver *receivers;	/* in file order */
	size_t receivers_n;
	struct names receiver_names;
	struct time_interval *time_intervals;
	size_t time_intervals_n;
	struct gateway *gateways;	/* config/gateways.h: those of `gateways` in order, then those that receivers have of their own */
	size_t gateways_n;
	struct names gateway_names;
	struct str_list templates;	/* patterns as written, joined to the configuration's directory */
	struct template_pattern *template_patterns;	/* beside `templates` */
	struct tmpl_set *tmpl;		/* built-in and user templates, parsed */
	struct silence **silences;	/* declared in rule files; owned references */
	size_t silences_n;
	const struct tracing *tracing;			/* config/outputs.h; NULL when absent */
	const struct event_recorder *event_recorder;
	struct ui_conf *ui;		/* NULL when absent; see config_ui (config/ui_conf.h) */
	struct str original;		/* the configuration dumped back, secrets hidden */
	struct holdings *holdings;	/* what is interned; adopt.c */
	size_t rule_files_n;		/* rule files that were read */
	uint64_t hash;			/* first 6 bytes of MD5 of the file, or of all files and their names; little-endian */
};

/*
 * Bounds of what one configuration may make us read. All its files together: the
 * main file or those of a directory, rule files, templates.
 */
#define CONFIG_BYTES_MAX ((size_t)64 << 20)
#define CONFIG_FILES_MAX ((size_t)10000)	/* that patterns find */
#define CONFIG_ENTRIES_MAX ((size_t)200000)	/* of directories, looked at for that */

/* The numbers of files that patterns may still look at and find. */
struct path_bounds {
	size_t entries, files;
};

/* The world that loading needs; all borrowed for the call. */
struct config_env {
	const struct integration_kind *const *kinds;	/* ends with NULL */
	enum matcher_mode matcher_mode;
	enum naming naming;
	const struct matcher_warning *warning;	/* may be NULL */
	struct wall now;
	/* Reads a whole file into the arena. */
	bool (*read_file)(void *arg, const char *path, size_t max, struct arena *a, struct str *out, struct err *e);
	/* Paths matching a pattern, sorted, within `left`, which it lowers; none is no error, a bad pattern is. */
	bool (*glob)(void *arg, const char *pattern, struct path_bounds *left, struct arena *a, struct str_list *out,
	    struct err *e);
	void *arg;
	/* Built-in templates: pairs of name and source, parsed before the user's; ends with a NULL name. */
	const struct embedded *builtin_templates;
	/*
	 * A further file with the keys that a file of a directory may have, read behind the others; NULL: none. Its
	 * receivers of a name that is there already add their integrations to that receiver.
	 */
	const char *extra_file;
	bool expand_env;	/* ${NAME} and ${NAME:-default}, with env_get */
	const char *(*env_get)(void *arg, const char *name);
};

/*
 * Loads a configuration from bytes, borrowed for the call. `path` names it in
 * errors; its directory is the base of relative paths. On success *out has one
 * reference. Mistakes found while reading are told together, one a line,
 * "path:line:col: key: …", up to 20; e has the place of the first. Mistakes
 * that concern several sections are told one at a time.
 *
 * Beyond Alertmanager's keys, `rule_files` lists patterns of files with further
 * inhibit_rules and time_intervals, and with silences. The dump (`original`)
 * shows what these add, but no key that Alertmanager would refuse.
 */
bool config_load(struct str bytes, const char *path, const struct config_env *env, struct config **out,
    struct err *e) MUST_CHECK;

/* A file of a configuration that is a directory; bytes borrowed for the call. */
struct config_file {
	const char *path;
	struct str bytes;
};

/*
 * The same of several files, which together are one configuration; `path` names
 * it where no file of it is to blame. `global`, `route`, `tracing` and
 * `event_recorder` may stand in one file only; lists are put together in the
 * order of the files. `routes`, a key that only such files may have, is a list
 * of routes behind those of the root route.
 */
bool config_load_directory(const struct config_file *files, size_t n, const char *path, const struct config_env *env,
    struct config **out, struct err *e) MUST_CHECK;
/*
 * To load a large configuration takes seconds, and to free it milliseconds. Both
 * can be done in a worker, but for what is interned (model/labels.h):
 *
 *	worker	config_load, interned_leave
 *	loop	config_adopt until it is true: now it can be used
 *	loop	config_release until it is true, when nobody else has a reference any more
 *	worker	config_unref
 */

/* Takes over what is interned, within w. False: w is used up, call again. */
bool config_adopt(struct config *c, struct work *w) MUST_CHECK;
/* Gives back what is interned, within w, and with it the use of c. False: w is used up, call again. */
bool config_release(struct config *c, struct work *w) MUST_CHECK;
struct config *config_ref(struct config *c);
void config_unref(struct config *c);	/* may be NULL */

struct receiver *config_receiver(const struct config *c, struct str name);

#endif
