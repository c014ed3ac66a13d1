// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backend bpf: runs a program that was handed over by file descriptor. The
 * program looks the flow up in its own maps; modules cannot reach BPF maps.
 *
 * The program judges a flow, not a packet: it is given a private socket buffer,
 * one for each CPU, whose data is a struct twp_tuple. So the packet's control
 * block stays as it is, an IPv6 flow and a fragment look like any other, and
 * there is nothing that the program could change. Type LWT_OUT has direct
 * access to the data, may neither write nor redirect, and returns a free u32.
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/skbuff.h>
#include <net/sch_generic.h>

#include "backend.h"
#include "net.h"

/* Used with softirqs off, so by one at a time. */
static DEFINE_PER_CPU(struct sk_buff *, twp_tuple_skb);

/* The judgement is then in twp_words(). With softirqs off the CPU cannot change. */
static __always_inline u32 twp_run(const struct bpf_prog *program, struct sk_buff *skb,
				   const struct twp_tuple *tuple)
{
	memcpy(skb->data, tuple, sizeof(*tuple));
	return bpf_prog_run(program, skb);
}

static const void *twp_words(const struct sk_buff *skb)
{
	return qdisc_skb_cb(skb)->data;
}

static enum twp_verdict twp_bpf_judge(struct twp_net *tn, const struct twp_tuple *tuple,
				      struct twp_judgement *judgement)
{
	const struct bpf_prog *program = rcu_dereference(tn->program);
	struct sk_buff *skb = this_cpu_read(twp_tuple_skb);
	u32 verdict;

	if (unlikely(!program))
		return TWP_VERDICT_NONE;

	verdict = twp_run(program, skb, tuple);
	if (unlikely(verdict == TWP_VERDICT_NONE || verdict > TWP_VERDICT_DENY))
		return TWP_VERDICT_NONE;

	memcpy(judgement, twp_words(skb), sizeof(*judgement));
	return verdict;
}

/**
 * twp_backend_bpf_generation() - the generation that a program holds
 * @program: of the caller's reference, or under rcu_read_lock(); softirqs off
 *
 * Return: the generation, or 0 if it holds none.
 */
u32 twp_backend_bpf_generation(const struct bpf_prog *program)
{
	const struct twp_tuple ask = { .family = TWP_FAMILY_NONE };

	return twp_run(program, this_cpu_read(twp_tuple_skb), &ask);
}

static u32 twp_bpf_generation(struct twp_net *tn)
{
	const struct bpf_prog *program = rcu_dereference(tn->program);

	return program ? twp_backend_bpf_generation(program) : 0;
}

static bool twp_bpf_bound(struct twp_net *tn)
{
	return rcu_access_pointer(tn->program);
}

const struct twp_backend_ops twp_backend_bpf = {
	.name = "bpf",
	.id = TWP_BACKEND_BPF,
	.judge = twp_bpf_judge,
	.generation = twp_bpf_generation,
	.bound = twp_bpf_bound,
};

/**
 * twp_backend_bpf_get() - take a reference on a program
 * @fd: file descriptor of the calling process
 *
 * Return: the program, or an ERR_PTR: -EBADF, or -EINVAL if it is of another type.
 */
struct bpf_prog *twp_backend_bpf_get(u32 fd)
{
	return bpf_prog_get_type_dev(fd, BPF_PROG_TYPE_LWT_OUT, false);
}

/* Takes over the reference. bpf_prog_put() frees after a grace period of its own. */
void twp_backend_bpf_bind(struct twp_net *tn, struct bpf_prog *program)
{
	program = rcu_replace_pointer(tn->program, program, lockdep_is_held(&tn->lock));
	if (program)
		bpf_prog_put(program);
}

u32 twp_backend_bpf_program_id(struct twp_net *tn)
{
	const struct bpf_prog *program;
	u32 id = 0;

	rcu_read_lock();
	program = rcu_dereference(tn->program);
	if (program)
		id = program->aux->id;
	rcu_read_unlock();
	return id;
}

int twp_backend_bpf_setup(void)
{
	struct sk_buff *skb;
	int cpu;

	for_each_possible_cpu(cpu) {
		skb = alloc_skb(sizeof(struct twp_tuple), GFP_KERNEL);
		if (!skb)
			goto err;
		skb_reset_mac_header(skb);
		skb_reset_network_header(skb);
		skb_put_zero(skb, sizeof(struct twp_tuple));
		bpf_compute_data_pointers(skb);
		per_cpu(twp_tuple_skb, cpu) = skb;
	}
	return 0;

err:
	twp_backend_bpf_teardown();
	return -ENOMEM;
}

void twp_backend_bpf_teardown(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		kfree_skb(per_cpu(twp_tuple_skb, cpu));
		per_cpu(twp_tuple_skb, cpu) = NULL;
	}
}
