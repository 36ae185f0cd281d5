/* SPDX-License-Identifier: Apache-2.0 */
/* Both sides of an SMTP session: lines that begin with '>' are ours. */
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "smtp_dialog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static jmp_buf stopped;

static void
on_stop(struct smtp_dialog *d)
{
	if (d->err.kind == ERR_NONE)
		abort();
	longjmp(stopped, 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str to[] = { STR("a@x"), STR("b@x") };
	struct mail_request r = { .smarthost = { STR("localhost"), STR("25") }, .to = to, .to_n = 2,
		.username = STR("u"), .password = STR("p"), .require_tls = size > 0 && (data[0] & 1) };
	struct arena *a = arena_new();
	struct smtp_dialog *d = ARENA_NEW(a, struct smtp_dialog);
	char *copy = mem_strndup((const char *)data, size);
	struct str rest = { copy, size };

	d->r = &r;
	d->arena = a;
	d->rewrite = true;
	d->stop = on_stop;
	smtp_dialog_begin(d);
	if (setjmp(stopped) == 0) {
		while (rest.n > 0) {
			size_t n = str_chr(rest, '\n');
			struct str line = str_sub(rest, 0, n + 1);

			if (line.p[0] == '>')
				smtp_dialog_sent(d, line.p + 1, line.n - 1);
			else
				smtp_dialog_got(d, copy + (line.p - copy), line.n);
			rest = str_sub(rest, n + 1, rest.n);
		}
	}
	if (d->rcpt_n > 2 || d->accepted > 2 || d->pending_n > SMTP_PENDING_MAX)
		abort();
	smtp_dialog_end(d);
	arena_free(&a);
	mem_free(copy);
	return 0;
}
