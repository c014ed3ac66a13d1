// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rows of BPF maps. Moved many at a time, since a system call for each row
 * costs as much as the row itself.
 */
#include "bpf_map.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS_AT_ONCE 4096

struct rows {
	unsigned char *keys;
	unsigned char *values;
};

static int rows_init(struct rows *rows, enum twp_table_id id, size_t count, struct twp_error *error)
{
	rows->keys = calloc(count, twp_table_layouts[id].key_size);
	rows->values = calloc(count, twp_table_layouts[id].value_size);
	if (rows->keys && rows->values)
		return 0;
	return twp_error_set(error, "bpf: out of memory for %zu rows", count);
}

static void rows_clean(struct rows *rows)
{
	free(rows->keys);
	free(rows->values);
	*rows = (struct rows){ 0 };
}

void twp_bpf_maps_close(struct twp_bpf_maps *maps)
{
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		if (maps->fd[id] >= 0)
			close(maps->fd[id]);
	}
	*maps = TWP_BPF_MAPS_NONE;
}

/* Puts @map in its place among @maps. Return: whether it is one of the tables. */
static bool map_place(struct twp_bpf_maps *maps, int map, const struct bpf_map_info *info)
{
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		const struct twp_table_layout *layout = &twp_table_layouts[id];

		if (strcmp(info->name, layout->name))
			continue;
		if (maps->fd[id] >= 0 || info->type != BPF_MAP_TYPE_HASH ||
		    info->key_size != layout->key_size || info->value_size != layout->value_size)
			return false;
		maps->fd[id] = map;
		maps->room[id] = info->max_entries;
		return true;
	}
	return false;
}

int twp_bpf_maps_find(struct twp_bpf_maps *maps, int program, struct twp_error *error)
{
	uint32_t ids[TWP_TABLE_COUNT] = { 0 };
	struct bpf_prog_info info = { .nr_map_ids = TWP_TABLE_COUNT, .map_ids = (uintptr_t)ids };
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(program, &info, &size))
		return twp_error_set(error, "bpf: cannot ask for the program's maps: %s",
				     strerror(errno));
	if (info.nr_map_ids != TWP_TABLE_COUNT)
		return 0;

	for (int i = 0; i < TWP_TABLE_COUNT; i++) {
		struct bpf_map_info map_info = { 0 };
		int map = bpf_map_get_fd_by_id(ids[i]);

		size = sizeof(map_info);
		if (map < 0 || bpf_obj_get_info_by_fd(map, &map_info, &size)) {
			int err = errno;

			if (map >= 0)
				close(map);
			return twp_error_set(error, "bpf: cannot open map %" PRIu32 ": %s", ids[i],
					     strerror(err));
		}
		if (!map_place(maps, map, &map_info)) {
			close(map);
			return 0;
		}
	}
	return 1;
}

bool twp_bpf_maps_fit(const struct twp_bpf_maps *maps, const struct twp_image *image)
{
	for (int id = 0; id < TWP_TABLE_COUNT; id++) {
		if (image->table[id].count > maps->room[id])
			return false;
	}
	return true;
}

static int fill_failed(enum twp_table_id id, int err, struct twp_error *error)
{
	const char *name = twp_table_layouts[id].name;

	if (err == E2BIG)
		return twp_error_set(error, "bpf: table %s is full", name);
	return twp_error_set(error, "bpf: cannot fill table %s: %s", name, strerror(err));
}

/* Row @at of @rows. */
static void row_set(const struct rows *rows, size_t at, enum twp_table_id id, const void *key,
		    const void *value)
{
	const struct twp_table_layout *layout = &twp_table_layouts[id];

	memcpy(rows->keys + at * layout->key_size, key, layout->key_size);
	memcpy(rows->values + at * layout->value_size, value, layout->value_size);
}

int twp_bpf_map_fill(int map, const struct twp_image *image, enum twp_table_id id,
		     struct twp_error *error)
{
	const size_t count = image->table[id].count;
	struct rows rows = { 0 };
	int err = 0;

	if (!count)
		return 0;
	if (rows_init(&rows, id, ROWS_AT_ONCE, error)) {
		rows_clean(&rows);
		return -1;
	}
	for (size_t row = 0; row < count && !err;) {
		uint32_t n = 0;

		for (; n < ROWS_AT_ONCE && row < count; n++, row++)
			row_set(&rows, n, id, twp_row_key(image, id, row),
				twp_row_value(image, id, row));
		if (bpf_map_update_batch(map, rows.keys, rows.values, &n, NULL))
			err = errno;
	}
	rows_clean(&rows);
	return err ? fill_failed(id, err, error) : 0;
}

/* Return: 0 or errno. */
static int keys_delete(int map, const struct twp_image *image, const struct twp_bpf_keys *keys,
		       enum twp_table_id id)
{
	for (size_t i = 0; i < keys->count; i++) {
		const void *key = twp_bpf_key(keys, id, i);

		/* What came with one update and went with the next was never here. */
		if (!twp_image_find(image, id, key) && bpf_map_delete_elem(map, key) &&
		    errno != ENOENT)
			return errno;
	}
	return 0;
}

