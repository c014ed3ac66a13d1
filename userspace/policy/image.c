// SPDX-License-Identifier: GPL-2.0-only
/* The image: rows of bytes, sorted by key. */
#include "image.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

const struct twp_table_layout twp_table_layouts[TWP_TABLE_COUNT] = {
	[TWP_TABLE_HOST4] = { "host4", sizeof(struct twp_host4_key),
			      sizeof(struct twp_host_value) },
	[TWP_TABLE_HOST6] = { "host6", sizeof(struct twp_host6_key),
			      sizeof(struct twp_host_value) },
	[TWP_TABLE_PREFIX4] = { "prefix4", sizeof(struct twp_prefix4_key),
				sizeof(struct twp_prefix_value) },
	[TWP_TABLE_PREFIX6] = { "prefix6", sizeof(struct twp_prefix6_key),
				sizeof(struct twp_prefix_value) },
	[TWP_TABLE_RULES] = { "rules", sizeof(struct twp_rule_key), sizeof(struct twp_rule_value) },
	[TWP_TABLE_GENERATION] = { "generation", sizeof(struct twp_generation_key),
				   sizeof(struct twp_generation_value) },
};

const struct twp_sizes twp_sizes_default = { {
	[TWP_TABLE_HOST4] = 65536,
	[TWP_TABLE_HOST6] = 65536,
	[TWP_TABLE_PREFIX4] = 65536,
	[TWP_TABLE_PREFIX6] = 65536,
	[TWP_TABLE_RULES] = 1000000,
	[TWP_TABLE_GENERATION] = 4,
} };

void twp_image_init(struct twp_image *image)
{
	*image = (struct twp_image){ 0 };
}

void twp_image_clean(struct twp_image *image)
{
	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		free(image->table[id].rows);
	twp_image_init(image);
}

int twp_image_copy(struct twp_image *to, const struct twp_image *from)
{
	struct twp_image copy = { .generation = from->generation };

	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		const struct twp_table *table = &from->table[id];

		if (!table->count)
			continue;
		copy.table[id].rows = reallocarray(NULL, table->count, twp_row_size(id));
		if (!copy.table[id].rows) {
			twp_image_clean(&copy);
			return -1;
		}
		memcpy(copy.table[id].rows, table->rows, table->count * twp_row_size(id));
		copy.table[id].count = copy.table[id].room = table->count;
	}
	*to = copy;
	return 0;
}

int twp_image_add(struct twp_image *image, enum twp_table_id id, const void *key, const void *value)
{
	const struct twp_table_layout *layout = &twp_table_layouts[id];
	struct twp_table *table = &image->table[id];
	unsigned char *row;

	if (table->count == table->room) {
		size_t room = table->room ? 2 * table->room : 64;

		row = reallocarray(table->rows, room, twp_row_size(id));
		if (!row)
			return -1;
		table->rows = row;
		table->room = room;
	}
	row = table->rows + table->count++ * twp_row_size(id);
	memcpy(row, key, layout->key_size);
	memcpy(row + layout->key_size, value, layout->value_size);
	return 0;
}

static int key_compare(const void *a, const void *b, void *size)
{
	return memcmp(a, b, *(const size_t *)size);
}

/* The order of memcmp() over the 16 bytes of a rule's key, two comparisons at most. */
static int rule_key_compare(const void *a, const void *b)
{
	uint64_t x[2], y[2];

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	for (int i = 0; i < 2; i++)
		if (x[i] != y[i])
			return be64toh(x[i]) < be64toh(y[i]) ? -1 : 1;
	return 0;
}

/* The compiler's rows are sorted when the image is sealed; to see that costs little. */
static bool is_sorted(const struct twp_image *image, enum twp_table_id id)
{
	const struct twp_table *table = &image->table[id];
	const size_t key_size = twp_table_layouts[id].key_size, size = twp_row_size(id);

	for (size_t i = 1; i < table->count; i++)
		if (memcmp(table->rows + (i - 1) * size, table->rows + i * size, key_size) > 0)
			return false;
	return true;
}

void twp_image_sort(struct twp_image *image, enum twp_table_id id)
{
	struct twp_table *table = &image->table[id];
	size_t key_size = twp_table_layouts[id].key_size;

	if (!table->count || is_sorted(image, id))
		return;
	if (id == TWP_TABLE_RULES)
		qsort(table->rows, table->count, twp_row_size(id), rule_key_compare);
	else
		qsort_r(table->rows, table->count, twp_row_size(id), key_compare, &key_size);
}

_Static_assert(sizeof(struct twp_rule_key) == 16, "rule_key_compare() reads two halves");

int twp_image_seal(struct twp_image *image, struct twp_error *error)
{
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		struct twp_table *table = &image->table[id];
		size_t size = twp_row_size(id), kept = 0;

		twp_image_sort(image, id);
		for (size_t i = 0; i < table->count; i++) {
			unsigned char *row = table->rows + i * size;
			unsigned char *last = kept ? table->rows + (kept - 1) * size : NULL;

			if (!last || memcmp(last, row, twp_table_layouts[id].key_size))
				memmove(table->rows + kept++ * size, row, size);
			else if (memcmp(last, row, size))
				return twp_error_set(error, "table %s has two values for one key",
						     twp_table_layouts[id].name);
		}
		table->count = kept;
	}
	return 0;
}

const void *twp_image_find(const struct twp_image *image, enum twp_table_id id, const void *key)
{
	size_t key_size = twp_table_layouts[id].key_size;
	size_t low = 0, high = image->table[id].count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(twp_row_key(image, id, middle), key, key_size);

		if (!order)
			return twp_row_value(image, id, middle);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

int twp_sizes_check(const struct twp_sizes *sizes, enum twp_table_id id, size_t need,
		    struct twp_error *error)
{
	if (need <= sizes->size[id])
		return 0;
	return twp_error_set(error, "table %s needs %zu entries and has room for %u",
			     twp_table_layouts[id].name, need, sizes->size[id]);
}

int twp_image_fits(const struct twp_image *image, const struct twp_sizes *sizes,
		   struct twp_error *error)
{
	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		if (twp_sizes_check(sizes, id, image->table[id].count, error))
			return -1;
	return 0;
}
