// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bridge ports with addresses of their own. Known by name, so that a port that
 * is made again under its name is guarded from its first packet on.
 *
 * Read by packets under RCU; changed under the namespace's lock.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/jhash.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "flow.h"
#include "port.h"

struct twp_port_address {
	u8 family;
	__be32 address[4];
};

struct twp_port {
	struct hlist_node node;
	struct rcu_head rcu;
	char name[IFNAMSIZ];
	u32 addresses;
	struct twp_port_address address[];
};

static_assert(TWP_MSG_NAME_MAX == IFNAMSIZ);

static u32 twp_port_hash(const char *name)
{
	return jhash(name, strnlen(name, IFNAMSIZ), 0) & ((1u << TWP_PORT_BUCKETS_BITS) - 1);
}

static struct twp_port *twp_port_find(const struct twp_ports *ports, const char *name)
{
	const struct hlist_head *bucket = READ_ONCE(ports->bucket);
	struct twp_port *port;

	if (!bucket)
		return NULL;
	hlist_for_each_entry_rcu(port, &bucket[twp_port_hash(name)], node, true) {
		if (!strncmp(port->name, name, IFNAMSIZ))
			return port;
	}
	return NULL;
}

static struct twp_port *twp_port_alloc(const struct twp_msg_set_bridge_port_request *request)
{
	struct twp_port *port;
	u32 i;

	port = kzalloc(struct_size(port, address, request->addresses), GFP_KERNEL_ACCOUNT);
	if (!port)
		return ERR_PTR(-ENOMEM);
	strscpy(port->name, request->name, sizeof(port->name));
	port->addresses = request->addresses;
	for (i = 0; i < request->addresses; i++) {
		const struct twp_wire_bytes *bytes = &request->address[i];

		if (bytes->length != 4 && bytes->length != 16) {
			kfree(port);
			return ERR_PTR(-EINVAL);
		}
		port->address[i].family = bytes->length == 4 ? TWP_FAMILY_IPV4 : TWP_FAMILY_IPV6;
		memcpy(port->address[i].address, bytes->data, bytes->length);
	}
	return port;
}

int twp_ports_set(struct twp_ports *ports, const struct twp_msg_set_bridge_port_request *request)
{
	struct twp_port *port = NULL, *old;
	struct hlist_head *bucket;

	if (!ports->bucket) {
		bucket = kcalloc(1u << TWP_PORT_BUCKETS_BITS, sizeof(*bucket), GFP_KERNEL_ACCOUNT);
		if (!bucket)
			return -ENOMEM;
		/* A reader sees empty buckets or none. */
		smp_store_release(&ports->bucket, bucket);
	}
	old = twp_port_find(ports, request->name);
	if (request->addresses) {
		if (!old && ports->count >= TWP_PORTS_MAX)
			return -ENOSPC;
		port = twp_port_alloc(request);
		if (IS_ERR(port))
			return PTR_ERR(port);
	}

	if (old && port)
		hlist_replace_rcu(&old->node, &port->node);
	else if (old)
		hlist_del_rcu(&old->node);
	else if (port)
		hlist_add_head_rcu(&port->node, &ports->bucket[twp_port_hash(port->name)]);
	WRITE_ONCE(ports->count, ports->count + !!port - !!old);
	if (old)
		kfree_rcu(old, rcu);
	return 0;
}

/* No reader is left. */
void twp_ports_teardown(struct twp_ports *ports)
{
	struct hlist_node *next;
	struct twp_port *port;
	unsigned int i;

	if (!ports->bucket)
		return;
	for (i = 0; i < 1u << TWP_PORT_BUCKETS_BITS; i++) {
		hlist_for_each_entry_safe(port, next, &ports->bucket[i], node)
			kfree(port);
	}
	kfree(ports->bucket);
	ports->bucket = NULL;
	ports->count = 0;
}

/* The unspecified address is what a host has before it has any: DHCP, duplicate detection. */
static bool twp_source(const struct sk_buff *skb, struct twp_port_address *source)
{
	const int network = skb_network_offset(skb);

	if (skb->protocol == htons(ETH_P_IP)) {
		source->family = TWP_FAMILY_IPV4;
		return !skb_copy_bits(skb, network + offsetof(struct iphdr, saddr), source->address,
				      4);
	}
	source->family = TWP_FAMILY_IPV6;
	return !skb_copy_bits(skb, network + offsetof(struct ipv6hdr, saddr), source->address, 16);
}

bool twp_ports_forged(const struct twp_ports *ports, const struct net_device *in,
		      const struct sk_buff *skb)
{
	struct twp_port_address source = {};
	const struct twp_port *port;
	u32 i;

	if (likely(!READ_ONCE(ports->count)))
		return false;
	port = twp_port_find(ports, in->name);
	if (!port)
		return false;
	if (!twp_source(skb, &source))
		return true;
	if (!memchr_inv(source.address, 0, sizeof(source.address)))
		return false;
	for (i = 0; i < port->addresses; i++) {
		if (port->address[i].family == source.family &&
		    !memcmp(port->address[i].address, source.address, sizeof(source.address)))
			return false;
	}
	return !twp_flow_is_neighbour(skb);
}
