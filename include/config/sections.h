/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config/sections.h - the mappings that a configuration is made of, for the manual.
 */
#ifndef CONFIG_SECTIONS_H
#define CONFIG_SECTIONS_H

#include "config/field.h"

struct config_section {
	const char *name, *about;
	const struct field *fields;
};

/* From the top of the file downwards, without those of the kinds of receivers; ends with a NULL name. */
const struct config_section *config_sections(void);

#endif
