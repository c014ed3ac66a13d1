/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Progress of a run, on standard output: on a terminal one line that is rewritten,
 * elsewhere a line for each network that is made and for each point, so that who waits for
 * something to be said waits for no more than one of these. One run at a time.
 */
#ifndef TWP_TWINEVAL_PROGRESS_H
#define TWP_TWINEVAL_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

/* @total: points to come; those that are skipped are none. */
void progress_begin(size_t total);

/* What is made ready now. */
void progress_setup(const char *name);

/* What is measured now; then comes either of the next two. */
void progress_point(const char *name);
void progress_result(const char *text);
/* Stays to be read on a terminal, too. */
void progress_gap(const char *sentence);

/* How many points and gaps there were. May be called at any time, also without a beginning. */
void progress_end(void);

/* "4 min left", by the mean of the points that are done; "" before the first. */
void progress_left(char text[40], uint64_t elapsed_ns, size_t done, size_t total);

#endif
