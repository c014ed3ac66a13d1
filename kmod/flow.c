// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads flows: of tracked packets from conntrack, of all others from their
 * headers. Any context; changes nothing and takes no lock.
 */
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/ndisc.h>

#include "flow.h"

/**
 * twp_transport() - the transport header of a packet
 * @skb: IPv4 or IPv6 packet
 * @protocol: of the header
 *
 * Return: its offset from skb->data; 0 in a fragment that is not the first; or
 * negative if the packet ends before it.
 */
static int twp_transport(const struct sk_buff *skb, u8 *protocol)
{
	const int network = skb_network_offset(skb);
	struct ipv6hdr _ip6;
	const struct ipv6hdr *ip6;
	struct iphdr _ip;
	const struct iphdr *ip;
	const u8 *next;
	__be16 fragment;
	int offset;
	u8 _next;

	if (skb->protocol == htons(ETH_P_IP)) {
		ip = skb_header_pointer(skb, network, sizeof(_ip), &_ip);
		if (!ip || ip->version != 4 || ip->ihl < 5)
			return -EBADMSG;
		*protocol = ip->protocol;
		return ip->frag_off & htons(IP_OFFSET) ? 0 : network + ip->ihl * 4;
	}
	ip6 = skb_header_pointer(skb, network, sizeof(_ip6), &_ip6);
	if (!ip6 || ip6->version != 6)
		return -EBADMSG;
	*protocol = ip6->nexthdr;
	offset = ipv6_skip_exthdr(skb, network + sizeof(*ip6), protocol, &fragment);
	if (offset < 0)
		return -EBADMSG;
	if (!(fragment & htons(~0x7)))
		return offset;
	/* The walk stops at the fragment header: what it carries is the protocol. */
	next = skb_header_pointer(skb, offset, sizeof(_next), &_next);
	if (!next)
		return -EBADMSG;
	*protocol = *next;
	return 0;
}

bool twp_flow_of_packet(const struct sk_buff *skb, struct twp_tuple *tuple)
{
	const int network = skb_network_offset(skb);
	__be16 _ports[2];
	const __be16 *ports;
	const u8 *type;
	int offset;
	u8 _type;

	memset(tuple, 0, sizeof(*tuple));
	offset = twp_transport(skb, &tuple->protocol);
	if (offset < 0)
		return false;
	if (skb->protocol == htons(ETH_P_IP)) {
		tuple->family = TWP_FAMILY_IPV4;
		skb_copy_bits(skb, network + offsetof(struct iphdr, saddr), tuple->client, 4);
		skb_copy_bits(skb, network + offsetof(struct iphdr, daddr), tuple->server, 4);
	} else {
		tuple->family = TWP_FAMILY_IPV6;
		skb_copy_bits(skb, network + offsetof(struct ipv6hdr, saddr), tuple->client, 16);
		skb_copy_bits(skb, network + offsetof(struct ipv6hdr, daddr), tuple->server, 16);
	}
	if (!offset)
		return true;
	if (twp_has_ports(tuple->protocol)) {
		ports = skb_header_pointer(skb, offset, sizeof(_ports), _ports);
		if (!ports)
			return false;
		tuple->port = ports[1];
	} else if (twp_is_icmp(tuple->family, tuple->protocol)) {
		type = skb_header_pointer(skb, offset, sizeof(_type), &_type);
		if (!type)
			return false;
		tuple->port = htons(*type << 8);
	}
	return true;
}

bool twp_flow_is_neighbour(const struct sk_buff *skb)
{
	u8 protocol, _type, _hops;
	const u8 *type, *hops;
	int offset;

	if (skb->protocol != htons(ETH_P_IPV6))
		return false;
	offset = twp_transport(skb, &protocol);
	if (offset <= 0 || protocol != IPPROTO_ICMPV6)
		return false;
	type = skb_header_pointer(skb, offset, sizeof(_type), &_type);
	hops = skb_header_pointer(skb,
				  skb_network_offset(skb) + offsetof(struct ipv6hdr, hop_limit),
				  sizeof(_hops), &_hops);
	if (!type || !hops)
		return false;
	switch (*type) {
	case NDISC_ROUTER_SOLICITATION:
	case NDISC_ROUTER_ADVERTISEMENT:
	case NDISC_NEIGHBOUR_SOLICITATION:
	case NDISC_NEIGHBOUR_ADVERTISEMENT:
	case NDISC_REDIRECT:
		return *hops == 255;
	case ICMPV6_MGM_QUERY:
	case ICMPV6_MGM_REPORT:
	case ICMPV6_MGM_REDUCTION:
	case ICMPV6_MLD2_REPORT:
		return *hops == 1;
	}
	return false;
}

bool twp_flow_is_icmp(const struct sk_buff *skb)
{
	u8 protocol;

	if (twp_transport(skb, &protocol) < 0)
		return false;
	return twp_is_icmp(skb->protocol == htons(ETH_P_IP) ? TWP_FAMILY_IPV4 : TWP_FAMILY_IPV6,
			   protocol);
}
