/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/turn.h"

#include <assert.h>

#include "base/compiler.h"
#include "loop/clock_real.h"

/* One line of the log at most in this time: a loop that is held over and over shall not write over and over as well. */
#define LOG_PAUSE (10 * SPAN_S)

static const double bounds[TURN_BOUNDS] = { .001, .0025, .005, .01, .025, .05, .1, .5, 1, 10 };

static struct {
	unsigned depth;
	const char *name;
	int64_t began;
	struct turn_figures figures;
	const struct log *log;
	int64_t logged;			/* when, 0: never */
	uint64_t untold;		/* long ones since */
} turn = { .figures.bounds = bounds };

static void
tell(span took, int64_t now)
{
	if (turn.log == NULL)
		return;
	if (turn.logged != 0 && now - turn.logged < LOG_PAUSE) {
		turn.untold++;
		return;
	}
	LOG(turn.log, LOG_WARN, "The loop was held", F_CSTR("by", turn.name), F_INT("microseconds", took / SPAN_US),
	    F_UINT("others_since_last_line", turn.untold));
	turn.logged = now;
	turn.untold = 0;
}

static void
count(span took)
{
	double seconds = (double)took / (double)SPAN_S;
	size_t i = 0;

	while (i < ARRAY_LEN(bounds) && seconds > bounds[i])
		i++;
	turn.figures.counts[i]++;
	turn.figures.sum += seconds;
	if (took > turn.figures.longest) {
		turn.figures.longest = took;
		turn.figures.longest_name = turn.name;
	}
}

void
turn_begin(const char *name)
{
	if (turn.depth++ > 0)
		return;
	turn.name = name;
	turn.began = clock_real_turn().ns;
}

void
turn_end(void)
{
	int64_t now;

	assert(turn.depth > 0);
	if (--turn.depth > 0)
		return;
	now = clock_real_turn().ns;
	count(now - turn.began);
	if (now - turn.began > TURN_LIMIT)
		tell(now - turn.began, now);
}

void
turn_log(const struct log *log)
{
	turn.log = log;
}

void
turn_figures(struct turn_figures *out)
{
	*out = turn.figures;
}
