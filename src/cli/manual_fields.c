/* SPDX-License-Identifier: Apache-2.0 */
/* manual_fields.c - the page of the configuration: every key with its type, its default and what it is for. */
#include "config/config.h"
#include "config/sections.h"
#include "manual.h"
#include "notify/notifier.h"

/* The placeholder that is written for a value. */
static const char *
type_name(const struct field *f)
{
	static const char *const names[] = {
		[FIELD_STRING] = "string",
		[FIELD_BOOL] = "true or false",
		[FIELD_TRISTATE] = "true or false",
		[FIELD_INT] = "whole number",
		[FIELD_UINT] = "whole number",
		[FIELD_DOUBLE] = "number",
		[FIELD_DURATION] = "duration",
		[FIELD_GO_DURATION] = "duration",
		[FIELD_URL] = "URL",
		[FIELD_HOST_PORT] = "host:port",
		[FIELD_STRINGS] = "list of strings",
		[FIELD_PAIRS] = "mapping of strings",
		[FIELD_STRUCT] = "mapping",
		[FIELD_STRUCTS] = "list of mappings",
		[FIELD_ANY] = "list or mapping",
		[FIELD_HTTP] = "http_config",
		[FIELD_TLS] = "tls_config",
		[FIELD_HEADERS] = "http_headers",
	};

	if (f->type == FIELD_ANY && (f->flags & F_MAP) != 0)
		return "mapping";
	return names[f->type];
}

static void
put_default(struct sbuf *b, const struct field *f)
{
	if (f->fallback != NULL && f->fallback[0] != '\0') {
		sbuf_puts(b, "; default ");
		manual_text(b, f->fallback);
	}
	if (f->inherit != NULL) {
		sbuf_puts(b, "; else of global: ");
		manual_text(b, f->inherit);
	}
}

static void
put_fields(struct sbuf *b, const struct field *fields)
{
	static const struct {
		unsigned flag;
		const char *word;
	} marks[] = { { F_SECRET, "secret" }, { F_HTML, "HTML template" }, { F_TEMPLATE, "template" },
		{ F_PATH_CONFIG | F_PATH_CWD, "path" }, { F_EXTENSION, "extension" } };

	for (; fields->key != NULL; fields++) {
		bool html = (fields->flags & F_HTML) != 0, settings = fields->type == FIELD_HTTP || fields->type == FIELD_TLS;

		sbuf_puts(b, ".TP\n");
		manual_line(b, "B", fields->key);
		sbuf_printf(b, "(%s", type_name(fields));
		for (size_t i = 0; i < ARRAY_LEN(marks); i++)
			if ((fields->flags & marks[i].flag) != 0 && !(html && marks[i].flag == F_TEMPLATE) && !settings)
				sbuf_printf(b, ", %s", marks[i].word);
		put_default(b, fields);
		sbuf_puts(b, ")\n");
		if (fields->doc != NULL) {
			manual_text(b, fields->doc);
			sbuf_putc(b, '\n');
		}
		if (fields->fields == NULL || fields->fields->key == NULL)
			continue;
		sbuf_puts(b, ".RS\n");
		put_fields(b, fields->fields);
		sbuf_puts(b, ".RE\n");
	}
}

void
manual_configuration(struct sbuf *b)
{
	manual_begin(b, "tocsin.yml", "5", "configuration of the alert router tocsin");
	sbuf_puts(b, ".SH DESCRIPTION\n");
	manual_text(b, "A YAML file, or a directory whose files together are the configuration. It is Alertmanager's, and has a "
		       "few keys of its own, which are called extensions here. Unknown keys are errors.\n");
	sbuf_puts(b, ".PP\n");
	manual_text(b, "Durations are written as 1d12h or 30s. Templates are Go's text/template, with the functions and the data of "
		       "Alertmanager. Paths are relative to the configuration's directory or to the working directory, "
		       "as with Alertmanager.\n");
	for (const struct config_section *s = config_sections(); s->name != NULL; s++) {
		manual_line(b, "SH", s->name);
		manual_text(b, s->about);
		sbuf_putc(b, '\n');
		put_fields(b, s->fields);
	}
	for (const struct integration_kind *const *k = notifier_kinds(); *k != NULL; k++) {
		sbuf_puts(b, ".SH ");
		manual_text(b, (*k)->name);
		sbuf_printf(b, "_configs\nEach element notifies by %s%s.\n", (*k)->name, (*k)->extension ? " (an extension)" : "");
		put_fields(b, (*k)->fields);
	}
	sbuf_puts(b, ".SH SEE ALSO\n.BR tocsin (1),\n.BR tocsin\\-commands (1)\n");
}
