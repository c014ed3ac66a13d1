// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tc-bpf datapath of twineval: one hash lookup a packet at clsact ingress, by source
 * address, protocol and destination port. The value is the verdict; what is not in the map
 * passes, as do fragments behind the first and headers behind IPv6 extensions.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "eval_tc.h"

#define FRAGMENT_OFFSET 0x1fff
#define HEADERS_MAX (ETH_HLEN + 60 + 4) /* with all options of IPv4, and ports */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct eval_tc_key4);
	__type(value, __u32);
} policy4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct eval_tc_key6);
	__type(value, __u32);
} policy6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

static __always_inline void count(void)
{
	__u32 zero = 0;
	__u64 *packets = bpf_map_lookup_elem(&seen, &zero);

	if (packets)
		(*packets)++;
}

static __always_inline int verdict(const __u32 *found)
{
	return found ? (int)*found : TC_ACT_OK;
}

static __always_inline int filter4(struct __sk_buff *skb)
{
	const void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	const struct iphdr *ip = data + ETH_HLEN;
	struct eval_tc_key4 key = {};
	const __be16 *port;

	if ((const void *)(ip + 1) > end || ip->frag_off & bpf_htons(FRAGMENT_OFFSET))
		return TC_ACT_OK;
	port = (const void *)ip + ip->ihl * 4;
	if ((const void *)(port + 2) > end)
		return TC_ACT_OK;
	key.source = ip->saddr;
	key.port = port[1];
	key.protocol = ip->protocol;
	return verdict(bpf_map_lookup_elem(&policy4, &key));
}

static __always_inline int filter6(struct __sk_buff *skb)
{
	const void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	const struct ipv6hdr *ip = data + ETH_HLEN;
	const __be16 *port = (const void *)(ip + 1);
	struct eval_tc_key6 key = {};

	if ((const void *)(port + 2) > end)
		return TC_ACT_OK;
	__builtin_memcpy(key.source, &ip->saddr, sizeof(key.source));
	key.port = port[1];
	key.protocol = ip->nexthdr;
	return verdict(bpf_map_lookup_elem(&policy6, &key));
}

SEC("tc")
int eval_tc(struct __sk_buff *skb)
{
	const __u32 linear = skb->data_end - skb->data;

	count();
	/* Headers may lie in fragments of the buffer. */
	if (linear < HEADERS_MAX && linear < skb->len)
		bpf_skb_pull_data(skb, skb->len < HEADERS_MAX ? skb->len : HEADERS_MAX);
	switch (skb->protocol) {
	case bpf_htons(ETH_P_IP):
		return filter4(skb);
	case bpf_htons(ETH_P_IPV6):
		return filter6(skb);
	default:
		return TC_ACT_OK;
	}
}

char _license[] SEC("license") = "GPL";
