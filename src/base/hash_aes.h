/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/hash_aes.h (private) - hash128_text with the processor's own rounds of AES.
 *
 * A message authentication code after Pelican (Daemen and Rijmen, "The Pelican MAC
 * Function"): blocks are added to a secret state with four rounds of AES between them, and AES
 * with the key is what comes before and after. Two such chains take turns with
 * the blocks, as a round has to wait for the one before; their results are added up. Two texts of one hash
 * cannot be found without the key, with less than 2^64 tries.
 */
#ifndef BASE_HASH_AES_H
#define BASE_HASH_AES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* False: the processor has none of it, or it is not one that we know how to ask. Looks once. */
bool hash_aes_is_there(void);
/* The key, before all else. */
void hash_aes_seed(const unsigned char key[16]);
/* Only where it is there. */
void hash_aes(uint64_t domain, const void *p, size_t n, uint64_t out[2]);
/*
 * For tables, of mostly short texts: one chain that begins with the key and the length, and ends with four rounds
 * that have keys. Two texts of one hash cannot be found without the key, but for what the table itself tells.
 */
uint64_t hash_aes_table(const void *p, size_t n);

#endif
