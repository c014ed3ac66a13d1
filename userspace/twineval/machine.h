/* SPDX-License-Identifier: GPL-2.0-only */
/* What a figure depends on beside what is measured. */
#ifndef TWP_TWINEVAL_MACHINE_H
#define TWP_TWINEVAL_MACHINE_H

#include <stdbool.h>

struct machine {
	char clock[8]; /* virtual or real */
	char kernel[64]; /* uname -r */
	char cpu[64]; /* model name of /proc/cpuinfo */
	char jit[4]; /* of BPF: on or off */
	char mitigations[64]; /* of Spectre v2, as the kernel says it, shortened */
};

void machine_read(struct machine *machine, bool virtual);

#endif
