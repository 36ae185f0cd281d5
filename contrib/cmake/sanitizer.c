/* SPDX-License-Identifier: Apache-2.0 */
/* sanitizer.c - what the sanitizers are told in each of our programs; ASAN_OPTIONS in the environment goes before it. */

/*
 * Undefined behaviour is a trap (compiler.cmake), of which ASan shows the stack. What is freed is held back up to 32 MB: the 256 of
 * ASan's own cost up to half of the time.
 */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "handle_sigill=1:quarantine_size_mb=32";
}
