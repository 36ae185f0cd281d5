/* SPDX-License-Identifier: Apache-2.0 */
#include "model/label_find.h"

/* So many are looked through faster, pointer by pointer, than halved. */
#define FEW 32

uint32_t
label_find(const struct labels *l, const struct istr *name)
{
	uint32_t low = 0, high = labels_n(l);

	while (high - low > FEW) {
		uint32_t mid = low + (high - low) / 2;
		int d = str_cmp(istr_str(labels_name(l, mid)), istr_str(name));

		if (d == 0)
			return mid;
		if (d < 0)
			low = mid + 1;
		else
			high = mid;
	}
	while (low < high && labels_name(l, low) != name)
		low++;
	return low < high ? low : labels_n(l);
}
