/* SPDX-License-Identifier: GPL-2.0-only */
/* A sentence that says what went wrong, for the person who asked. */
#ifndef TWP_POLICY_ERROR_H
#define TWP_POLICY_ERROR_H

#include <stddef.h>

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

/* Sentences that are kept, since what follows is read nevertheless. */
#define TWP_ERRORS_MAX 1000

struct twp_errors {
	char **text;
	size_t count;
};

/* Keeps a copy. Return: 0; -1 if there are too many, or no memory is left: then it is time to end. */
int twp_errors_add(struct twp_errors *errors, const char *text);
void twp_errors_clean(struct twp_errors *errors);

#endif
