/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer/kept.h - bytes of a large message, kept while it is merged or sent rather than copied. Loop thread only.
 */
#ifndef PEER_KEPT_H
#define PEER_KEPT_H

struct kept;

/* One user less; with the last one it goes, in a thread when it is large. Also after the peer is gone. */
void kept_drop(struct kept *k);

#endif
