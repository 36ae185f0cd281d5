/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payload.h - structured values of the configuration with templates inside.
 *
 * Every string and every key of the configured value is rendered. A rendered
 * string is then read as YAML 1.1: when that gives a string or an error, the
 * text stands as it was rendered, else what it was read as takes its place.
 * Keys that are no strings are dropped. Source: Alertmanager template.go,
 * DeepCopyWithTemplate.
 */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include "render.h"
#include "text/json_tree.h"
#include "text/json_write.h"
#include "text/yaml.h"

/* NULL and r->failed when a template does. The result lives in the attempt's arena. */
const struct json *payload_render(struct render *r, const struct yaml_node *value);
/* One string, as the strings inside of a payload. */
const struct json *payload_string(struct render *r, struct str source);
/* Writes a tree with the keys of its objects sorted; of equal keys the last one counts. */
void payload_write(struct json_writer *w, const struct json *j);

#endif
