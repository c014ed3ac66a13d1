/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The identities that the compiler asks for: of addresses that a block tells from
 * others, and of prefixes. Stored beside those of labels, under texts that begin
 * with "=", of prefixes with two.
 */
#ifndef TWP_TWINPATHD_CLASSES_H
#define TWP_TWINPATHD_CLASSES_H

#include "state.h"

/* One row of the store. */
int twp_classes_load(struct twp_state *state, const char *text, uint32_t number,
		     struct twp_error *error);
/* Names them in the state's index by their endpoints. */
void twp_classes_index(struct twp_state *state);

/* The prefix that has this identity, as text; NULL: none. */
const char *twp_classes_prefix(const struct twp_state *state, uint32_t identity);

/* Writes where @next, of a compilation, differs from what is in force. */
int twp_classes_write(const struct twp_state *state, struct twp_identity_log *next,
		      struct twp_store *store, struct twp_error *error);
/* @next is in force, or is not: what is no longer needed can be given again. @next is emptied. */
void twp_classes_commit(struct twp_state *state, struct twp_identity_log *next);
void twp_classes_abort(struct twp_state *state, struct twp_identity_log *next);

#endif
