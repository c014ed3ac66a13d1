// SPDX-License-Identifier: GPL-2.0-only
/*
 * The topologies, as ip(8) is told of them. All neighbours are permanent and all
 * hardware addresses fixed: nothing is learned, asked or forgotten while a path is
 * measured.
 */
#include <stddef.h>

#include "topology.h"
#include "topology_make.h"

#define MAC_CLIENT "02:00:00:00:00:01"
#define MAC_SERVER "02:00:00:00:00:02"
#define MAC_NEAR "02:00:00:00:00:03" /* first hop of the client */
#define MAC_FAR "02:00:00:00:00:04" /* first hop of the server */
#define MAC_A "02:00:00:00:00:05" /* host A towards host B */
#define MAC_B "02:00:00:00:00:06"
#define MAC_TUNNEL_A "02:00:00:00:00:07"
#define MAC_TUNNEL_B "02:00:00:00:00:08"

/* A pair of devices: name, namespace and hardware address of both. */
#define VETH(NAME, SIDE, MAC, PEER, PEER_SIDE, PEER_MAC)                                \
	"link add name " NAME " netns @" SIDE " address " MAC                           \
	" mtu 1500 type veth peer name " PEER " netns @" PEER_SIDE " address " PEER_MAC \
	" mtu 1500\n"
#define UP(DEVICE) "link set " DEVICE " up\n"
#define ADDRESS(ADDRESS, DEVICE) "address add " ADDRESS " dev " DEVICE "\n"
#define NEIGHBOUR(ADDRESS, MAC, DEVICE) \
	"neighbour replace " ADDRESS " lladdr " MAC " dev " DEVICE " nud permanent\n"
#define ROUTE(PREFIX, VIA) "route add " PREFIX " via " VIA "\n"

/* An end of a routed path. */
#define END(OWN, GATEWAY, GATEWAY_MAC) \
	ADDRESS(OWN "/24", "eth0")     \
	UP("eth0") ROUTE("default", GATEWAY) NEIGHBOUR(GATEWAY, GATEWAY_MAC, "eth0")
#define CLIENT_END END("10.1.1.2", "10.1.1.1", MAC_NEAR)
#define SERVER_END END("10.1.2.2", "10.1.2.1", MAC_FAR)
/* And what the client's and the server's router does for it. */
#define CLIENT_PORT \
	ADDRESS("10.1.1.1/24", "client") UP("client") NEIGHBOUR("10.1.1.2", MAC_CLIENT, "client")
#define SERVER_PORT \
	ADDRESS("10.1.2.1/24", "server") UP("server") NEIGHBOUR("10.1.2.2", MAC_SERVER, "server")

/* In virtual time five minutes leap by, and a bridge would forget where everybody is. */
static const struct topology_parts bridge_parts = {
	.family = 4,
	.filter = "bridge",
	.links = VETH("eth0", "client", MAC_CLIENT, "client", "bridge", MAC_NEAR)
		VETH("eth0", "server", MAC_SERVER, "server", "bridge", MAC_FAR)
		"link add name br0 netns @bridge type bridge stp_state 0 forward_delay 0"
		" mcast_snooping 0 ageing_time 4000000000\n",
	.side = {
		{
			.role = "client",
			.commands = ADDRESS("10.1.0.2/24", "eth0") UP("eth0")
			NEIGHBOUR("10.1.0.3", MAC_SERVER, "eth0"),
		},
		{
			.role = "server",
			.commands = ADDRESS("10.1.0.3/24", "eth0") UP("eth0")
			NEIGHBOUR("10.1.0.2", MAC_CLIENT, "eth0"),
		},
		{
			.role = "bridge",
			.commands = UP("br0") "link set client master br0 up\n"
			"link set server master br0 up\n",
		},
	},
};

static struct topology bridge = {
	.name = "bridge",
	.description = "client and server are containers on one Linux bridge, which filters",
	.parts = &bridge_parts,
	.place = {
		.hook = TOPOLOGY_BRIDGE,
		.client_address = "10.1.0.2",
		.server_address = "10.1.0.3",
		.filter_in = "client",
		.filter_out = "server",
		.next_mac = MAC_SERVER,
	},
};

