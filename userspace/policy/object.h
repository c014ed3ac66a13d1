/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The objects that documents hold, by what names them: "NetworkPolicy shop/web".
 * Of a name there is one object, wherever it stands.
 */
#ifndef TWP_POLICY_OBJECT_H
#define TWP_POLICY_OBJECT_H

#include "policy.h"

/**
 * twp_objects_check() - see that no object stands twice
 * @file: what messages call each policy; NULL: by its name
 *
 * Return: 0; -1 and @errors, each with both places.
 */
int twp_objects_check(const struct twp_policy *policy, size_t policies, const char *const *file,
		      struct twp_errors *errors);

/* The first rule object of @object, or NULL. */
const struct twp_spec *twp_policy_object(const struct twp_policy *policy, const char *object);

/* Is the object called so? "NetworkPolicy shop/web", or "NetworkPolicy/shop/web". */
bool twp_object_is(const char *object, const char *name);

/**
 * twp_policy_cut() - what is left of a policy without some of its objects
 * @cut: filled; untouched on failure
 * @policy: holds them, and another
 * @goes: for each rule object whether it is one of theirs
 *
 * The text is the old one without that of the objects. Fails where that is not a
 * document of its own, so that the rest would not be one.
 */
int twp_policy_cut(struct twp_policy *cut, const struct twp_policy *policy, const bool *goes,
		   struct twp_error *error);

#endif
