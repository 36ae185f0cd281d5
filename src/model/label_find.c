/* SPDX-License-Identifier: Apache-2.0 */
#include "model/label_find.h"

/* So many are looked through faster, pointer by pointer, than halved. */
#define FEW 32

const struct label *
label_find(const struct label *sorted, size_t n, const struct istr *name)
{
	while (n > FEW) {
		int d = str_cmp(istr_str(sorted[n / 2].name), istr_str(name));

		if (d == 0)
			return &sorted[n / 2];
		if (d < 0) {
			sorted += n / 2 + 1;
			n -= n / 2 + 1;
		} else {
			n /= 2;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (sorted[i].name == name)
			return &sorted[i];
	return NULL;
}
