// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program of backend bpf. The module runs it, with softirqs off, on a
 * socket buffer of its own whose data is a struct twp_tuple. The judgement is
 * left in __sk_buff.cb, the verdict is returned; of TWP_FAMILY_NONE the
 * generation that the maps hold.
 */
#include "judge.h"

SEC("lwt_out")
int judge(struct __sk_buff *skb)
{
	const struct twp_tuple *tuple = (void *)(long)skb->data;
	const struct twp_generation_value *held;
	struct twp_judgement judgement;
	__u32 verdict;

	if ((void *)(tuple + 1) > (void *)(long)skb->data_end)
		return TWP_VERDICT_NONE;
	if (twp_unlikely(tuple->family == TWP_FAMILY_NONE)) {
		held = twp_generation_find(TWP_GENERATION_HELD);
		return held ? held->word[0] : 0;
	}

	verdict = twp_judge(tuple, &judgement);
	skb->cb[0] = judgement.client;
	skb->cb[1] = judgement.server;
	skb->cb[2] = judgement.decision[TWP_INGRESS];
	skb->cb[3] = judgement.decision[TWP_EGRESS];
	skb->cb[4] = judgement.lookups;
	return verdict;
}

char _license[] SEC("license") = "GPL";
