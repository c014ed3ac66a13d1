/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers that must outlive a compile: identities of label sets, and numbers
 * of rules. Both are handed out from a cursor that moves on, so that a number
 * comes back only after all others were used: no packet still carries its old
 * meaning.
 */
#ifndef TWP_POLICY_IDENTITY_H
#define TWP_POLICY_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct twp_numbers;

/* What has a number: the canonical text of labels, or "policy/section" of a rule. */
typedef void twp_number_visit(const char *text, uint32_t number, void *context);

/* Numbers from @first to @last, both included. NULL if out of memory. */
struct twp_numbers *twp_numbers_alloc(const char *what, uint32_t first, uint32_t last);
void twp_numbers_free(struct twp_numbers *numbers);
/* As read from the store. */
int twp_numbers_restore(struct twp_numbers *numbers, const char *text, uint32_t number,
			struct twp_error *error);
uint32_t twp_numbers_cursor(const struct twp_numbers *numbers);
void twp_numbers_set_cursor(struct twp_numbers *numbers, uint32_t cursor);
/* The number of @text, a new one if it has none. 0: none is left, @error says so. */
uint32_t twp_numbers_get(struct twp_numbers *numbers, const char *text, struct twp_error *error);
/* 0: it has none. */
uint32_t twp_numbers_find(const struct twp_numbers *numbers, const char *text);
void twp_numbers_put(struct twp_numbers *numbers, const char *text);
/* Highest number in use; 0: none. */
uint32_t twp_numbers_highest(const struct twp_numbers *numbers);
void twp_numbers_walk(const struct twp_numbers *numbers, twp_number_visit *visit, void *context);

#endif
