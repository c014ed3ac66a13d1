/* SPDX-License-Identifier: GPL-2.0-only */
/* Needs: what a point asks of the machine before anything is made for it. */
#ifndef TWP_TWINEVAL_NEED_H
#define TWP_TWINEVAL_NEED_H

#include "experiment.h"

/* Return of each: 0, or -1 with a sentence that becomes the gap. */
int need_tools(const char *const *tools, struct twp_error *error);
int need_experiment(const struct experiment *experiment, struct twp_error *error);
/* @available: bytes, as of need_memory_available() */
int need_entries(const struct point *point, uint64_t available, struct twp_error *error);
int need_all(const struct point *point, struct twp_error *error);

/* Memory that may be taken without swapping, bytes; UINT64_MAX if the kernel does not tell. */
uint64_t need_memory_available(void);

#endif
