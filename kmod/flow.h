/* SPDX-License-Identifier: GPL-2.0-only */
/* The flow that a packet belongs to. */
#ifndef TWP_FLOW_H
#define TWP_FLOW_H

#include <linux/skbuff.h>
#include <net/netfilter/nf_conntrack.h>

#include "uapi/twinpath.h"

/**
 * twp_flow_of_conntrack() - the flow of a conntrack entry
 * @ct: entry
 * @tuple: filled, but for the flags
 *
 * The client is the original source, the server and its port the source of
 * the replies: so it is the same at every hook, before and behind address
 * translation.
 */
void twp_flow_of_conntrack(const struct nf_conn *ct, struct twp_tuple *tuple);

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
