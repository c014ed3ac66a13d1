// SPDX-License-Identifier: GPL-2.0-only
/* What the report knows of a metric. */
#include <string.h>

#include "report_metric.h"

static const struct metric metrics[] = {
	{ "throughput_mbps", "TCP throughput, one stream", true, NULL },
	{ "rr_p50_ns", "transaction of 100 B and 200 B, median", true, NULL },
	{ "rr_p99_ns", "transaction of 100 B and 200 B, 99th percentile", false,
	  "The 99th percentile does not repeat in virtual time." },
	{ "path_pps", "packets of 60 B through the path", true, NULL },
	{ "throughput_percent", "throughput against none, run beside run", false, NULL },
	{ "rr_p50_percent", "median of a transaction against none, run beside run", false, NULL },
	{ "rr_p99_percent", "99th percentile of a transaction against none, run beside run", false,
	  NULL },
	{ "path_percent", "packets of 60 B against none, run beside run", false, NULL },
	{ "held_ns", "time until the change holds", true, NULL },
	{ "apply_ns", "time that the command took", false, NULL },
	{ "lost_packets", "packets lost meanwhile", false, NULL },
	{ "misjudged_packets", "packets misjudged meanwhile", false, NULL },
	{ "lookup_ns", "one judgement in the kernel", true, NULL },
	{ "entry_bytes", "kernel memory of one entry", false, NULL },
	{ "allow_held_ns", "time until the change back holds", false, NULL },
	{ "allow_apply_ns", "time that the command of the change back took", false, NULL },
	{ "switch_ns", "time of one switch, median", false, NULL },
	{ "switch_max_ns", "time of the slowest switch", false, NULL },
	{ "path_instructions", "instructions of one packet", true, NULL },
	{ "path_time_ns", "time of one packet", true, NULL },
	{ "path_ns", "time of one packet", true, NULL },
	{ "trace_calls", "calls", false, NULL },
	{ "trace_time_ns", "time within", false, NULL },
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
