/* SPDX-License-Identifier: Apache-2.0 */
/* A room needs one source file before it has any. */
typedef int empty_room;
