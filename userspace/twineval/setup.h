/* SPDX-License-Identifier: GPL-2.0-only */
/* Setup: a network with a filter in it, and the proof that the filter is in the path. */
#ifndef TWP_TWINEVAL_SETUP_H
#define TWP_TWINEVAL_SETUP_H

#include <stdbool.h>
#include <stdint.h>

#include "experiment.h"

struct setup {
	struct topology *topology;
	const struct datapath *datapath;
	struct datapath_filter filter;
	bool offloads;
	bool filters; /* the datapath was set up, or tried to be */
	bool bridge_netfilter; /* bridged packets come by the hooks of IP */
};

/* The folder for the files of datapaths, made once a run. Return: 0 or -1 with a sentence. */
int setup_folder_make(struct twp_error *error);
void setup_folder_remove(void);

/* Return of each: 0, or -1 with a sentence; setup_close() is called in either case. */

/* The network of a point, without a filter: the probe passes, which proves the probe. */
int setup_network(struct setup *setup, const struct point *point, struct twp_error *error);

/* And the filter: from here on the probe is denied if datapath_denies(), and it is counted. */
int setup_filter(struct setup *setup, struct twp_error *error);

/* Is the probe judged as it should be, and counted? */
int setup_prove(const struct setup *setup, struct twp_error *error);

/* Packets that the filter's counter has seen (conntrack: connections); 0 if it has none. */
int setup_hits(const struct setup *setup, uint64_t *packets, struct twp_error *error);

void setup_close(struct setup *setup);

#endif
