/* SPDX-License-Identifier: GPL-2.0-only */
/* twineval list: what can be measured, and what of it on this machine. */
#ifndef TWP_TWINEVAL_LIST_H
#define TWP_TWINEVAL_LIST_H

/* Returns the exit status. */
int list_main(int argc, char **argv);

#endif
