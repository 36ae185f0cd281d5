/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tocsin completion bash|zsh
 *
 * The script knows the commands; the flags of a command it asks the program
 * for (--completion-words), so that they are always those it has.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"

static bool
begins_group(const struct cli_command *const *commands, size_t i)
{
	return i == 0 || strcmp(commands[i]->group, commands[i - 1]->group) != 0;
}

static void
print_bash(void)
{
	size_t n;
	const struct cli_command *const *commands = cli_commands(&n);

	printf("_tocsin() {\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words='' group=${COMP_WORDS[1]} name=''\n"
	       "\tcase $group in\n");
	for (size_t i = 0; i < n; i++)
		if (commands[i]->name != NULL && begins_group(commands, i))
			printf("\t%s) name=${COMP_WORDS[2]} ;;\n", commands[i]->group);
	printf("\tesac\n"
	       "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\tcase $cur in\n"
	       "\t\t-*) words=$(tocsin --help 2>/dev/null | sed -n 's/^  *\\(-[a-z], \\)*\\(--[a-z][a-z.-]*\\).*/\\2/p') ;;\n"
	       "\t\t*) words='");
	for (size_t i = 0; i < n; i++)
		if (begins_group(commands, i) && !commands[i]->hidden)
			printf("%s%s", i == 0 ? "" : " ", commands[i]->group);
	printf("' ;;\n\t\tesac\n"
	       "\telif [[ $cur == -* ]]; then\n"
	       "\t\twords=$(tocsin \"$group\" $name --completion-words 2>/dev/null)\n"
	       "\telif [ \"$COMP_CWORD\" -eq 2 ]; then\n\t\tcase $group in\n");
	for (size_t i = 0; i < n; i++) {
		if (commands[i]->name == NULL)
			continue;
		if (begins_group(commands, i))
			printf("\t\t%s) words='", commands[i]->group);
		printf("%s%s", commands[i]->name, i + 1 == n || begins_group(commands, i + 1) ? "' ;;\n" : " ");
	}
	printf("\t\tcompletion) words='bash zsh' ;;\n\t\tesac\n\tfi\n"
	       "\tif [ -n \"$words\" ]; then COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	       "\telse COMPREPLY=($(compgen -f -- \"$cur\")); fi\n}\n"
	       "complete -o filenames -F _tocsin tocsin\n");
}

static int
run(struct cli *c)
{
	if (c->args_n != 1 || (!str_is(c->args[0], "bash") && !str_is(c->args[0], "zsh"))) {
		err_set(&c->e, ERR_INVALID, "name the shell: bash or zsh");
		return cli_fail(c);
	}
	/* zsh runs the functions of bash. */
	if (str_is(c->args[0], "zsh"))
		printf("autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n");
	print_bash();
	return 0;
}

const struct cli_command command_completion = {
	.group = "completion",
	.run = run,
	.args = "bash|zsh",
	.local = true,
	.help = "Print a completion script for the shell.",
	.examples = "  . <(tocsin completion bash)\n"
		    "  tocsin completion bash > /etc/bash_completion.d/tocsin\n",
};
