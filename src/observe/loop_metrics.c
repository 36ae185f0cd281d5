/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/loop_metrics.h"

#include "loop/turn.h"
#include "text/expo.h"

static void
expose_longest(struct expo *x, const char *name, const char *help, const struct turn_times *t)
{
	expo_family(x, name, help, EXPO_GAUGE);
	expo_label(x, "by", t->longest_name != NULL ? str_from(t->longest_name) : STR("nothing"));
	expo_value(x, (double)t->longest / (double)SPAN_S);
}

void
loop_metrics_expose(void *arg, struct expo *x, struct moment now)
{
	struct turn_figures f;

	(void)arg;
	(void)now;
	turn_figures(&f);
	expo_family(x, "tocsin_loop_stall_seconds",
	    "How long single turns of work held the loop, while nothing else could be done.", EXPO_HISTOGRAM);
	expo_histogram(x, f.bounds, f.wall.counts, TURN_BOUNDS, f.wall.sum);
	expose_longest(x, "tocsin_loop_stall_longest_seconds", "The longest of them, and what it worked on.", &f.wall);
	expo_family(x, "tocsin_loop_stall_cpu_seconds",
	    "What single turns of work had of the processor: the rest of the time that they took is the machine's.", EXPO_HISTOGRAM);
	expo_histogram(x, f.bounds, f.cpu.counts, TURN_BOUNDS, f.cpu.sum);
	expose_longest(x, "tocsin_loop_stall_longest_cpu_seconds", "The longest of them, and what it worked on.", &f.cpu);
}
