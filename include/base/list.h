/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/list.h - intrusive doubly linked list.
 *
 * The owner embeds a struct list_node in its own struct; the list owns nothing.
 * Zeroed, a list is empty. Which list a node is in, if any, the owner knows.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stddef.h>

#include "base/compiler.h"

struct list_node {
	struct list_node *prev, *next;
};

struct list {
	struct list_node *first, *last;	/* NULL while empty */
};

/* The node must not be in a list. */
static inline void
list_append(struct list *l, struct list_node *n)
{
	*n = (struct list_node){ .prev = l->last };
	if (l->last != NULL)
		l->last->next = n;
	else
		l->first = n;
	l->last = n;
}

/* The same, before all others. */
static inline void
list_prepend(struct list *l, struct list_node *n)
{
	*n = (struct list_node){ .next = l->first };
	if (l->first != NULL)
		l->first->prev = n;
	else
		l->last = n;
	l->first = n;
}

/* The same, behind `at`, which is in it; NULL: before all others. */
static inline void
list_insert_behind(struct list *l, struct list_node *at, struct list_node *n)
{
	if (at == NULL) {
		list_prepend(l, n);
	} else if (at == l->last) {
		list_append(l, n);
	} else {
		*n = (struct list_node){ .prev = at, .next = at->next };
		at->next->prev = n;
		at->next = n;
	}
}

/* The node must be in this list. */
static inline void
list_remove(struct list *l, struct list_node *n)
{
	if (n->prev != NULL)
		n->prev->next = n->next;
	else
		l->first = n->next;
	if (n->next != NULL)
		n->next->prev = n->prev;
	else
		l->last = n->prev;
	*n = (struct list_node){ 0 };
}

/* The object that the node is embedded in; NULL for NULL. */
#define LIST_ITEM(node, type, member) ((node) != NULL ? CONTAINER_OF(node, type, member) : NULL)

/* Visits all nodes; the current one may be removed in the body, another one must not. */
#define LIST_EACH(l, node)                                                        \
	for (struct list_node *node = (l)->first,                                 \
	    *node##_next = node != NULL ? node->next : NULL;                      \
	    node != NULL;                                                         \
	    node = node##_next, node##_next = node != NULL ? node->next : NULL)

#endif
