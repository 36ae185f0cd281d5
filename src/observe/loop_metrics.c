/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/loop_metrics.h"

#include "loop/turn.h"
#include "text/expo.h"

void
loop_metrics_expose(void *arg, struct expo *x, struct moment now)
{
	struct turn_figures f;

	(void)arg;
	(void)now;
	turn_figures(&f);
	expo_family(x, "tocsin_loop_stall_seconds",
	    "How long single turns of work held the loop, while nothing else could be done.", EXPO_HISTOGRAM);
	expo_histogram(x, f.bounds, f.counts, TURN_BOUNDS, f.sum);
	expo_family(x, "tocsin_loop_stall_longest_seconds", "The longest of them, and what it worked on.", EXPO_GAUGE);
	expo_label(x, "by", f.longest_name != NULL ? str_from(f.longest_name) : STR("nothing"));
	expo_value(x, (double)f.longest / (double)SPAN_S);
}
