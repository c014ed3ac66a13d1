/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instruments: what a path costs, as seen by the programs at its ends. Everything
 * runs pinned to CPU 0, since across CPUs one measures wake-ups. Fixed work, not
 * fixed time.
 */
#ifndef TWP_TWINEVAL_MEASURE_H
#define TWP_TWINEVAL_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/error.h"
#include "topology.h"

struct measure_work {
	unsigned int transactions; /* of a request/response run, after the warm-up */
	unsigned int warmup;
	uint64_t bytes; /* of a throughput run */
	unsigned int packets; /* of a pktgen run */
};

struct measure_rr {
	double p50_ns, p99_ns, mean_ns;
};

/* Return of each: 0, or -1 with a sentence. */

/* Requests of 100 bytes, responses of 200, one connection: netperf's TCP_RR. */
int measure_rr(const struct topology_place *place, const struct measure_work *work,
	       struct measure_rr *result, struct twp_error *error);

/* One iperf3 stream, client to server; what the server received. */
int measure_throughput(const struct topology_place *place, const struct measure_work *work,
		       double *mbps, struct twp_error *error);

/* pktgen sends UDP packets of 60 bytes (IPv6: 78) to the server's EVAL_PORT: packets a second of the
 * path, the fastest of three rounds.
 */
int measure_pps(const struct topology_place *place, const struct measure_work *work, double *pps,
		struct twp_error *error);

/* 0 if a TCP connection from client to server's EVAL_PROBE_PORT does not come about though
 * somebody listens there, 1 if it does, -1 with a sentence.
 */
int measure_probe(const struct topology_place *place, struct twp_error *error);

#endif
