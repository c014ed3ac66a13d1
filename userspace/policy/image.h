/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The image: the six tables of one generation, as both backends hold them.
 * Rows are the bytes of kmod/uapi/twinpath.h, key then value.
 */
#ifndef TWP_POLICY_IMAGE_H
#define TWP_POLICY_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../kmod/uapi/twinpath.h"
#include "error.h"

struct twp_table_layout {
	const char *name; /* "host4", of the nftables map and of the BPF map */
	size_t key_size; /* bytes */
	size_t value_size;
};

extern const struct twp_table_layout twp_table_layouts[TWP_TABLE_COUNT];

/* Rows lie one behind the other; sorted by key (memcmp) after twp_image_seal(). */
struct twp_table {
	unsigned char *rows;
	size_t count;
	size_t room; /* rows that are allocated */
};

struct twp_image {
	uint32_t generation;
	struct twp_table table[TWP_TABLE_COUNT];
};

/* Entries that each table has room for in the kernel. */
struct twp_sizes {
	uint32_t size[TWP_TABLE_COUNT];
};

extern const struct twp_sizes twp_sizes_default; /* 65536 hosts, 65536 prefixes, 1000000 rules */

static inline size_t twp_row_size(enum twp_table_id id)
{
	return twp_table_layouts[id].key_size + twp_table_layouts[id].value_size;
}

static inline const void *twp_row_key(const struct twp_image *image, enum twp_table_id id,
				      size_t row)
{
	return image->table[id].rows + row * twp_row_size(id);
}

static inline const void *twp_row_value(const struct twp_image *image, enum twp_table_id id,
					size_t row)
{
	return image->table[id].rows + row * twp_row_size(id) + twp_table_layouts[id].key_size;
}

void twp_image_init(struct twp_image *image);
void twp_image_clean(struct twp_image *image);
/* @to is overwritten, not cleaned. */
int twp_image_copy(struct twp_image *to, const struct twp_image *from);
/* Appends a row. Return: 0, or -1 if out of memory. */
int twp_image_add(struct twp_image *image, enum twp_table_id id, const void *key,
		  const void *value);
/* Sorts each table. Return: 0, or -1 if a key stands twice with different values. */
int twp_image_seal(struct twp_image *image, struct twp_error *error);
/* In a sealed image; NULL if the key is not there. */
const void *twp_image_find(const struct twp_image *image, enum twp_table_id id, const void *key);
/* Sorts one table by key. */
void twp_image_sort(struct twp_image *image, enum twp_table_id id);
/* Fails, naming table, need and size, unless @need entries fit. */
int twp_sizes_check(const struct twp_sizes *sizes, enum twp_table_id id, size_t need,
		    struct twp_error *error);
/* The same of every table. */
int twp_image_fits(const struct twp_image *image, const struct twp_sizes *sizes,
		   struct twp_error *error);

/* The difference of two sealed images, one table. Rows point into the images. */
struct twp_change {
	const void *key;
	const void *before; /* value, or NULL: the key is added */
	const void *after; /* value, or NULL: the key is removed */
};

struct twp_table_diff {
	struct twp_change *change; /* in the order of the keys */
	size_t count;
	size_t added, removed, changed;
};

struct twp_diff {
	const struct twp_image *before, *after; /* must outlive it */
	struct twp_table_diff table[TWP_TABLE_COUNT];
};

int twp_diff_make(struct twp_diff *diff, const struct twp_image *before,
		  const struct twp_image *after);
void twp_diff_clean(struct twp_diff *diff);
/* Could a flow that passes under @before be denied under @after? May err towards true. */
bool twp_diff_takes_away(const struct twp_diff *diff);

#endif
