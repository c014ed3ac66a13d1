/* SPDX-License-Identifier: GPL-2.0-only */
/* What text may hold that comes from outside: UTF-8 without control characters. */
#ifndef TWP_POLICY_UTF8_H
#define TWP_POLICY_UTF8_H

#include <stddef.h>
#include <stdint.h>

/**
 * twp_utf8_length() - bytes of the character at the beginning
 * @text: not terminated
 * @length: bytes of it, at least 1
 * @character: may be NULL; the code point
 *
 * Return: 1 to 4; 0 if no valid character stands there (RFC 3629: nothing too
 * long, no surrogates, nothing above 10ffff).
 */
size_t twp_utf8_length(const char *text, size_t length, uint32_t *character);

/* Bytes at the beginning of @text that are characters and no control characters, but those that
 * are named in @allowed.
 */
size_t twp_utf8_span(const char *text, size_t length, const char *allowed);

#endif
