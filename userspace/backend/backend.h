/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A backend on the side of userspace: brings an image into the kernel and
 * reads back what the kernel holds. One ops table each; the module has the
 * other half (kmod/backend.h).
 *
 * All calls are made from one thread, in the network namespace that they
 * concern.
 */
#ifndef TWP_BACKEND_BACKEND_H
#define TWP_BACKEND_BACKEND_H

#include "../policy/image.h"

struct twp_module;

struct twp_backend_usage {
	uint64_t bytes[TWP_TABLE_COUNT]; /* kernel memory; 0: not known */
};

struct twp_backend_ops {
	const char *name; /* "nft", "bpf" */

	/**
	 * @open: connect to the kernel
	 * @module: to bind a program with; outlives the backend
	 * @folder: of this network namespace, where objects are pinned
	 */
	void *(*open)(struct twp_module *module, const char *folder, const struct twp_sizes *sizes,
		      struct twp_error *error);
	void (*close)(void *backend);

	/**
	 * @read: what the kernel holds
	 *
	 * Return: 1 and a sealed image in @image; 0 if the kernel holds nothing that can be
	 * built on (nothing, another layout, other sizes, no anchor, no program): then
	 * only @rebuild helps; -1 and @error.
	 */
	int (*read)(void *backend, struct twp_image *image, struct twp_error *error);

	/**
	 * @apply: bring the kernel from one image to the next
	 * @diff: from what the kernel holds to @image
	 *
	 * At no moment does a packet get what neither image gives. On failure the kernel holds
	 * what it held.
	 */
	int (*apply)(void *backend, const struct twp_image *image, const struct twp_diff *diff,
		     struct twp_error *error);

	/**
	 * @rebuild: make all anew, in one step as the packets see it
	 */
	int (*rebuild)(void *backend, const struct twp_image *image, struct twp_error *error);

	int (*usage)(void *backend, struct twp_backend_usage *usage, struct twp_error *error);

	/* Takes all out of the kernel. */
	int (*destroy)(void *backend, struct twp_error *error);
};

extern const struct twp_backend_ops twp_backend_nft;
extern const struct twp_backend_ops twp_backend_bpf;

#endif
