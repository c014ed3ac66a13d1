/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Both backends of this network namespace and the module, brought from case to
 * case by the daemon's own code, and asked.
 */
#ifndef TWP_TESTS_AGREE_H
#define TWP_TESTS_AGREE_H

#include "../unit/answers.h"
#include "twinpathd/program.h"
#include "../unit/world.h"

struct agree_kernel {
	struct twp_program program;
	struct twp_image image; /* that both backends should hold */
	uint32_t generation;
	unsigned int applied; /* cases */
	int wrong; /* the side that gets a wrong entry; -1: none does */
	bool planted; /* it has it now */
};

/* @wrong: "nft", "bpf" or NULL. Return: 0; -1 and @error. */
int agree_kernel_open(struct agree_kernel *kernel, const char *wrong, struct twp_error *error);
/* Takes all out of the kernel. */
void agree_kernel_close(struct agree_kernel *kernel);

/*
 * Compiles, and commits the next generation: by the difference to the case before,
 * at times after reading that back, at times built anew.
 */
int agree_kernel_apply(struct agree_kernel *kernel, const struct world *world,
		       struct twp_error *error);

/* @side: of the program: 0 nft, 1 bpf. Asks the module. */
int agree_kernel_ask(struct agree_kernel *kernel, int side, const struct twp_flow *flow,
		     struct tables_answer *answer, struct twp_error *error);

/* agree_flows.c: for tests with packets. */
int agree_flows(unsigned int seed, const char *folder, unsigned int most);

#endif
