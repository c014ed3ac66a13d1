/* SPDX-License-Identifier: GPL-2.0-only */
/* Bridge ports that have addresses of their own: no other source may come in by them. */
#ifndef TWP_PORT_H
#define TWP_PORT_H

#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "message.h"

#define TWP_PORT_BUCKETS_BITS 8
#define TWP_PORTS_MAX 65536

struct twp_ports {
	struct hlist_head *bucket; /* by interface name; NULL while there is none */
	u32 count;
};

void twp_ports_teardown(struct twp_ports *ports);

/**
 * twp_ports_set() - set the addresses of a port, or forget it
 * @ports: of the namespace; the caller holds its lock
 * @request: no addresses: forget the port
 *
 * Return: 0; -EINVAL if an address has neither 4 nor 16 bytes; -ENOSPC; -ENOMEM.
 */
int twp_ports_set(struct twp_ports *ports, const struct twp_msg_set_bridge_port_request *request);

/* Has @skb, which came in by @in, a source that the port does not have? RCU reader. */
bool twp_ports_forged(const struct twp_ports *ports, const struct net_device *in,
		      const struct sk_buff *skb);

#endif
