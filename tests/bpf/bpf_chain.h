/* SPDX-License-Identifier: GPL-2.0-only */
/* Backend bpf over fake_module.c, and a chain of images in which one rule changes at a time. */
#ifndef TWP_TESTS_BPF_CHAIN_H
#define TWP_TESTS_BPF_CHAIN_H

#include "backend/backend.h"

extern const struct twp_backend_ops *const bpf_ops;
extern struct twp_error bpf_error;
extern void *bpf_backend;

/* Around each test. */
int bpf_start(void **state);
int bpf_stop(void **state);
int bpf_start_with(const struct twp_sizes *sizes);

void bpf_assert_holds(const struct twp_image *image);
void bpf_rebuild(const struct twp_image *image);
/* By the difference of the two. fake.updated and fake.deleted are of this update. */
int bpf_apply(const struct twp_image *before, const struct twp_image *after);
/* Until nothing is done in the background any more. */
void bpf_settle(void);
size_t bpf_rows(const struct twp_image *image);

struct bpf_chain {
	struct twp_image last;
	uint32_t rules;
};

void bpf_chain_start(struct bpf_chain *chain, uint32_t rules);
/* Return: as bpf_apply(). The chain goes on only if it succeeded. */
int bpf_chain_next(struct bpf_chain *chain);
/* The next, and no other row was written; or all of them were. */
void bpf_chain_in_place(struct bpf_chain *chain);
void bpf_chain_loaded(struct bpf_chain *chain);

#endif
