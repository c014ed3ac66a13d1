/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's messages, as structures, and the tables that encode them.
 * Fields, units and meaning: proto/twinpath.proto, first part.
 */
#ifndef TWP_MESSAGE_H
#define TWP_MESSAGE_H

#include "wire.h"

enum twp_backend_id {
	TWP_BACKEND_UNSPECIFIED,
	TWP_BACKEND_NFT,
	TWP_BACKEND_BPF,
	TWP_BACKENDS,
};

enum twp_mode {
	TWP_MODE_UNSPECIFIED,
	TWP_MODE_OFF,
	TWP_MODE_AUDIT,
	TWP_MODE_ENFORCE,
	TWP_MODES,
};

enum twp_deny_action {
	TWP_DENY_ACTION_UNSPECIFIED,
	TWP_DENY_ACTION_DROP,
	TWP_DENY_ACTION_REJECT,
	TWP_DENY_ACTIONS,
};

enum twp_failure_policy {
	TWP_FAILURE_POLICY_UNSPECIFIED,
	TWP_FAILURE_POLICY_CLOSED,
	TWP_FAILURE_POLICY_OPEN,
	TWP_FAILURE_POLICIES,
};

enum twp_ethertype_policy {
	TWP_ETHERTYPE_POLICY_UNSPECIFIED,
	TWP_ETHERTYPE_POLICY_DENY,
	TWP_ETHERTYPE_POLICY_PASS,
	TWP_ETHERTYPE_POLICIES,
};

enum twp_reason {
	TWP_REASON_UNSPECIFIED,
	TWP_REASON_ALLOWED,
	TWP_REASON_RULE,
	TWP_REASON_DEFAULT_DENY,
	TWP_REASON_REPLY,
	TWP_REASON_RELATED,
	TWP_REASON_NEIGHBOUR,
	TWP_REASON_LOOPBACK,
	TWP_REASON_JUDGED,
	TWP_REASON_INVALID,
	TWP_REASON_ETHERTYPE,
	TWP_REASON_FORGED,
	TWP_REASON_FAILURE,
	TWP_REASONS,
};

enum twp_event_kind {
	TWP_EVENT_KIND_UNSPECIFIED,
	TWP_EVENT_KIND_VERDICT,
	TWP_EVENT_KIND_ANCHOR_LOST,
	TWP_EVENT_KIND_FALLBACK,
	TWP_EVENT_KIND_FAILURE,
	TWP_EVENT_KINDS,
};

struct twp_msg_get_status_request {
	u8 none; /* a structure has a member */
};

struct twp_msg_backend_status {
	u32 backend;
	bool bound;
	u32 generation;
};

struct twp_msg_module_status {
	char version[32];
	u32 layout;
	u32 mode;
	u32 backend;
	u32 deny_action;
	u32 failure_policy;
	u32 other_ethertypes;
	u32 generation;
	bool host_selected;
	struct twp_msg_backend_status nft;
	struct twp_msg_backend_status bpf;
	u32 program_id;
	u64 switches;
	u64 switch_ns;
	u64 fallbacks;
	u64 failures;
	u64 flows_ended;
	u64 events_lost;
};

struct twp_msg_set_backend_request {
	u32 backend;
};

struct twp_msg_set_mode_request {
	u32 mode;
	u32 deny_action;
	u32 failure_policy;
	u32 other_ethertypes;
};

struct twp_msg_bind_program_request {
	u32 program_fd;
};

struct twp_msg_commit_generation_request {
	u32 generation;
	bool sweep;
	bool host_selected;
	u32 rules;
};

#define TWP_MSG_NAME_MAX 16 /* IFNAMSIZ, with the NUL */
#define TWP_MSG_ADDRESSES 16

struct twp_msg_set_bridge_port_request {
	char name[TWP_MSG_NAME_MAX];
	u32 addresses;
	struct twp_wire_bytes address[TWP_MSG_ADDRESSES];
};

struct twp_msg_get_counters_request {
	u32 first_rule;
};

struct twp_msg_reason_counter {
	u32 reason;
	u32 verdict;
	u64 packets;
	u64 bytes;
};

struct twp_msg_rule_counter {
	u32 rule;
	u64 packets;
	u64 bytes;
};

#define TWP_MSG_REASONS 48 /* TWP_REASONS times the verdicts of struct twp_tuple */
#define TWP_MSG_RULES 256 /* in a page */

struct twp_msg_counters {
	u32 reasons;
	struct twp_msg_reason_counter reason[TWP_MSG_REASONS];
	u32 rules;
	struct twp_msg_rule_counter rule[TWP_MSG_RULES];
	u32 next_rule;
};

struct twp_msg_tuple {
	struct twp_wire_bytes client;
	struct twp_wire_bytes server;
	u32 protocol;
	u32 port;
	bool client_local;
	bool server_local;
};

struct twp_msg_decision {
	u32 verdict;
	u32 rule;
};

struct twp_msg_classify_request {
	u32 backend;
	struct twp_msg_tuple tuple;
};

struct twp_msg_judgement {
	u32 verdict;
	u32 backend;
	u32 generation;
	u32 client;
	u32 server;
	struct twp_msg_decision egress;
	struct twp_msg_decision ingress;
	u32 lookups;
};

#define TWP_MSG_TUPLES 128

struct twp_msg_bench_request {
	u32 backend;
	u32 judgements;
	u32 rounds;
	u32 tuples;
	struct twp_msg_tuple tuple[TWP_MSG_TUPLES];
};

struct twp_msg_bench_result {
	u32 backend;
	u32 judgements;
	u64 lookups;
	u64 min_ns;
	u64 median_ns;
};

struct twp_msg_event {
	u32 kind;
	u64 time_ns;
	u32 backend;
	u32 generation;
	u32 verdict;
	u32 reason;
	struct twp_msg_tuple tuple;
	u32 client;
	u32 server;
	struct twp_msg_decision egress;
	struct twp_msg_decision ingress;
	u32 in_ifindex;
	u32 out_ifindex;
	u64 lost;
};

extern const struct twp_wire_message twp_msg_get_status_request;
extern const struct twp_wire_message twp_msg_module_status;
extern const struct twp_wire_message twp_msg_set_backend_request;
extern const struct twp_wire_message twp_msg_set_mode_request;
extern const struct twp_wire_message twp_msg_bind_program_request;
extern const struct twp_wire_message twp_msg_commit_generation_request;
extern const struct twp_wire_message twp_msg_set_bridge_port_request;
extern const struct twp_wire_message twp_msg_get_counters_request;
extern const struct twp_wire_message twp_msg_counters;
extern const struct twp_wire_message twp_msg_classify_request;
extern const struct twp_wire_message twp_msg_judgement;
extern const struct twp_wire_message twp_msg_bench_request;
extern const struct twp_wire_message twp_msg_bench_result;
extern const struct twp_wire_message twp_msg_event;

#endif
