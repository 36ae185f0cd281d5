/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/ui.h"

#include <string.h>

#include "base/compiler.h"
#include "base/embedded.h"

#define INDEX "index.html"

static const struct {
	const char *suffix, *type;
} types[] = {
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".ico", "image/vnd.microsoft.icon" },
	{ ".webmanifest", "application/manifest+json" },
};

static bool
ends(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n > m && strcmp(name + n - m, suffix) == 0;
}

static const char *
type_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (ends(name, types[i].suffix))
			return types[i].type;
	return NULL;
}

static const struct embedded *
find(struct str name)
{
	for (const struct embedded *f = embedded_ui; f->name != NULL; f++)
		if (str_is(name, f->name))
			return f;
	return NULL;
}

struct str
ui_hash(void)
{
	return str_from(embedded_ui_hash);
}

bool
ui_file(struct str name, struct ui_file *out)
{
	const struct embedded *f = find(name);

	if (f == NULL || type_of(f->name) == NULL)
		return false;
	*out = (struct ui_file){ type_of(f->name), { f->bytes, f->size }, { f->packed, f->packed_size } };
	return true;
}

static void
put_hash(struct sbuf *out, struct str boot)
{
	(void)boot;
	sbuf_puts(out, embedded_ui_hash);
}

/* The document's parser must see no tag in it, and no parser of JSON minds. */
static void
put_boot(struct sbuf *out, struct str boot)
{
	for (size_t i = 0; i < boot.n; i++) {
		struct str rest = str_sub(boot, i, boot.n);

		if (boot.p[i] == '<' || boot.p[i] == '>' || boot.p[i] == '&') {
			sbuf_printf(out, "\\u%04x", (unsigned)boot.p[i]);
		} else if (str_starts(rest, STR("\xe2\x80\xa8")) || str_starts(rest, STR("\xe2\x80\xa9"))) {
			sbuf_printf(out, "\\u20%02x", (unsigned char)rest.p[2] - 0x80u);
			i += 2;
		} else {
			sbuf_putc(out, boot.p[i]);
		}
	}
}

static const struct {
	const char *mark;
	void (*put)(struct sbuf *out, struct str boot);
} marks[] = {
	{ "@HASH@", put_hash },
	{ "@BOOT@", put_boot },
};

void
ui_index(struct sbuf *out, struct str boot)
{
	const struct embedded *f = find(STR(INDEX));
	struct str rest = { f->bytes, f->size };

	while (rest.n > 0) {
		size_t at = str_chr(rest, '@'), i = 0;

		sbuf_str(out, str_sub(rest, 0, at));
		rest = str_sub(rest, at, rest.n);
		while (i < ARRAY_LEN(marks) && !str_starts(rest, str_from(marks[i].mark)))
			i++;
		if (i < ARRAY_LEN(marks))
			marks[i].put(out, boot);
		else
			sbuf_str(out, str_sub(rest, 0, 1));
		rest = str_sub(rest, i < ARRAY_LEN(marks) ? strlen(marks[i].mark) : 1, rest.n);
	}
}
