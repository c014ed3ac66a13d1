/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of kmod/uapi/twinpath.h as BPF maps, under the same names. Room is
 * set by the loader before it loads.
 *
 * Preallocated, so that nothing is allocated once they are made.
 */
#ifndef TWP_BPF_TABLES_H
#define TWP_BPF_TABLES_H

#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "twinpath.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct twp_host4_key);
	__type(value, struct twp_host_value);
} host4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct twp_host6_key);
	__type(value, struct twp_host_value);
} host6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct twp_prefix4_key);
	__type(value, struct twp_prefix_value);
} prefix4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct twp_prefix6_key);
	__type(value, struct twp_prefix_value);
} prefix6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct twp_rule_key);
	__type(value, struct twp_rule_value);
} rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct twp_generation_key);
	__type(value, struct twp_generation_value);
} generation SEC(".maps");

#endif
