/* SPDX-License-Identifier: Apache-2.0 */
#include "text/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
csv_cell(struct sbuf *line, struct str s)
{
	if (line->n > 0 && line->p[line->n - 1] != '\n')
		sbuf_putc(line, ',');
	sbuf_putc(line, '"');
	if (s.n > 0 && memchr("=+-@\t\r", s.p[0], 6) != NULL)
		sbuf_putc(line, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			sbuf_putc(line, '"');
		sbuf_putc(line, s.p[i]);
	}
	sbuf_putc(line, '"');
}

void
csv_number(struct sbuf *line, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	csv_cell(line, str_from(text));
}

void
csv_end(struct sbuf *line)
{
	sbuf_puts(line, "\r\n");
}
