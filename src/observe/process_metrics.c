/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/process_metrics.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* InOctets and OutOctets of the line pair "IpExt:" (a line of names, then one of values). */
static bool
network_bytes(double *in, double *out)
{
	FILE *f = fopen("/proc/self/net/netstat", "re");
	char names[4096], values[4096];
	bool found = false;

	while (f != NULL && !found && fgets(names, sizeof(names), f) != NULL && fgets(values, sizeof(values), f) != NULL) {
		char *n_rest = NULL, *v_rest = NULL;
		char *n = strtok_r(names, " \n", &n_rest), *v = strtok_r(values, " \n", &v_rest);

		if (n == NULL || strcmp(n, "IpExt:") != 0)
			continue;
		for (; n != NULL && v != NULL; n = strtok_r(NULL, " \n", &n_rest), v = strtok_r(NULL, " \n", &v_rest)) {
			if (strcmp(n, "InOctets") == 0)
				*in = strtod(v, NULL);
			else if (strcmp(n, "OutOctets") == 0)
				*out = strtod(v, NULL);
		}
		found = true;
	}
	if (f != NULL)
		fclose(f);
	return found;
}

static void
expose_network(struct expo *x)
{
	double in = 0, out = 0;

	if (!network_bytes(&in, &out))
		return;
	one(x, "process_network_receive_bytes_total", "Bytes received by the network namespace.", EXPO_COUNTER, in);
	one(x, "process_network_transmit_bytes_total", "Bytes sent by the network namespace.", EXPO_COUNTER, out);
}

void
process_metrics_expose(void *arg, struct expo *x, struct moment now)
{
	const struct wall *started = arg;
	struct rusage usage;
	struct rlimit files, space;
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
	if (getrlimit(RLIMIT_AS, &space) == 0)
		one(x, "process_virtual_memory_max_bytes", "Most address space there may be.", EXPO_GAUGE,
		    (double)space.rlim_cur);
	expose_network(x);
	one(x, "process_open_fds", "Descriptors that are open.", EXPO_GAUGE, open_descriptors());
	one(x, "process_resident_memory_bytes", "Memory in use.", EXPO_GAUGE,
	    (double)resident_pages * (double)sysconf(_SC_PAGESIZE));
	one(x, "process_virtual_memory_bytes", "Address space in use.", EXPO_GAUGE,
	    (double)virtual_pages * (double)sysconf(_SC_PAGESIZE));
	one(x, "process_start_time_seconds", "When the process started.", EXPO_GAUGE,
	    (double)started->s + (double)started->ns / 1e9);
}
