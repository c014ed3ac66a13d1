/* SPDX-License-Identifier: GPL-2.0-only */
/* A sentence that says what went wrong, for the person who asked. */
#ifndef TWP_POLICY_ERROR_H
#define TWP_POLICY_ERROR_H

struct twp_error {
	char text[1024];
};

/**
 * twp_error_set() - say what went wrong
 * @error: may be NULL
 * @format: as of printf; what does not fit is cut, and control characters are shown as "?", so that
 *	a sentence is one line whatever its arguments hold
 *
 * Return: -1, so that a caller can say and return in one line.
 */
int twp_error_set(struct twp_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
