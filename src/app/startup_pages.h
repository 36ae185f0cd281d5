/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/startup_pages.h (private) - memory that only starting needed.
 */
#ifndef APP_STARTUP_PAGES_H
#define APP_STARTUP_PAGES_H

/*
 * Gives the pages of program code touched so far back to the system: libraries
 * run a lot of it once, when they are loaded. Pages that are needed again come
 * back from the page cache. Failure changes nothing.
 */
void startup_pages_release(void);

#endif
