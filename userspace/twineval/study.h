/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What N. de Bruijn measured: "eBPF Based Networking", University of Amsterdam,
 * 2017. Only the figures that its text states.
 */
#ifndef TWP_TWINEVAL_STUDY_H
#define TWP_TWINEVAL_STUDY_H

#include <stdbool.h>

struct study_point {
	const char *experiment; /* as in struct row */
	const char *topology;
	const char *datapath; /* the study's word */
	unsigned int entries;
	bool offloads;
	const char *metric; /* as in struct row */
	double value;
};

extern const struct study_point study[]; /* ends with a NULL experiment */

#endif
