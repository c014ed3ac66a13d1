/* SPDX-License-Identifier: GPL-2.0-only */
/* Images and flows by chance, out of few addresses, identities and ports, so that they meet. */
#ifndef TWP_TESTS_RANDOM_IMAGE_H
#define TWP_TESTS_RANDOM_IMAGE_H

#include "policy/image.h"

struct random {
	uint64_t state;
};

/* 0 to @below - 1. */
uint32_t random_below(struct random *random, uint32_t below);

/* Initialised, sealed, of @generation. */
void random_image(struct random *random, struct twp_image *image, uint32_t generation);
void random_tuple(struct random *random, struct twp_tuple *tuple);

/**
 * large_image() - @rules entries of exact shape, each hit by large_tuple() of its number
 *
 * 250 endpoints; each rule is there for egress of one end and for ingress of the other.
 */
void large_image(struct twp_image *image, uint32_t rules, uint32_t generation);
void large_tuple(struct twp_tuple *tuple, uint32_t rules, uint32_t number, uint8_t family);

/* Shared by the programs: appends a row, and asserts that there is memory. */
void put_row(struct twp_image *image, enum twp_table_id id, const void *key, const void *value);
void put_generation(struct twp_image *image, uint32_t generation);
void assert_images_equal(const struct twp_image *a, const struct twp_image *b);

#endif
