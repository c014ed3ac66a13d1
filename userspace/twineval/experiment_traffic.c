// SPDX-License-Identifier: GPL-2.0-only
/*
 * Experiments that send packets of one flow and ask what they cost: throughput, latency,
 * complexity, packets per second. The quick grids are chosen so that an emulated guest is done
 * in minutes: a linear datapath pays for each entry with each packet.
 */
#include <unistd.h>

#include "experiments.h"

/* Of a TCP segment at MTU 1500, and of one that offloads put together. */
#define SEGMENT_MAX 1500
#define OFFLOADED_MAX 65536

/* ---- what one run sends */

/* iperf3 ends with its last write: what the socket still holds then, some megabytes, is not sent. */
static uint64_t throughput_packets(const struct point *point)
{
	return point->scenario->work.bytes / 4 / (point->offloads ? OFFLOADED_MAX : SEGMENT_MAX);
}

static uint64_t latency_packets(const struct point *point)
{
	return (uint64_t)point->scenario->work.transactions + point->scenario->work.warmup;
}

static uint64_t complexity_packets(const struct point *point)
{
	return throughput_packets(point) + latency_packets(point);
}

/* The queue of a veth may overflow before the filter, and the rest of a run is still one. */
static uint64_t pps_packets(const struct point *point)
{
	return point->scenario->work.packets / 2;
}

/* ---- what is measured */

static int measure_bytes(struct point *point, experiment_emit emit, void *context,
			 struct twp_error *error)
{
	double mbps;

	if (measure_throughput(point->filter.place, &point->scenario->work, &mbps, error))
		return -1;
	emit(context, "", "throughput_mbps", mbps);
	return 0;
}

/* In virtual time p99 is one interrupt or none, and does not repeat. */
static int measure_latency(struct point *point, experiment_emit emit, void *context,
			   struct twp_error *error)
{
	struct measure_rr rr;

	if (measure_rr(point->filter.place, &point->scenario->work, &rr, error))
		return -1;
	emit(context, "", "rr_p50_ns", rr.p50_ns);
	if (!point->scenario->virtual)
		emit(context, "", "rr_p99_ns", rr.p99_ns);
	return 0;
}

static int measure_complexity(struct point *point, experiment_emit emit, void *context,
			      struct twp_error *error)
{
	if (measure_latency(point, emit, context, error))
		return -1;
	return measure_bytes(point, emit, context, error);
}

static int measure_packets(struct point *point, experiment_emit emit, void *context,
			   struct twp_error *error)
{
	double pps;

	if (measure_pps(point->filter.place, &point->scenario->work, &pps, error))
		return -1;
	emit(context, "", "path_pps", pps);
	return 0;
}

static int pktgen_is_there(struct twp_error *error)
{
	if (access("/proc/net/pktgen/pgctrl", F_OK))
		return twp_error_set(error, "the kernel has no pktgen: modprobe pktgen");
	return 0;
}

/* ---- grids */

/* Throughput and latency: the study's N where it found that iptables falls behind, and on to where
 * hashes are all that is left.
 */
static const struct experiment_grid flow_quick[] = {
	{
		.topologies = GRID_NAMES("routed"),
		.datapaths = GRID_NAMES(GRID_UNFILTERED, GRID_LINEAR),
		.entries = GRID_ENTRIES(0, 1, 200),
		.offloads = GRID_OFF,
	},
	{
		.topologies = GRID_NAMES("routed"),
		.datapaths = GRID_NAMES("iptables-nomatch"),
		.entries = GRID_ENTRIES(10, 50, 100),
		.offloads = GRID_OFF,
	},
	{
		.topologies = GRID_NAMES("routed"),
		.datapaths = GRID_NAMES(GRID_HASHED),
		.entries = GRID_ENTRIES(1, 200, 10000),
		.offloads = GRID_OFF,
	},
	{
		.topologies = GRID_NAMES("routed"),
		.datapaths = GRID_NAMES("nft-labels", GRID_TWINPATH),
		.entries = GRID_ENTRIES(10, 100000),
		.offloads = GRID_OFF,
	},
	{
		.topologies = GRID_NAMES("routed"),
		.datapaths = GRID_NAMES("none", "iptables-nomatch", "nft-set", GRID_TWINPATH),
		.entries = GRID_ENTRIES(200),
		.offloads = GRID_ON,
	},
	{
		.topologies = GRID_NAMES("bridge", "hosts", "vxlan", "macvlan", "ipv6"),
		.datapaths = GRID_NAMES("none", "iptables-nomatch", "nft-set", GRID_TWINPATH),
		.entries = GRID_ENTRIES(200),
		.offloads = GRID_OFF,
	},
	{ 0 },
};

