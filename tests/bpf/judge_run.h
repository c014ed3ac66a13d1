/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs the program on a flow, without the module: BPF_PROG_TEST_RUN. */
#ifndef TWP_TESTS_JUDGE_RUN_H
#define TWP_TESTS_JUDGE_RUN_H

#include <stddef.h>

#include "twinpath.h"

/* Return: the verdict. @length bytes of @tuple are the packet. @ns, if not NULL, of one run out
 * of @repeat.
 */
__u32 judge_run_data(int program, const void *tuple, size_t length, int repeat, __u32 *ns,
		     struct twp_judgement *judgement);
__u32 judge_run(int program, const struct twp_tuple *tuple, struct twp_judgement *judgement);

#endif