static const struct topology_parts routed_parts = {
	.family = 4,
	.filter = "router",
	.links = VETH("eth0", "client", MAC_CLIENT, "client", "router", MAC_NEAR)
		VETH("eth0", "server", MAC_SERVER, "server", "router", MAC_FAR),
	.side = {
		{
			.role = "client",
			.commands = CLIENT_END,
		},
		{
			.role = "server",
			.commands = SERVER_END,
		},
		{
			.role = "router",
			.commands = CLIENT_PORT SERVER_PORT,
			.forwards = true,
		},
	},
};

static struct topology routed = {
	.name = "routed",
	.description = "client and server are joined by a router over veth, which filters",
	.parts = &routed_parts,
	.place = {
		.hook = TOPOLOGY_FORWARD,
		.client_address = "10.1.1.2",
		.server_address = "10.1.2.2",
		.filter_in = "client",
		.filter_out = "server",
		.next_mac = MAC_NEAR,
	},
};

#define HOST_LINKS                                                      \
	VETH("eth0", "client", MAC_CLIENT, "client", "hosta", MAC_NEAR) \
	VETH("uplink", "hosta", MAC_A, "uplink", "hostb", MAC_B)        \
	VETH("server", "hostb", MAC_FAR, "eth0", "server", MAC_SERVER)
#define UPLINK_A \
	ADDRESS("10.1.0.1/24", "uplink") UP("uplink") NEIGHBOUR("10.1.0.2", MAC_B, "uplink")
#define UPLINK_B \
	ADDRESS("10.1.0.2/24", "uplink") UP("uplink") NEIGHBOUR("10.1.0.1", MAC_A, "uplink")

static const struct topology_parts hosts_parts = {
	.family = 4,
	.filter = "hostb",
	.links = HOST_LINKS,
	.side = {
		{
			.role = "client",
			.commands = CLIENT_END,
		},
		{
			.role = "server",
			.commands = SERVER_END,
		},
		{
			.role = "hosta",
			.commands = CLIENT_PORT UPLINK_A
			ROUTE("10.1.2.0/24", "10.1.0.2"),
			.forwards = true,
		},
		{
			.role = "hostb",
			.commands = SERVER_PORT UPLINK_B
			ROUTE("10.1.1.0/24", "10.1.0.1"),
			.forwards = true,
		},
	},
};

static struct topology hosts = {
	.name = "hosts",
	.description = "client and server are on two hosts with static routes, the server's filters",
	.parts = &hosts_parts,
	.place = {
		.hook = TOPOLOGY_FORWARD,
		.client_address = "10.1.1.2",
		.server_address = "10.1.2.2",
		.filter_in = "uplink",
		.filter_out = "server",
		.next_mac = MAC_NEAR,
	},
};

/* Made in its host: a tunnel's own packets are those of the namespace that it was made in. */
#define TUNNEL(MAC, LOCAL, REMOTE)                                                             \
	"link add name vxlan0 address " MAC " type vxlan id 42 local " LOCAL " remote " REMOTE \
	" dev uplink dstport 4789 nolearning\nlink set vxlan0 mtu 1450 up\n"
#define INNER(DEVICE) "link set " DEVICE " mtu 1450\n"

static const struct topology_parts vxlan_parts = {
	.family = 4,
	.filter = "hostb",
	.links = HOST_LINKS,
	.side = {
		{
			.role = "client",
			.commands = CLIENT_END INNER("eth0"),
		},
		{
			.role = "server",
			.commands = SERVER_END INNER("eth0"),
		},
		{
			.role = "hosta",
			.commands = CLIENT_PORT INNER("client") UPLINK_A
			TUNNEL(MAC_TUNNEL_A, "10.1.0.1", "10.1.0.2") ADDRESS("10.1.3.1/24", "vxlan0")
			NEIGHBOUR("10.1.3.2", MAC_TUNNEL_B, "vxlan0")
			ROUTE("10.1.2.0/24", "10.1.3.2"),
			.forwards = true,
		},
		{
			.role = "hostb",
			.commands = SERVER_PORT INNER("server") UPLINK_B
			TUNNEL(MAC_TUNNEL_B, "10.1.0.2", "10.1.0.1") ADDRESS("10.1.3.2/24", "vxlan0")
			NEIGHBOUR("10.1.3.1", MAC_TUNNEL_A, "vxlan0")
			ROUTE("10.1.1.0/24", "10.1.3.1"),
			.forwards = true,
		},
	},
};

