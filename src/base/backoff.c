/* SPDX-License-Identifier: Apache-2.0 */
#include "base/backoff.h"

span
backoff_doubled(span first, unsigned n, span most)
{
	span pause = first;

	for (unsigned i = 0; i < n && pause < most; i++)
		pause = pause > most / 2 ? most : pause * 2;
	return pause < most ? pause : most;
}

span
backoff_jittered(span *pause, span most, struct rand *r)
{
	span wait = (span)((double)*pause * (0.5 + rand_double(r)));
	span next = *pause * 3 / 2;

	*pause = next < most ? next : most;
	return wait;
}
