/* SPDX-License-Identifier: GPL-2.0-only */
/* The tracer's settings as they were found, so that they can be put back. */
#ifndef TWP_TWINEVAL_TRACE_FOUND_H
#define TWP_TWINEVAL_TRACE_FOUND_H

#include <stdbool.h>

#include "policy/error.h"

/* Of tracefs, with a slash at its end. */
extern const char *trace_folder;

/* Writes into a file of tracefs. Return: 0, or -1 with a sentence. */
int trace_set(const char *file, const char *text, bool append, struct twp_error *error);

/* Remembers them, once until they are put back. Return: 0, or -1 with a sentence. */
int trace_found_save(struct twp_error *error);

/* Puts them back, as far as it can, if they were saved. Return: 0, or -1 with the first that was refused. */
int trace_found_restore(struct twp_error *error);

#endif
