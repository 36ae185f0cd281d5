/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "app/server.h"
#include "base/sbuf.h"
#include "cli/commands.h"
#include "mail/mail.h"
#include "setup/options.h"
#include "text/json_small.h"

static int
usage_error(const struct err *e)
{
	fprintf(stderr, "tocsin: error: %s, try --help\n", e->text);
	return 1;
}

static int
print_help(void)
{
	struct sbuf commands = SBUF_INIT(SBUF_UNLIMITED), b = SBUF_INIT(SBUF_UNLIMITED);

	commands_help(&commands);
	options_help("tocsin", sbuf_get(&commands), &b);
	fwrite(b.p, 1, b.n, stdout);
	sbuf_fini(&commands);
	sbuf_fini(&b);
	return 0;
}

static int
serve(int argc, char **argv)
{
	struct arena *a = arena_new();
	struct options o;
	struct err e = { 0 };
	int status = 0;

	if (!options_parse(argc, argv, a, &o, &e))
		status = usage_error(&e);
	else if (o.help)
		status = print_help();
	else if (o.version)
		commands_version(argv[0]);
	else if (!options_features(&o, &e)) {
		fprintf(stderr, "level=ERROR msg=\"error parsing the feature flag list\" err=\"%s\"\n", e.text);
		status = 1;
	} else
		status = server_run(&o, a);
	arena_free(&a);
	return status;
}

int
main(int argc, char **argv)
{
	int status;

	if (argc == 2 && strcmp(argv[1], MAIL_HELPER_FLAG) == 0)
		return mail_helper_main(MAIL_HELPER_FD);
	json_small_init();
	if (commands_run(argc, argv, &status))
		return status;
	return serve(argc, argv);
}
