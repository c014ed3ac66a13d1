/* SPDX-License-Identifier: GPL-2.0-only */
/* An update of the compiler: what compile_update.c and compile_update_classes.c share. */
#ifndef TWP_POLICY_COMPILE_UPDATE_H
#define TWP_POLICY_COMPILE_UPDATE_H

#include "compiler.h"

struct twp_update {
	struct twp_compiler *c;
	struct twp_compiled *before;
	const struct twp_compile_change *change;
	uint32_t *class_of; /* by identity, up to TWP_IDENTITY_LABELS_MAX */
	uint8_t *leaves; /* likewise: TWP_LEAVES_AS_... */
	struct twp_address *left; /* of endpoints that are gone, sorted */
	size_t lefts;
	uint32_t *identity; /* of each address of the fresh endpoints */
	uint32_t *dirty; /* numbers of classes */
	size_t dirties;
	uint32_t *fresh; /* likewise: the new ones */
	size_t freshes, vanished;
	struct twp_label_index dirty_index, fresh_index;
	bool own_identity; /* a class that has one came or went */
	size_t given; /* identities that were not there before */
	uint32_t cursor; /* of the identities, before */
};

#define TWP_UPDATE_IDENTITIES (TWP_IDENTITY_LABELS_MAX + 1)

/* The classes before without those that vanish, and with those that appear. */
int twp_update_classes(struct twp_update *u);
/* What an address of an endpoint makes a member of. */
struct twp_member twp_update_member(const struct twp_update *u, const struct twp_endpoint *endpoint,
				    size_t address);

#endif
