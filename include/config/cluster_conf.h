/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config/cluster_conf.h - the file of --cluster.tls-config: TLS between members of a cluster.
 *
 * Plain data; the files that it names are read by whoever uses it.
 */
#ifndef CONFIG_CLUSTER_CONF_H
#define CONFIG_CLUSTER_CONF_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "config/http_config.h"
#include "config/web_conf.h"

struct cluster_tls {
	struct web_tls server; /* towards members that call; has a certificate and a key */
	struct tls_config *client; /* towards those that are called; NULL: the authorities of the system, no certificate */
};

/* All of it in `a`. Relative paths are joined to the directory of `path`. Errors have the words of Alertmanager. */
bool cluster_tls_read(struct str bytes, const char *path, struct arena *a, struct cluster_tls *out, struct err *e) MUST_CHECK;

#endif
