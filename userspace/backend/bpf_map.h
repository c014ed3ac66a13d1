/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps of one program of backend bpf: filled, found again, read, pinned. */
#ifndef TWP_BACKEND_BPF_MAP_H
#define TWP_BACKEND_BPF_MAP_H

#include <bpf/bpf.h>

#include "backend.h"

/* File descriptors, by enum twp_table_id; -1 is none. */
struct twp_bpf_maps {
	int fd[TWP_TABLE_COUNT];
	uint32_t room[TWP_TABLE_COUNT]; /* max_entries */
};

#define TWP_BPF_MAPS_NONE ((struct twp_bpf_maps){ .fd = { -1, -1, -1, -1, -1, -1 } })

void twp_bpf_maps_close(struct twp_bpf_maps *maps);

/**
 * twp_bpf_maps_find() - the maps of a program, by name
 * @maps: TWP_BPF_MAPS_NONE; to be closed whatever is returned
 * @program: file descriptor
 *
 * Return: 1; 0 if one is missing or has another type, key or value; -1 and @error.
 */
int twp_bpf_maps_find(struct twp_bpf_maps *maps, int program, struct twp_error *error);

/* Is there room for all rows of @image? */
bool twp_bpf_maps_fit(const struct twp_bpf_maps *maps, const struct twp_image *image);

/* Keys of one table, one behind the other, sorted. */
struct twp_bpf_keys {
	unsigned char *bytes;
	size_t count;
};

static inline const void *twp_bpf_key(const struct twp_bpf_keys *keys, enum twp_table_id id,
				      size_t i)
{
	return keys->bytes + i * twp_table_layouts[id].key_size;
}

/* Puts a table's rows into a map. */
int twp_bpf_map_fill(int map, const struct twp_image *image, enum twp_table_id id,
		     struct twp_error *error);
/* Makes a map hold of @keys what @image says: a row, or none. Other keys are not touched. */
int twp_bpf_map_write(int map, const struct twp_image *image, const struct twp_bpf_keys *keys,
		      enum twp_table_id id, struct twp_error *error);
/* Adds all that a map holds to another one. Fails soon after @stop is set, by another thread. */
int twp_bpf_map_copy(int from, int to, enum twp_table_id id, const bool *stop,
		     struct twp_error *error);
/* Adds all that a map holds to @image. */
int twp_bpf_map_read(int map, struct twp_image *image, enum twp_table_id id,
		     struct twp_error *error);
/* Kernel memory of a map in bytes. */
uint64_t twp_bpf_map_bytes(const struct twp_bpf_maps *maps, enum twp_table_id id);

#define TWP_BPF_PIN_PROGRAM "judge"

/* Replaces the pins below @folder, each at once. Without a BPF file system there: nothing. */
void twp_bpf_pin(const char *folder, int program, const struct twp_bpf_maps *maps);
void twp_bpf_unpin(const char *folder);

#endif
