// SPDX-License-Identifier: GPL-2.0-only
/*
 * The figures that the text of N. de Bruijn, "eBPF Based Networking" (MSc research
 * project, University of Amsterdam, July 2017) states: containers on a Linux bridge,
 * two hosts with static routes, and the bridge again with offloads on. For iptables
 * the text states the first and the last value of a falling line, for eBPF one value
 * that the number of policies does not change: it stands at both ends of the line. Two
 * hosts: one value each; the lines meet at 200 rules, at a value that is not stated.
 */
#include <stddef.h>

#include "study.h"

#define IPTABLES "iptables (study)"
#define EBPF "eBPF, Cilium (study)"

const struct study_point study[] = {
	{ "throughput", "bridge", EBPF, 0, false, "throughput_mbps", 3640 },
	{ "throughput", "bridge", EBPF, 200, false, "throughput_mbps", 3640 },
	{ "throughput", "bridge", IPTABLES, 0, false, "throughput_mbps", 3170 },
	{ "throughput", "bridge", IPTABLES, 200, false, "throughput_mbps", 2260 },

	{ "throughput", "bridge", EBPF, 0, true, "throughput_mbps", 20800 },
	{ "throughput", "bridge", IPTABLES, 0, true, "throughput_mbps", 20100 },
	{ "throughput", "bridge", IPTABLES, 200, true, "throughput_mbps", 17100 },

	{ "throughput", "hosts", EBPF, 0, false, "throughput_mbps", 2370 },
	{ "throughput", "hosts", IPTABLES, 0, false, "throughput_mbps", 2930 },

	{ "latency", "bridge", EBPF, 0, false, "rr_p50_ns", 18900 },
	{ "latency", "bridge", EBPF, 200, false, "rr_p50_ns", 18900 },
	{ "latency", "bridge", IPTABLES, 0, false, "rr_p50_ns", 19400 },
	{ "latency", "bridge", IPTABLES, 200, false, "rr_p50_ns", 20600 },
	{ NULL, NULL, NULL, 0, false, NULL, 0 },
};
