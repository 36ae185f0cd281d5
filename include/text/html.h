/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/html.h - characters that HTML gives a meaning.
 */
#ifndef TEXT_HTML_H
#define TEXT_HTML_H

#include "base/sbuf.h"
#include "base/str.h"

/* Go html.EscapeString: < > & ' " as &lt; &gt; &amp; &#39; &#34; */
void html_escape(struct sbuf *b, struct str s);
/*
 * The reverse: decimal and hexadecimal references (with HTML5's Windows-1252
 * remapping of 128 to 159), and the named ones of HTML 4 with a semicolon, amp
 * lt gt quot also without. Unknown ones stay as they are.
 */
void html_unescape(struct sbuf *b, struct str s);

#endif
