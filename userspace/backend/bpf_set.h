/* SPDX-License-Identifier: GPL-2.0-only */
/* A set: one program with the maps that it judges by. */
#ifndef TWP_BACKEND_BPF_SET_H
#define TWP_BACKEND_BPF_SET_H

#include "bpf_map.h"

struct twp_bpf_set {
	int program; /* file descriptor; -1: there is no set, and no map */
	struct twp_bpf_maps maps;
};

#define TWP_BPF_SET_NONE ((struct twp_bpf_set){ .program = -1, .maps = TWP_BPF_MAPS_NONE })

void twp_bpf_set_close(struct twp_bpf_set *set);

/* Room for the rows of @image and for some more, but not for more than @sizes. */
void twp_bpf_set_room(uint32_t room[TWP_TABLE_COUNT], const struct twp_image *image,
		      const struct twp_sizes *sizes);

/* Loads the program with empty maps. Return: 0 and @set, or -1 and @error. */
int twp_bpf_set_make(struct twp_bpf_set *set, const uint32_t room[TWP_TABLE_COUNT],
		     struct twp_error *error);

/* Kernel's name of a program's code: of two builds that differ, different. */
int twp_bpf_set_tag(int program, uint8_t tag[BPF_TAG_SIZE], struct twp_error *error);

/**
 * twp_bpf_set_find() - the set of a program that is in the kernel
 * @set: to be closed whatever is returned
 * @program: file descriptor; taken over
 * @tag: of the program that it must be
 *
 * Return: 1; 0 if it is another program or has other maps; -1 and @error.
 */
int twp_bpf_set_find(struct twp_bpf_set *set, int program, const uint8_t tag[BPF_TAG_SIZE],
		     struct twp_error *error);

/* The program's number in the kernel; 0: there is none, or it cannot be asked for. */
uint32_t twp_bpf_set_id(const struct twp_bpf_set *set);

#endif
