/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/leaks.h - whether this program tells of all that is still allocated in the end: one with AddressSanitizer.
 */
#ifndef BASE_LEAKS_H
#define BASE_LEAKS_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAKS_ARE_SOUGHT 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define LEAKS_ARE_SOUGHT 1
#endif
#ifndef LEAKS_ARE_SOUGHT
#define LEAKS_ARE_SOUGHT 0
#endif

#endif
