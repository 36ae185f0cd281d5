/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/log.h - one line, one event: a constant message and typed fields.
 *
 *	LOG(log, LOG_INFO, "Listening on", F_STR("address", s));
 *
 * A logger is a level, a sink and inherited fields. Loop thread only. Lines
 * take the form of Alertmanager's (Go log/slog): logfmt or JSON. Times are
 * shown in the offset that the clock gives them.
 * A NULL logger drops everything.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "base/time.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON };

struct log_field {
	const char *key;
	enum { LOG_F_STR, LOG_F_INT, LOG_F_UINT, LOG_F_DOUBLE, LOG_F_BOOL, LOG_F_SPAN, LOG_F_WALL } type;
	union {
		struct str str;
		int64_t i;
		uint64_t u;
		double d;
		bool b;
		span span;
		struct wall wall;
	} v;
};

#define F_STR(k, value) ((struct log_field){ .key = (k), .type = LOG_F_STR, .v.str = (value) })
#define F_CSTR(k, value) F_STR(k, str_from(value))
#define F_INT(k, value) ((struct log_field){ .key = (k), .type = LOG_F_INT, .v.i = (value) })
#define F_UINT(k, value) ((struct log_field){ .key = (k), .type = LOG_F_UINT, .v.u = (value) })
#define F_DOUBLE(k, value) ((struct log_field){ .key = (k), .type = LOG_F_DOUBLE, .v.d = (value) })
#define F_BOOL(k, value) ((struct log_field){ .key = (k), .type = LOG_F_BOOL, .v.b = (value) })
#define F_SPAN(k, value) ((struct log_field){ .key = (k), .type = LOG_F_SPAN, .v.span = (value) })
#define F_WALL(k, value) ((struct log_field){ .key = (k), .type = LOG_F_WALL, .v.wall = (value) })
#define F_ERR(e) F_CSTR("err", (e)->text)

struct log {
	enum log_level level;		/* lines below are dropped */
	enum log_format format;
	struct clock *clock;		/* of the time field */
	/* One whole line, newline included. */
	void (*write)(void *arg, const char *line, size_t n);
	void *arg;
	struct log_field fields[8];	/* inherited: component, receiver … */
	size_t fields_n;
};

/* A child that adds one field; by value, borrows the parent's sink and clock. */
struct log log_with(const struct log *parent, struct log_field field);
bool log_enabled(const struct log *l, enum log_level level);
void log_write(const struct log *l, enum log_level level, const char *file, int line, const char *message,
    const struct log_field *fields, size_t n);
/* Parses debug, info, warn, error / logfmt, json. */
bool log_level_parse(struct str s, enum log_level *out);
bool log_format_parse(struct str s, enum log_format *out);

#define LOG(l, lv, message, ...)                                                              \
	do {                                                                                  \
		if (log_enabled((l), (lv))) {                                                 \
			const struct log_field log_fields_[] = { { 0 }, ##__VA_ARGS__ };      \
			log_write((l), (lv), __FILE__, __LINE__, (message), log_fields_ + 1,  \
			    ARRAY_LEN(log_fields_) - 1);                                      \
		}                                                                             \
	} while (0)

#endif
