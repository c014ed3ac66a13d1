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

/* Headers may lie in fragments of the buffer. They are pulled only then: it costs, and so does what
 * the receiver does with a payload that was pulled along.
 */
static __always_inline int readable(struct __sk_buff *skb, __u32 length)
{
	return (void *)(long)skb->data + length <= (void *)(long)skb->data_end ||
	       !bpf_skb_pull_data(skb, length);
}

static __always_inline int filter4(struct __sk_buff *skb)
{
	struct eval_tc_key4 key = {};
	const struct iphdr *ip;
	const __be16 *port;
	__u32 header;

	if (!readable(skb, ETH_HLEN + sizeof(*ip)))
		return TC_ACT_OK;
	ip = (void *)(long)skb->data + ETH_HLEN;
	if ((const void *)(ip + 1) > (void *)(long)skb->data_end ||
	    ip->frag_off & bpf_htons(FRAGMENT_OFFSET))
		return TC_ACT_OK;
	header = ETH_HLEN + ip->ihl * 4;
	if (!readable(skb, header + 4))
		return TC_ACT_OK;
	ip = (void *)(long)skb->data + ETH_HLEN;
	port = (void *)(long)skb->data + header;
	if ((const void *)(ip + 1) > (void *)(long)skb->data_end ||
	    (const void *)(port + 2) > (void *)(long)skb->data_end)
		return TC_ACT_OK;
	key.source = ip->saddr;
	key.port = port[1];
	key.protocol = ip->protocol;
	return verdict(bpf_map_lookup_elem(&policy4, &key));
}

static __always_inline int filter6(struct __sk_buff *skb)
{
	struct eval_tc_key6 key = {};
	const struct ipv6hdr *ip;
	const __be16 *port;

	if (!readable(skb, ETH_HLEN + sizeof(*ip) + 4))
		return TC_ACT_OK;
	ip = (void *)(long)skb->data + ETH_HLEN;
	port = (const void *)(ip + 1);
	if ((const void *)(port + 2) > (void *)(long)skb->data_end)
		return TC_ACT_OK;
	__builtin_memcpy(key.source, &ip->saddr, sizeof(key.source));
	key.port = port[1];
	key.protocol = ip->nexthdr;
	return verdict(bpf_map_lookup_elem(&policy6, &key));
}

SEC("tc")
int eval_tc(struct __sk_buff *skb)
{
	count();
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
