/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TWP_TWINEVAL_LEFT_H
#define TWP_TWINEVAL_LEFT_H

/* twineval left; returns the exit status: 0 nothing is missing, 1 something is, 2 usage */
int left_main(int argc, char **argv);

#endif