static const struct experiment_grid flow_full[] = {
	{
		.topologies = GRID_NAMES("bridge", "routed", "hosts"),
		.entries = GRID_ENTRIES(0, 1, 5, 10, 25, 50, 100, 200, 1000, 10000, 100000),
		.offloads = GRID_OFF | GRID_ON,
	},
	{
		.topologies = GRID_NAMES("vxlan", "macvlan", "ipv6"),
		.entries = GRID_ENTRIES(0, 1, 200, 10000),
		.offloads = GRID_OFF | GRID_ON,
	},
	{
		.topologies = GRID_NAMES("routed"),
		.datapaths = GRID_NAMES(GRID_HASHED),
		.entries = GRID_ENTRIES(1000000),
		.offloads = GRID_OFF,
	},
	{ 0 },
};

static const struct experiment_grid complexity_quick[] = {
	{
		.topologies = GRID_NAMES("routed"),
		.datapaths = GRID_NAMES("none", "iptables-nomatch", "ipset", "nft-set", "tc-bpf",
					"nft-labels", GRID_TWINPATH),
		.entries = GRID_ENTRIES(0, 10, 50, 200),
		.offloads = GRID_OFF,
	},
	{ 0 },
};

static const struct experiment_grid complexity_full[] = {
	{
		.topologies = GRID_NAMES("bridge", "routed"),
		.entries = GRID_ENTRIES(0, 10, 20, 40, 50, 100, 200, 10000),
		.offloads = GRID_OFF,
	},
	{ 0 },
};

static const struct experiment_grid pps_quick[] = {
	{
		.topologies = GRID_NAMES("routed"),
		.datapaths = GRID_NAMES(GRID_UNFILTERED, GRID_LINEAR),
		.entries = GRID_ENTRIES(1, 200),
		.offloads = GRID_OFF,
	},
	{
		.topologies = GRID_NAMES("routed"),
		.datapaths = GRID_NAMES(GRID_HASHED),
		.entries = GRID_ENTRIES(200, 10000),
		.offloads = GRID_OFF,
	},
	{ 0 },
};

static const struct experiment_grid pps_full[] = {
	{
		.topologies = GRID_NAMES("bridge", "routed", "hosts", "vxlan", "macvlan", "ipv6"),
		.entries = GRID_ENTRIES(1, 200, 10000),
		.offloads = GRID_OFF,
	},
	{
		.topologies = GRID_NAMES("routed"),
		.datapaths = GRID_NAMES(GRID_HASHED),
		.entries = GRID_ENTRIES(100000),
		.offloads = GRID_OFF,
	},
	{ 0 },
};

/* ---- experiments */

const struct experiment experiment_throughput = {
	.name = "throughput",
	.title = "TCP throughput",
	.question = "How much of one TCP stream is left when the filter holds N entries?",
	.grid = { flow_quick, flow_full },
	.paired = true,
	.tools = GRID_NAMES("iperf3"),
	.packets = throughput_packets,
	.measure = measure_bytes,
};

const struct experiment experiment_latency = {
	.name = "latency",
	.title = "Request/response latency",
	.question = "How long does a request of 100 bytes wait for its response of 200 bytes when "
		    "the filter holds N entries?",
	.grid = { flow_quick, flow_full },
	.paired = true,
	.tools = GRID_NAMES("tcp_rr"),
	.packets = latency_packets,
	.measure = measure_latency,
};

const struct experiment experiment_complexity = {
	.name = "complexity",
	.title = "Policy complexity",
	.question = "What does one policy cost that has N rules of ports?",
	.grid = { complexity_quick, complexity_full },
	.shape = DATAPATH_PORTS,
	.paired = true,
	.tools = GRID_NAMES("iperf3", "tcp_rr"),
	.packets = complexity_packets,
	.measure = measure_complexity,
};

const struct experiment experiment_pps = {
	.name = "pps",
	.title = "Packets per second",
	.question = "How many of the smallest packets, 60 bytes and 78 on ipv6, come through when "
		    "nothing else limits them?",
	.grid = { pps_quick, pps_full },
	.paired = true,
	.able = pktgen_is_there,
	.packets = pps_packets,
	.measure = measure_packets,
};
