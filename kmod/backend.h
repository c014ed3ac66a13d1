/* SPDX-License-Identifier: GPL-2.0-only */
/* A backend: something that holds the tables and judges by them. */
#ifndef TWP_BACKEND_H
#define TWP_BACKEND_H

#include "message.h"
#include "uapi/twinpath.h"

struct twp_net;

struct twp_backend_ops {
	const char *name;
	enum twp_backend_id id;

	/**
	 * @judge: judge a flow, as bpf/judge.h says step by step
	 *
	 * Context: rcu_read_lock(), softirqs off.
	 * Return: a verdict; TWP_VERDICT_NONE, and then nothing in @judgement, if it cannot.
	 */
	enum twp_verdict (*judge)(struct twp_net *tn, const struct twp_tuple *tuple,
				  struct twp_judgement *judgement);

	/**
	 * @generation: that the tables hold; 0 if there are none
	 *
	 * Context: rcu_read_lock(), softirqs off.
	 */
	u32 (*generation)(struct twp_net *tn);

	/* Does it have tables, of whatever generation? Same context. */
	bool (*bound)(struct twp_net *tn);
};

extern const struct twp_backend_ops twp_backend_nft;
extern const struct twp_backend_ops twp_backend_bpf;

/* NULL: there is no such backend. */
const struct twp_backend_ops *twp_backend_find(enum twp_backend_id id);

int twp_backend_nft_setup(void);
void twp_backend_nft_teardown(void);
int twp_backend_bpf_setup(void);
void twp_backend_bpf_teardown(void);

/* The caller holds tn->lock. */
struct bpf_prog *twp_backend_bpf_get(u32 fd);
void twp_backend_bpf_bind(struct twp_net *tn, struct bpf_prog *program);
u32 twp_backend_bpf_generation(const struct bpf_prog *program);
u32 twp_backend_bpf_program_id(struct twp_net *tn);

#endif
