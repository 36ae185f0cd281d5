/* SPDX-License-Identifier: Apache-2.0 */
/* Web configuration files, with the certificates that stand in them; no file is named from outside. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "web_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct web_file f;
	SSL_CTX *tls = NULL;
	char path[64];

	if (fd < 0)
		fd = memfd_create("web.yml", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	if (web_file_read(path, a, &f, &e)) {
		assert(f.headers_n <= WEB_HEADERS_MAX);
		for (size_t i = 0; i < f.users_n; i++)
			assert(f.users[i].hash.n == 60 && strlen(f.users[i].hash.p) == 60);
		if (f.tls && f.cert_file.n + f.key_file.n + f.client_ca_file.n == 0)
			tls = web_file_tls(&f, &e);
	}
	SSL_CTX_free(tls);
	arena_free(&a);
	return 0;
}
