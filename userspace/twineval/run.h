/* SPDX-License-Identifier: GPL-2.0-only */
/* twineval run: measures the points of a scenario, one after the other. */
#ifndef TWP_TWINEVAL_RUN_H
#define TWP_TWINEVAL_RUN_H

/* Returns the exit status: 0 done, with gaps or without, 1 failed, 2 usage, 130 stopped. */
int run_main(int argc, char **argv);

#endif
