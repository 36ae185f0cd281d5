/* SPDX-License-Identifier: Apache-2.0 */
#include "ext_csv.h"

#include "base/rfc3339.h"

void
csv_time(struct sbuf *line, struct wall t)
{
	char text[RFC3339_MAX];

	csv_cell(line, wall_is_zero(t) ? STR("") : (struct str){ text, strfmt_time_format(wall_utc(t), text) });
}

void
csv_fingerprint(struct sbuf *line, uint64_t fingerprint)
{
	csv_cell(line, str_from(fingerprint_text(fingerprint).s));
}

void
csv_labels(struct sbuf *line, const struct labels *l)
{
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);

	labels_format(l, &text);
	csv_cell(line, sbuf_get(&text));
	sbuf_fini(&text);
}

void
csv_words(struct sbuf *line, const struct str *v, size_t n)
{
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < n; i++) {
		if (i > 0 && str_eq(v[i], v[i - 1]))
			continue;
		sbuf_puts(&text, text.n > 0 ? " " : "");
		sbuf_str(&text, v[i]);
	}
	csv_cell(line, sbuf_get(&text));
	sbuf_fini(&text);
}
