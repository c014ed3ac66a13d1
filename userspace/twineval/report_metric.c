// SPDX-License-Identifier: GPL-2.0-only
/* What the report knows of a metric. */
#include <string.h>

#include "report_metric.h"

#define BY_PACKETS "A packet is 60 B long, on ipv6 78 B."
#define BY_USERS                                                                                     \
	"All but tc-bpf are changed by their users' programs, whose start and parsing is included; " \
	"tc-bpf by system calls within twineval."
#define BY_TRACER "The tracer's own cost is included: not comparable between datapaths."
#define BY_TABLES                                                                               \
	"With few entries it is what nearly empty tables take, and tells nothing of an entry; " \
	"twinpath-nft's is estimated."

static const struct metric metrics[] = {
	{ "throughput_mbps", "TCP throughput, one stream", true, NULL },
	{ "rr_p50_ns", "transaction of 100 B and 200 B, median", true, NULL },
	/* Of a real clock only: it does not repeat in virtual time. */
	{ "rr_p99_ns", "transaction of 100 B and 200 B, 99th percentile", false, NULL },
	{ "path_pps", "smallest packets through the path", true, BY_PACKETS },
	{ "throughput_percent", "throughput against none, run beside run", false, NULL },
	{ "rr_p50_percent", "median of a transaction against none, run beside run", false, NULL },
	{ "rr_p99_percent", "99th percentile of a transaction against none, run beside run", false,
	  NULL },
	{ "path_percent", "smallest packets against none, run beside run", false, BY_PACKETS },
	{ "held_ns", "time until the change holds", true, BY_USERS },
	{ "apply_ns", "time that the command took", false, BY_USERS },
	{ "lost_packets", "packets lost meanwhile", false, NULL },
	{ "misjudged_packets", "packets misjudged meanwhile", false, NULL },
	{ "late_packets", "packets answered late meanwhile", false, NULL },
	{ "lookup_ns", "one judgement in the kernel", true, NULL },
	{ "entry_bytes", "kernel memory of all tables, divided by N", false, BY_TABLES },
	{ "allow_held_ns", "time until the change back holds", false, BY_USERS },
	{ "allow_apply_ns", "time that the command of the change back took", false, BY_USERS },
	{ "switch_ns", "time of one switch, median", false, NULL },
	{ "switch_max_ns", "time of the slowest switch", false, NULL },
	{ "path_instructions", "instructions of a transaction of two packets, beyond no filter",
	  true, "Functions that add fewer than 3 are left out." },
	{ "total_instructions", "instructions of a whole transaction of two packets, in the kernel",
	  false, NULL },
	{ "path_time_ns", "time of a transaction of two packets, below the hooks", true,
	  "Functions that take less than 3 ns are left out. " BY_TRACER },
	{ "total_ns", "time of a transaction of two packets, all that is below the hooks", false,
	  BY_TRACER },
	{ "trace_calls", "calls a transaction of two packets", false, NULL },
	{ "trace_time_ns", "time within, a transaction of two packets", false, BY_TRACER },
};

static const struct metric unknown;

const struct metric *metric_find(const char *name)
{
	for (size_t i = 0; i < sizeof(metrics) / sizeof(*metrics); i++)
		if (!strcmp(metrics[i].name, name))
			return &metrics[i];
	return &unknown;
}

const char *metric_title(const char *name)
{
	const struct metric *metric = metric_find(name);

	return metric->title ? metric->title : name;
}
