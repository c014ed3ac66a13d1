// SPDX-License-Identifier: GPL-2.0-only
/* A packet that takes long: tens of milliseconds under one rcu_read_lock(). */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

volatile __u32 begun, ended;

static long spin(__u32 index, void *context)
{
	(void)index;
	(void)context;
	return 0;
}

SEC("lwt_out")
int hold(struct __sk_buff *skb)
{
	(void)skb;
	begun++;
	for (int i = 0; i < 4; i++)
		bpf_loop(1 << 23, spin, (void *)0, 0);
	ended++;
	return 0;
}

char _license[] SEC("license") = "GPL";
