/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config/outputs.h - where traces and recorded events go.
 *
 * Plain data in the configuration's arena, as written: what is 0 or empty has
 * the default of who uses it. Source: Alertmanager tracing/config.go and
 * eventrecorder/.
 */
#ifndef CONFIG_OUTPUTS_H
#define CONFIG_OUTPUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "base/time.h"
#include "config/field.h"
#include "config/http_config.h"

/* `tracing` */
struct tracing {
	struct str client_type;		/* "grpc" or "http" */
	struct str endpoint;		/* host:port, may have a scheme and path */
	double sampling_fraction;
	bool insecure;			/* http instead of https */
	struct tls_config *tls_config;	/* NULL: defaults */
	struct struct_list headers;	/* of struct http_header_config */
	struct str compression;		/* "" or "gzip" */
	span timeout;			/* 0: the default */
};

struct file_output {
	struct str path;
};

struct webhook_output {
	struct str url;
	struct http_config *http_config;	/* NULL: defaults */
	span timeout;				/* 0 here and below: the default */
	int64_t workers, max_retries;
	span retry_backoff;
	bool batch;
	int64_t batch_max_events, batch_max_bytes;
	span batch_flush_interval;
};

struct kafka_output {
	struct str_list brokers;
	struct str topic, client_id, format, acks, compression;
	int64_t buffer_size;
	struct tls_config *tls_config;
};

struct stdout_output {
	char none;
};

/* `event_recorder`; lists of the structs above */
struct event_recorder {
	struct struct_list file_outputs, webhook_outputs, kafka_outputs, stdout_outputs;
};

#endif