int twp_bpf_map_write(int map, const struct twp_image *image, const struct twp_bpf_keys *keys,
		      enum twp_table_id id, struct twp_error *error)
{
	const size_t room = keys->count < ROWS_AT_ONCE ? keys->count : ROWS_AT_ONCE;
	struct rows rows = { 0 };
	int err;

	if (!keys->count)
		return 0;
	if (rows_init(&rows, id, room, error)) {
		rows_clean(&rows);
		return -1;
	}
	err = keys_delete(map, image, keys, id); /* first: a full map has room then */
	for (size_t i = 0; i < keys->count && !err;) {
		uint32_t n = 0;

		for (; n < room && i < keys->count; i++) {
			const void *key = twp_bpf_key(keys, id, i);
			const void *value = twp_image_find(image, id, key);

			if (value)
				row_set(&rows, n++, id, key, value);
		}
		if (n && bpf_map_update_batch(map, rows.keys, rows.values, &n, NULL))
			err = errno;
	}
	rows_clean(&rows);
	return err ? fill_failed(id, err, error) : 0;
}

typedef int rows_visit(const struct rows *rows, uint32_t count, enum twp_table_id id, void *context,
		       struct twp_error *error);

/* Calls for all that a map holds, many rows at a time; ends with the first call that fails. */
static int map_walk(int map, enum twp_table_id id, rows_visit *visit, void *context,
		    struct twp_error *error)
{
	uint32_t room = ROWS_AT_ONCE, count, from = 0, to = 0;
	bool first = true, last = false;
	struct rows rows = { 0 };
	int ret;

	ret = rows_init(&rows, id, room, error);
	while (!ret && !last) {
		count = room;
		if (bpf_map_lookup_batch(map, first ? NULL : &from, &to, rows.keys, rows.values,
					 &count, NULL)) {
			if (errno == ENOSPC) { /* a bucket that holds more than the room */
				rows_clean(&rows);
				room *= 2;
				ret = rows_init(&rows, id, room, error);
				continue;
			}
			if (errno != ENOENT) {
				ret = twp_error_set(error, "bpf: cannot read table %s: %s",
						    twp_table_layouts[id].name, strerror(errno));
				break;
			}
			last = true;
		}
		ret = visit(&rows, count, id, context, error);
		from = to;
		first = false;
	}
	rows_clean(&rows);
	return ret;
}

static int rows_add(const struct rows *rows, uint32_t count, enum twp_table_id id, void *context,
		    struct twp_error *error)
{
	const struct twp_table_layout *layout = &twp_table_layouts[id];

	for (uint32_t i = 0; i < count; i++) {
		if (twp_image_add(context, id, rows->keys + i * layout->key_size,
				  rows->values + i * layout->value_size))
			return twp_error_set(error, "bpf: out of memory for table %s",
					     layout->name);
	}
	return 0;
}

int twp_bpf_map_read(int map, struct twp_image *image, enum twp_table_id id,
		     struct twp_error *error)
{
	return map_walk(map, id, rows_add, image, error);
}

struct copy {
	int to;
	const bool *stop;
};

static int rows_copy(const struct rows *rows, uint32_t count, enum twp_table_id id, void *context,
		     struct twp_error *error)
{
	const struct copy *copy = context;

	if (__atomic_load_n(copy->stop, __ATOMIC_RELAXED))
		return twp_error_set(error, "bpf: stopped");
	if (count && bpf_map_update_batch(copy->to, rows->keys, rows->values, &count, NULL))
		return fill_failed(id, errno, error);
	return 0;
}

int twp_bpf_map_copy(int from, int to, enum twp_table_id id, const bool *stop,
		     struct twp_error *error)
{
	struct copy copy = { to, stop };

	return map_walk(from, id, rows_copy, &copy, error);
}

static uint64_t rounded(uint64_t bytes)
{
	return (bytes + 7) & ~7ull;
}

/* As the kernel allocates it: elements of 48 bytes with key and value, buckets of 16 bytes. */
static uint64_t bytes_computed(enum twp_table_id id, uint32_t room)
{
	const struct twp_table_layout *layout = &twp_table_layouts[id];
	const uint64_t element = 48 + rounded(layout->key_size) + rounded(layout->value_size);
	uint64_t buckets = 1;

	while (buckets < room)
		buckets *= 2;
	return element * room + 16 * buckets;
}

uint64_t twp_bpf_map_bytes(const struct twp_bpf_maps *maps, enum twp_table_id id)
{
	const uint64_t computed = bytes_computed(id, maps->room[id]);
	char path[64], line[128];
	uint64_t bytes = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", maps->fd[id]);
	file = fopen(path, "re");
	if (!file)
		return computed;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "memlock: %" SCNu64, &bytes) == 1)
			break;
	}
	fclose(file);
	/* Older kernels, 6.1 among them, tell the size of the keys and values only. */
	return bytes > computed ? bytes : computed;
}
