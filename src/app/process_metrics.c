/* SPDX-License-Identifier: Apache-2.0 */
#include "process_metrics.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "text/expo.h"

static void
one(struct expo *x, const char *name, const char *help, enum expo_type type, double v)
{
	expo_family(x, name, help, type);
	expo_value(x, v);
}

static double
open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	double n = -3;	/* ".", ".." and the directory itself */

	if (d == NULL)
		return 0;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

void
process_metrics_expose(void *arg, struct expo *x, struct moment now)
{
	const struct wall *started = arg;
	struct rusage usage;
	struct rlimit files;
	unsigned long virtual_pages = 0, resident_pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	(void)now;
	if (f != NULL) {
		if (fscanf(f, "%lu %lu", &virtual_pages, &resident_pages) != 2)
			virtual_pages = resident_pages = 0;
		fclose(f);
	}
	if (getrusage(RUSAGE_SELF, &usage) == 0)
		one(x, "process_cpu_seconds_total", "Processor time used.", EXPO_COUNTER,
		    (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0)
		one(x, "process_max_fds", "Most descriptors that may be open.", EXPO_GAUGE, (double)files.rlim_cur);
	one(x, "process_open_fds", "Descriptors that are open.", EXPO_GAUGE, open_descriptors());
	one(x, "process_resident_memory_bytes", "Memory in use.", EXPO_GAUGE,
	    (double)resident_pages * (double)sysconf(_SC_PAGESIZE));
	one(x, "process_virtual_memory_bytes", "Address space in use.", EXPO_GAUGE,
	    (double)virtual_pages * (double)sysconf(_SC_PAGESIZE));
	one(x, "process_start_time_seconds", "When the process started.", EXPO_GAUGE,
	    (double)started->s + (double)started->ns / 1e9);
}
