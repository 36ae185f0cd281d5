/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe/log_out.h - lines of the log on a descriptor whose reader may be stuck.
 *
 * The reader of our standard error must not be able to stop the loop: after a
 * short wait lines are dropped and counted until there is room again. How many
 * were lost is then a line of its own.
 */
#ifndef OBSERVE_LOG_OUT_H
#define OBSERVE_LOG_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

struct log_out {
	int fd;			/* borrowed */
	const struct log *log;	/* whose `write` this is; tells of lost lines */
	bool stuck;		/* the last line found no room: no more waiting */
	bool cut;		/* the last line was written in part */
	uint64_t lost;
};

/* For struct log: arg is the struct log_out. */
void log_out_write(void *arg, const char *line, size_t n);

#endif
