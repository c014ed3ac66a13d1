/* SPDX-License-Identifier: GPL-2.0-only */
/* The flow that a packet belongs to. */
#ifndef TWP_FLOW_H
#define TWP_FLOW_H

#include <linux/skbuff.h>
#include <net/netfilter/nf_conntrack.h>

#include "uapi/twinpath.h"

/* Do the ports stand where TCP has them? */
static inline bool twp_has_ports(u8 protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
	case IPPROTO_UDPLITE:
		return true;
	}
	return false;
}

static inline bool twp_is_icmp(u8 family, u8 protocol)
{
	return protocol == (family == TWP_FAMILY_IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

/**
 * twp_flow_of_conntrack() - the flow of a conntrack entry
 * @ct: entry
 * @tuple: filled, but for the flags
 *
 * The client is the original source, the server and its port the source of
 * the replies: so it is the same at every hook, before and behind address
 * translation.
 */
static inline void twp_flow_of_conntrack(const struct nf_conn *ct, struct twp_tuple *tuple)
{
	const struct nf_conntrack_tuple *original = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	const struct nf_conntrack_tuple *reply = &ct->tuplehash[IP_CT_DIR_REPLY].tuple;

	tuple->family = original->src.l3num == NFPROTO_IPV4 ? TWP_FAMILY_IPV4 : TWP_FAMILY_IPV6;
	tuple->protocol = original->dst.protonum;
	tuple->flags = 0;
	memcpy(tuple->client, original->src.u3.all, sizeof(tuple->client));
	memcpy(tuple->server, reply->src.u3.all, sizeof(tuple->server));
	if (likely(twp_has_ports(tuple->protocol)))
		tuple->port = reply->src.u.all;
	else if (twp_is_icmp(tuple->family, tuple->protocol))
		tuple->port = htons(original->dst.u.icmp.type << 8);
	else
		tuple->port = 0;
}

/**
 * twp_flow_of_packet() - the flow as an untracked packet's headers have it
 * @skb: IPv4 or IPv6 packet, its network header set
 * @tuple: filled, but for the flags; the packet's source is the client
 *
 * Return: false if there is no whole header.
 */
bool twp_flow_of_packet(const struct sk_buff *skb, struct twp_tuple *tuple);

/* Is it neighbour discovery (RFC 4861) or multicast listener discovery (RFC 2710, 3810)? */
bool twp_flow_is_neighbour(const struct sk_buff *skb);

/* Is it an ICMP or ICMPv6 packet? */
bool twp_flow_is_icmp(const struct sk_buff *skb);

#endif