static struct topology vxlan = {
	.name = "vxlan",
	.description = "client and server are on two hosts joined by a VXLAN overlay (inner MTU 1450),"
		       " the server's filters",
	.parts = &vxlan_parts,
	.place = {
		.hook = TOPOLOGY_FORWARD,
		.client_address = "10.1.1.2",
		.server_address = "10.1.2.2",
		.filter_in = "vxlan0",
		.filter_out = "server",
		.next_mac = MAC_NEAR,
	},
};

/*
 * A macvlan's segmentation is always on. A token bucket of a thousand gigabits a second never
 * waits, but cuts to packets what is larger than it; TCP itself, told to send one segment at a
 * time, takes ten times as long for each.
 */
#define SEGMENT "tc qdisc add dev eth0 root tbf rate 1tbit burst 1600b limit 10mb"

static const struct topology_parts macvlan_parts = {
	.family = 4,
	.filter = "server",
	.links = VETH("uplink", "parent", MAC_A, "wire", "parent", MAC_B),
	.side = {
		{
			.role = "parent",
			.commands = UP("wire") UP("uplink")
			"link add link uplink name eth0 netns @client address " MAC_CLIENT
			" type macvlan mode bridge\n"
			"link add link uplink name eth0 netns @server address " MAC_SERVER
			" type macvlan mode bridge\n",
		},
		{
			.role = "client",
			.commands = ADDRESS("10.1.0.2/24", "eth0") UP("eth0")
			NEIGHBOUR("10.1.0.3", MAC_SERVER, "eth0"),
			.segment = SEGMENT,
		},
		{
			.role = "server",
			.commands = ADDRESS("10.1.0.3/24", "eth0") UP("eth0")
			NEIGHBOUR("10.1.0.2", MAC_CLIENT, "eth0"),
			.segment = SEGMENT,
		},
	},
};

static struct topology macvlan = {
	.name = "macvlan",
	.description = "client and server are macvlans of one device, the server's namespace filters;"
		       " with offloads off a token bucket segments, since a macvlan always does",
	.parts = &macvlan_parts,
	.place = {
		.hook = TOPOLOGY_LOCAL_IN,
		.client_address = "10.1.0.2",
		.server_address = "10.1.0.3",
		.filter_in = "eth0",
		.next_mac = MAC_SERVER,
	},
};

static const struct topology_parts ipv6_parts = {
	.family = 6,
	.filter = "server",
	.links = VETH("eth0", "client", MAC_CLIENT, "eth0", "server", MAC_SERVER),
	.side = {
		{
			.role = "client",
			.commands = ADDRESS("fd00:1::2/64", "eth0 nodad") UP("eth0")
			NEIGHBOUR("fd00:1::3", MAC_SERVER, "eth0"),
		},
		{
			.role = "server",
			.commands = ADDRESS("fd00:1::3/64", "eth0 nodad") UP("eth0")
			NEIGHBOUR("fd00:1::2", MAC_CLIENT, "eth0"),
		},
	},
};

static struct topology ipv6 = {
	.name = "ipv6",
	.description = "two namespaces on one veth over IPv6, the server's filters: the shortest path",
	.parts = &ipv6_parts,
	.place = {
		.hook = TOPOLOGY_LOCAL_IN,
		.client_address = "fd00:1::2",
		.server_address = "fd00:1::3",
		.filter_in = "eth0",
		.next_mac = MAC_SERVER,
	},
};

struct topology *const topologies[] = { &bridge, &routed, &hosts, &vxlan, &macvlan, &ipv6, NULL };
