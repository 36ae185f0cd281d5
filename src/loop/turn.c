/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/turn.h"

#include <assert.h>

#include <string.h>

#include "base/compiler.h"
#include "loop/clock_real.h"

/* One line of the log at most in this time: a loop that is held over and over shall not write over and over as well. */
#define LOG_PAUSE (10 * SPAN_S)

static const double bounds[TURN_BOUNDS] = { .001, .0025, .005, .01, .025, .05, .1, .5, 1, 10 };

/* That are counted by both clocks; and how much of the processor may have been had since the second was read, when one of them begins. */
#define CPU_FROM SPAN_MS
#define CPU_AGE (SPAN_MS / 2)
/* Between two of them so much is ours at most: in a longer time the loop has waited. */
#define BETWEEN_MAX (50 * SPAN_US)
#define PART_MAX 64

struct part {
	char what[PART_MAX];
	size_t n;
	uint64_t size;
	span took;
};

static struct {
	unsigned depth;
	const char *name;
	int64_t began, part_began;
	int64_t ended;			/* the last one */
	int64_t cpu, cpu_age;		/* of the processor, and how much of it was had since, at most */
	struct part part;		/* the longest; n is 0: there was none */
	struct turn_figures figures;
	const struct log *log;
	int64_t logged;			/* when, 0: never */
	uint64_t untold;		/* long ones since */
} turn = { .figures.bounds = bounds, .cpu_age = CPU_AGE };

static void
tell(span took, span cpu, int64_t now)
{
	if (turn.log == NULL)
		return;
	if (turn.logged != 0 && now - turn.logged < LOG_PAUSE) {
		turn.untold++;
		return;
	}
	LOG(turn.log, LOG_WARN, "The loop was held", F_CSTR("by", turn.name), F_INT("microseconds", took / SPAN_US),
	    F_INT("cpu_microseconds", cpu / SPAN_US), F_STR("part", ((struct str){ turn.part.what, turn.part.n })),
	    F_UINT("part_size", turn.part.size), F_INT("part_microseconds", turn.part.took / SPAN_US),
	    F_UINT("others_since_last_line", turn.untold));
	turn.logged = now;
	turn.untold = 0;
}

static void
count(struct turn_times *t, span took)
{
	double seconds = (double)took / (double)SPAN_S;
	size_t i = 0;

	while (i < ARRAY_LEN(bounds) && seconds > bounds[i])
		i++;
	t->counts[i]++;
	t->sum += seconds;
	if (took > t->longest) {
		t->longest = took;
		t->longest_name = turn.name;
	}
}

static void
read_cpu(void)
{
	turn.cpu = clock_real_cpu().ns;
	turn.cpu_age = 0;
}

/* For a turn that took so long. */
static span
cpu_of(span took)
{
	int64_t before = turn.cpu;

	turn.cpu_age += took;
	if (took <= CPU_FROM)
		return took;
	read_cpu();
	return turn.cpu - before < took ? turn.cpu - before : took;
}

void
turn_begin(const char *name)
{
	if (turn.depth++ > 0)
		return;
	turn.name = name;
	turn.began = turn.part_began = clock_real_mono().ns;
	turn.part.n = turn.part.size = 0;
	turn.part.took = 0;
	turn.cpu_age += turn.began - turn.ended < BETWEEN_MAX ? turn.began - turn.ended : BETWEEN_MAX;
	if (turn.cpu_age >= CPU_AGE)
		read_cpu();
}

void
turn_part(struct str what, uint64_t size)
{
	int64_t now = clock_real_mono().ns;
	span took = now - turn.part_began;

	turn.part_began = now;
	if (turn.depth == 0 || took <= turn.part.took)
		return;
	turn.part.n = what.n < PART_MAX ? what.n : PART_MAX;
	if (turn.part.n > 0)
		memcpy(turn.part.what, what.p, turn.part.n);
	turn.part.size = size;
	turn.part.took = took;
}

void
turn_end(void)
{
	int64_t now;
	span took, cpu;

	assert(turn.depth > 0);
	if (--turn.depth > 0)
		return;
	now = clock_real_mono().ns;
	took = now - turn.began;
	turn.ended = now;
	cpu = cpu_of(took);
	count(&turn.figures.wall, took);
	count(&turn.figures.cpu, cpu);
	if (took > TURN_LIMIT)
		tell(took, cpu, now);
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
