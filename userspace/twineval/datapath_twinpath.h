/* SPDX-License-Identifier: GPL-2.0-only */
/* The two backends of twinpath as datapaths. */
#ifndef TWP_TWINEVAL_DATAPATH_TWINPATH_H
#define TWP_TWINEVAL_DATAPATH_TWINPATH_H

#include "datapath.h"

extern const struct datapath datapath_twinpath_nft, datapath_twinpath_bpf;

/**
 * twinpath_control() - ask the daemon of the twinpath datapath that is set up
 * @output: if not NULL, set to the JSON that twinctl printed; to be freed
 * @error: filled on failure
 * @format: arguments of twinctl, separated by blanks
 *
 * Return: 0 or -1.
 */
int twinpath_control(char **output, struct twp_error *error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
