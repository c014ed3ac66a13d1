/* SPDX-License-Identifier: GPL-2.0-only */
/* The smallest case that still shows something. */
#ifndef TWP_TESTS_SHRINK_H
#define TWP_TESTS_SHRINK_H

#include <stdbool.h>

#include "generated.h"

/* Is it still there? Files that cannot be read show nothing. */
typedef bool shrink_still(const struct generated *g, void *context);

/**
 * shrink() - take out of @g what is not needed
 * @g: shows it; still does afterwards, and would no more with anything less:
 *	file, item of a list or field of a mapping
 * @tries: at most so many times @still is asked; if that ends it, @g may be larger
 *
 * What is left is written in block style. Return: how often @still was asked.
 */
unsigned int shrink(struct generated *g, unsigned int tries, shrink_still *still, void *context);

#endif
