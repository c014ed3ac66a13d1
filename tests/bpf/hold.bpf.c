// SPDX-License-Identifier: GPL-2.0-only
/* A packet that takes long, under one rcu_read_lock(). */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

volatile __u32 begun, ended;
volatile __u32 rounds; /* some 10 ms each */

static long step(__u32 index, void *context)
{
	(void)index;
	(void)context;
	return 0;
}

static long round(__u32 index, void *context)
{
	(void)index;
	bpf_loop(1 << 23, step, context, 0);
	return 0;
}

SEC("lwt_out")
int hold(struct __sk_buff *skb)
{
	(void)skb;
	begun++;
	bpf_loop(rounds, round, (void *)0, 0);
	ended++;
	return 0;
}

char _license[] SEC("license") = "GPL";
