/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What bpf/judge.h says, step by step and slowly, over an image: every answer of
 * the program, the lookups too, must be equal to it.
 */
#ifndef TWP_TESTS_REFERENCE_H
#define TWP_TESTS_REFERENCE_H

#include "policy/image.h"

enum twp_verdict reference_judge(const struct twp_image *image, const struct twp_tuple *tuple,
				 struct twp_judgement *judgement);

#endif
