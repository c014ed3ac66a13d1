/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Times of the phases of a change. The linker puts a clock around the functions
 * that are one (--wrap, see phases.c), so that what is measured is what runs.
 */
#ifndef TWP_BENCH_PHASES_H
#define TWP_BENCH_PHASES_H

/* Forgets what was measured. */
void phases_reset(void);
/* One sample, all phases. */
void phases_begin(void);
void phases_end(void);
/* Median and worst of each, in us; with @whole only of all, under that name. */
void phases_print(const char *whole);

#endif
