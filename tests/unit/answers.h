/* SPDX-License-Identifier: GPL-2.0-only */
/* One question, several answers: the oracle's, and those of whoever looks tables up. */
#ifndef TWP_TESTS_ANSWERS_H
#define TWP_TESTS_ANSWERS_H

#include <stdio.h>

#include "policy/oracle.h"

/* From tables. */
struct tables_answer {
	const char *of; /* "nft" */
	enum twp_verdict verdict;
	struct twp_judgement judgement;
};

/*
 * Is it what the oracle says: each direction's verdict, the verdict of both, and
 * the rule one of those that decide?
 */
bool answer_is_right(const struct twp_compile_input *input, const struct twp_flow *flow,
		     const struct twp_answer *oracle, const struct tables_answer *answer);

struct twp_tuple flow_tuple(const struct twp_flow *flow);
/* What the tables of an image say. */
struct tables_answer answer_of_image(const struct twp_image *image, const struct twp_flow *flow);

/* "10.0.0.1 to 10.0.0.2, port 80/tcp", as twinctl writes them, and a new line */
void flow_print(const struct twp_flow *flow, FILE *stream);
/* A line each. */
void oracle_print(const struct twp_answer *oracle, FILE *stream);
void answer_print(const struct tables_answer *answer, FILE *stream);

#endif
