/* SPDX-License-Identifier: GPL-2.0-only */
/* A disagreement, shown: the question, the answers, and the smallest case in which it is there. */
#ifndef TWP_TESTS_DISAGREEMENT_H
#define TWP_TESTS_DISAGREEMENT_H

#include <stdio.h>

#include "generated.h"
#include "policy/oracle.h"

/* Asks everybody. @stream: where the answers are shown, or NULL. Return: does any differ? */
typedef bool disagreement_ask(const struct generated *g, const struct twp_flow *flow, FILE *stream,
			      void *context);

/**
 * disagreement_show() - print it, and shrink it
 * @g: shows it; is left with the smallest case
 * @seed: from which it came
 * @tries: in shrinking; each costs an asking
 */
void disagreement_show(struct generated *g, unsigned int seed, const struct twp_flow *flow,
		       unsigned int tries, disagreement_ask *ask, void *context, FILE *stream);

/* Makes one entry of @image wrong, the first of a rule that allows. Return: is there any? */
bool disagreement_plant(struct twp_image *image);

#endif
