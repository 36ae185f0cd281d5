/* SPDX-License-Identifier: Apache-2.0 */
/* Web configuration files, with the certificates that stand in them; no file is named from outside. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "config/web_conf.h"
#include "web_tls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct web_conf c;
	SSL_CTX *tls = NULL;

	if (web_conf_read((struct str){ (const char *)data, size }, "/nowhere/web.yml", a, &c, &e)) {
		for (size_t i = 0; i < c.http.headers.n; i++)
			assert(c.http.headers.v[i].key.n > 0 && c.http.headers.v[i].value.n > 0);
		for (size_t i = 0; i < c.users_n; i++)
			assert(c.users[i].hash.n == 60 && strlen(c.users[i].hash.p) == 60);
		if (c.uses_tls && c.tls.cert_file.n + c.tls.key_file.n + c.tls.client_ca_file.n == 0)
			tls = web_tls_new(&c.tls, &e);
	} else {
		assert(e.text[0] != '\0');
	}
	SSL_CTX_free(tls);
	arena_free(&a);
	return 0;
}
