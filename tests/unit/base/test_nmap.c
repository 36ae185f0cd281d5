/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The map of numbered objects: the tests of base/hmap.h but for those that iterate. Some of the objects are in slabs, if no sanitizer
 * watches over them, and the others on the heap.
 */
#define NUMBERED
#include "base/nmap.h"

#include "base/numbered.h"
#include "base/slab.h"

#include <string.h>

#define hmap nmap
#define hmap_node nmap_node
#define hmap_line nmap_line
#define hmap_fini nmap_fini
#define hmap_insert nmap_insert
#define hmap_remove nmap_remove
#define hmap_shrink_some nmap_shrink_some
#define hmap_reserve nmap_reserve
#define hmap_fetch nmap_fetch
#define hmap_fetch_node nmap_fetch_node
#define hmap_first nmap_first
#define NEXT(m, node) nmap_next(m, node)
#define NEW_THING() numbered_alloc(sizeof(struct thing))
#define FREE_THING numbered_free
#define BEGIN_MAP(m) ((m)->offset = offsetof(struct thing, node))
#define HASH uint32_t

#include "test_hmap.c"
