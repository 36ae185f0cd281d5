/* SPDX-License-Identifier: Apache-2.0 */
#include "model/group_name.h"

#include "base/sbuf.h"
#include "text/digest.h"

uint64_t
group_name(struct str receiver, struct str key)
{
	struct sbuf name = SBUF_INIT(SBUF_UNLIMITED);
	unsigned char digest[SHA256_SIZE];
	uint64_t id = 0;

	sbuf_str(&name, receiver);
	sbuf_putc(&name, '\0');
	sbuf_str(&name, key);
	digest_sha256(sbuf_get(&name), digest);
	sbuf_fini(&name);
	for (size_t i = 0; i < 8; i++)
		id = id << 8 | digest[i];
	return id;
}
