/* SPDX-License-Identifier: Apache-2.0 */
#include "config/cluster_conf.h"

#include "fields.h"

enum { ROW_SERVER, ROW_CLIENT };

struct file {
	struct web_tls tls_server_config;
	struct tls_config *tls_client_config;
};

const struct field cluster_file_fields[] = {
	[ROW_SERVER] = STRUCT_FIELD(struct file, tls_server_config, struct web_tls, web_tls_fields, .go_type = "web.TLSConfig",
	    .doc = "TLS towards members that call this one."),
	[ROW_CLIENT] = TLS_FIELD(struct file, tls_client_config, .flags = F_PATH_CONFIG, .doc = "TLS towards members that are called."),
	{ 0 },
};

bool
cluster_tls_read(struct str bytes, const char *path, struct arena *a, struct cluster_tls *out, struct err *e)
{
	struct config_env env = { .matcher_mode = MATCHER_FALLBACK };
	struct reading r = { .env = &env, .arena = a, .path = path, .go_words = true };
	struct field_presence written = { 0 };
	const struct yaml_node *root = NULL;
	struct file f = { 0 };
	bool used;

	r.dir = path_dir(a, arena_str(a, str_from(path)));
	if (!yaml_parse(a, bytes, &root, e))
		return false;
	fields_defaults(&r, cluster_file_fields, &f);
	if (root != NULL && !node_is_null(root))
		(void)fields_read_as(&r, root, NULL, cluster_file_fields, "cluster.TLSTransportConfig", &f, &written);
	if (!reading_end(&r, e))
		return false;
	if (!field_written(written, ROW_SERVER))
		return err_set(e, ERR_INVALID, "missing 'tls_server_config' entry in the TLS configuration");
	if (!web_tls_check(&f.tls_server_config, &used, e))
		return err_ctx(e, "invalid TLS server config");
	if (!used)
		return err_set(e, ERR_INVALID, "invalid TLS server config: TLS config is not present");
	*out = (struct cluster_tls){ f.tls_server_config, f.tls_client_config };
	return true;
}
