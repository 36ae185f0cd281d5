/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/mime.h - what mail needs: bodies, encoded words, addresses, headers.
 */
#ifndef TEXT_MIME_H
#define TEXT_MIME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"

/*
 * RFC 2045 quoted-printable as Go's mime/quotedprintable (text, not binary):
 * lines end in CRLF, are at most 76 columns with soft breaks, and blanks at a
 * line's end are encoded.
 */
void mime_qp_encode(struct sbuf *b, struct str s);

/*
 * RFC 2047, Go mime.QEncoding.Encode(charset, s): s itself when it is
 * printable ASCII (and tabs), else one or more =?utf-8?q?…?= words of at most
 * 75 columns, split at runes' edges and parted by blanks. Only UTF-8 is split.
 */
void mime_q_encode(struct sbuf *b, const char *charset, struct str s);

/* One mailbox of RFC 5322. */
struct mail_address {
	struct str name;	/* display name, decoded; may be empty */
	struct str address;	/* local@domain */
};

struct mail_addresses {
	struct mail_address *v;
	size_t n;
};

/*
 * net/mail.ParseAddressList: comma-separated mailboxes and groups, with
 * comments, quoted strings and encoded words. Errors: mail: no angle-addr, …
 */
bool mail_addresses_parse(struct arena *a, struct str s, struct mail_addresses *out, struct err *e) MUST_CHECK;
/* net/mail.ParseAddress: exactly one. */
bool mail_address_parse(struct arena *a, struct str s, struct mail_address *out, struct err *e) MUST_CHECK;
/* Address.String: "Name" <local@domain>, name quoted or as encoded word, local part quoted if need be. */
void mail_address_format(struct sbuf *b, const struct mail_address *m);

/* Whether name may be the name of a header field (RFC 5322 2.2). */
bool mime_header_name_valid(struct str name);
/*
 * Appends "Name: value\r\n". CR, LF and NUL in value become blanks, so that no
 * field can be smuggled in; lines longer than 78 columns are folded at blanks
 * (a word longer than 998 columns is broken). Value is written as it is
 * otherwise: encode it before. The name must be valid.
 */
void mime_header(struct sbuf *b, struct str name, struct str value);

#endif
