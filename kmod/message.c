// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of the module's messages: the first part of proto/twinpath.proto,
 * once more. tests/unit/test_message.c holds them against the schema; here the
 * compiler holds them against the structures. Constant, so without context.
 */
#include "message.h"
#include "uapi/twinpath.h"

#define MEMBER(s, m) (((struct twp_msg_##s *)NULL)->m)
#define ELEMENTS(s, m) (sizeof(MEMBER(s, m)) / sizeof(MEMBER(s, m)[0]))

/* 0, or an error of the compiler where @m is of another type. */
#define CHECK(s, m, type) \
	sizeof(struct { int : -!__builtin_types_compatible_p(__typeof__(MEMBER(s, m)), type); })
#define OFFSET(s, m, type) (offsetof(struct twp_msg_##s, m) + CHECK(s, m, type))

/* (structure, member, number): a member is named as its field. */
#define FIELD(s, m, n, t, ctype) \
	.name = #m, .number = (n), .type = (t), .offset = OFFSET(s, m, ctype)
#define UINT32(s, m, n) FIELD(s, m, n, TWP_WIRE_UINT32, u32)
#define UINT64(s, m, n) FIELD(s, m, n, TWP_WIRE_UINT64, u64)
#define BOOL(s, m, n) FIELD(s, m, n, TWP_WIRE_BOOL, bool)
#define BYTES(s, m, n) FIELD(s, m, n, TWP_WIRE_BYTES, struct twp_wire_bytes)
#define STRING(s, m, n) FIELD(s, m, n, TWP_WIRE_STRING, char[ELEMENTS(s, m)]), .max = ELEMENTS(s, m)

/* @last is the highest value of the schema. */
#define ENUM(s, m, n, last) UINT32(s, m, n), .max = (last)

/* @of names the message and its structure. */
#define MESSAGE(s, m, n, of) \
	FIELD(s, m, n, TWP_WIRE_MESSAGE, struct twp_msg_##of), .message = &of##_message

/* @c is the member that counts the elements. */
#define ARRAY(s, m, c) \
	.repeat = ELEMENTS(s, m), .stride = sizeof(MEMBER(s, m)[0]), .count = OFFSET(s, c, u32)
#define REPEATED_BYTES(s, m, n, c) \
	FIELD(s, m, n, TWP_WIRE_BYTES, struct twp_wire_bytes[ELEMENTS(s, m)]), ARRAY(s, m, c)
#define REPEATED_MESSAGE(s, m, n, of, c)                                                       \
	FIELD(s, m, n, TWP_WIRE_MESSAGE, struct twp_msg_##of[ELEMENTS(s, m)]), ARRAY(s, m, c), \
		.message = &of##_message

#define TABLE(s, n)                                                           \
	.name = (n), .size = sizeof(struct twp_msg_##s), .field = s##_fields, \
	.fields = sizeof(s##_fields) / sizeof(s##_fields[0])

/* messages in messages */

static const struct twp_wire_field backend_status_fields[] = {
	{ ENUM(backend_status, backend, 1, TWP_BACKENDS - 1) },
	{ BOOL(backend_status, bound, 2) },
	{ UINT32(backend_status, generation, 3) },
};
static const struct twp_wire_message backend_status_message = {
	TABLE(backend_status, "BackendStatus"),
};

static const struct twp_wire_field reason_counter_fields[] = {
	{ ENUM(reason_counter, reason, 1, TWP_REASONS - 1) },
	{ ENUM(reason_counter, verdict, 2, TWP_VERDICT_DENY) },
	{ UINT64(reason_counter, packets, 3) },
	{ UINT64(reason_counter, bytes, 4) },
};
static const struct twp_wire_message reason_counter_message = {
	TABLE(reason_counter, "ReasonCounter"),
};

static const struct twp_wire_field rule_counter_fields[] = {
	{ UINT32(rule_counter, rule, 1) },
	{ UINT64(rule_counter, packets, 2) },
	{ UINT64(rule_counter, bytes, 3) },
};
static const struct twp_wire_message rule_counter_message = {
	TABLE(rule_counter, "RuleCounter"),
};

static const struct twp_wire_field tuple_fields[] = {
	{ BYTES(tuple, client, 1) },	  { BYTES(tuple, server, 2) },
	{ UINT32(tuple, protocol, 3) },	  { UINT32(tuple, port, 4) },
	{ BOOL(tuple, client_local, 5) }, { BOOL(tuple, server_local, 6) }, /* of the host */
};
static const struct twp_wire_message tuple_message = {
	TABLE(tuple, "Tuple"),
};

static const struct twp_wire_field decision_fields[] = {
	{ ENUM(decision, verdict, 1, TWP_VERDICT_DENY) },
	{ UINT32(decision, rule, 2) },
};
static const struct twp_wire_message decision_message = {
	TABLE(decision, "Decision"),
};

/* messages of commands, in the order of the schema */

const struct twp_wire_message twp_msg_get_status_request = {
	.name = "GetStatusRequest",
	.size = sizeof(struct twp_msg_get_status_request),
};

static const struct twp_wire_field module_status_fields[] = {
	{ STRING(module_status, version, 1) },
	{ UINT32(module_status, layout, 2) },
	{ ENUM(module_status, mode, 3, TWP_MODES - 1) },
	{ ENUM(module_status, backend, 4, TWP_BACKENDS - 1) },
	{ ENUM(module_status, deny_action, 5, TWP_DENY_ACTIONS - 1) },
	{ ENUM(module_status, failure_policy, 6, TWP_FAILURE_POLICIES - 1) },
	{ ENUM(module_status, other_ethertypes, 7, TWP_ETHERTYPE_POLICIES - 1) },
	{ UINT32(module_status, generation, 8) },
	{ BOOL(module_status, host_selected, 9) },
	{ MESSAGE(module_status, nft, 10, backend_status) },
	{ MESSAGE(module_status, bpf, 11, backend_status) },
	{ UINT32(module_status, program_id, 12) },
	{ UINT64(module_status, switches, 13) },
	{ UINT64(module_status, switch_ns, 14) },
	{ UINT64(module_status, fallbacks, 15) },
	{ UINT64(module_status, failures, 16) },
	{ UINT64(module_status, flows_ended, 17) },
	{ UINT64(module_status, events_lost, 18) },
};
const struct twp_wire_message twp_msg_module_status = {
	TABLE(module_status, "ModuleStatus"),
};

static const struct twp_wire_field set_backend_request_fields[] = {
	{ ENUM(set_backend_request, backend, 1, TWP_BACKENDS - 1) },
};
const struct twp_wire_message twp_msg_set_backend_request = {
	TABLE(set_backend_request, "SetBackendRequest"),
};

static const struct twp_wire_field set_mode_request_fields[] = {
	{ ENUM(set_mode_request, mode, 1, TWP_MODES - 1) },
	{ ENUM(set_mode_request, deny_action, 2, TWP_DENY_ACTIONS - 1) },
	{ ENUM(set_mode_request, failure_policy, 3, TWP_FAILURE_POLICIES - 1) },
	{ ENUM(set_mode_request, other_ethertypes, 4, TWP_ETHERTYPE_POLICIES - 1) },
};
const struct twp_wire_message twp_msg_set_mode_request = {
	TABLE(set_mode_request, "SetModeRequest"),
};

static const struct twp_wire_field bind_program_request_fields[] = {
	{ UINT32(bind_program_request, program_fd, 1) },
};
const struct twp_wire_message twp_msg_bind_program_request = {
	TABLE(bind_program_request, "BindProgramRequest"),
};

static const struct twp_wire_field commit_generation_request_fields[] = {
	{ UINT32(commit_generation_request, generation, 1) },
	{ BOOL(commit_generation_request, sweep, 2) },
	{ BOOL(commit_generation_request, host_selected, 3) },
	{ UINT32(commit_generation_request, rules, 4) },
};
const struct twp_wire_message twp_msg_commit_generation_request = { TABLE(
	commit_generation_request, "CommitGenerationRequest") };

static const struct twp_wire_field set_bridge_port_request_fields[] = {
	{ STRING(set_bridge_port_request, name, 1) },
	{ REPEATED_BYTES(set_bridge_port_request, address, 2, addresses) },
};
const struct twp_wire_message twp_msg_set_bridge_port_request = {
	TABLE(set_bridge_port_request, "SetBridgePortRequest"),
};

static const struct twp_wire_field get_counters_request_fields[] = {
	{ UINT32(get_counters_request, first_rule, 1) },
};
const struct twp_wire_message twp_msg_get_counters_request = {
	TABLE(get_counters_request, "GetCountersRequest"),
};

static const struct twp_wire_field counters_fields[] = {
	{ REPEATED_MESSAGE(counters, reason, 1, reason_counter, reasons) },
	{ REPEATED_MESSAGE(counters, rule, 2, rule_counter, rules) },
	{ UINT32(counters, next_rule, 3) },
};
const struct twp_wire_message twp_msg_counters = {
	TABLE(counters, "Counters"),
};

static const struct twp_wire_field classify_request_fields[] = {
	{ ENUM(classify_request, backend, 1, TWP_BACKENDS - 1) },
	{ MESSAGE(classify_request, tuple, 2, tuple) },
};
const struct twp_wire_message twp_msg_classify_request = {
	TABLE(classify_request, "ClassifyRequest"),
};

static const struct twp_wire_field judgement_fields[] = {
	{ ENUM(judgement, verdict, 1, TWP_VERDICT_DENY) },
	{ ENUM(judgement, backend, 2, TWP_BACKENDS - 1) },
	{ UINT32(judgement, generation, 3) },
	{ UINT32(judgement, client, 4) },
	{ UINT32(judgement, server, 5) },
	{ MESSAGE(judgement, egress, 6, decision) },
	{ MESSAGE(judgement, ingress, 7, decision) },
	{ UINT32(judgement, lookups, 8) },
};
const struct twp_wire_message twp_msg_judgement = {
	TABLE(judgement, "Judgement"),
};

static const struct twp_wire_field bench_request_fields[] = {
	{ ENUM(bench_request, backend, 1, TWP_BACKENDS - 1) },
	{ UINT32(bench_request, judgements, 2) },
	{ UINT32(bench_request, rounds, 3) },
	{ REPEATED_MESSAGE(bench_request, tuple, 4, tuple, tuples) },
};
const struct twp_wire_message twp_msg_bench_request = {
	TABLE(bench_request, "BenchRequest"),
};

static const struct twp_wire_field bench_result_fields[] = {
	{ ENUM(bench_result, backend, 1, TWP_BACKENDS - 1) },
	{ UINT32(bench_result, judgements, 2) },
	{ UINT64(bench_result, lookups, 3) },
	{ UINT64(bench_result, min_ns, 4) },
	{ UINT64(bench_result, median_ns, 5) },
};
const struct twp_wire_message twp_msg_bench_result = {
	TABLE(bench_result, "BenchResult"),
};

static const struct twp_wire_field event_fields[] = {
	{ ENUM(event, kind, 1, TWP_EVENT_KINDS - 1) },
	{ UINT64(event, time_ns, 2) },
	{ ENUM(event, backend, 3, TWP_BACKENDS - 1) },
	{ UINT32(event, generation, 4) },
	{ ENUM(event, verdict, 5, TWP_VERDICT_DENY) },
	{ ENUM(event, reason, 6, TWP_REASONS - 1) },
	{ MESSAGE(event, tuple, 7, tuple) },
	{ UINT32(event, client, 8) },
	{ UINT32(event, server, 9) },
	{ MESSAGE(event, egress, 10, decision) },
	{ MESSAGE(event, ingress, 11, decision) },
	{ UINT32(event, in_ifindex, 12) },
	{ UINT32(event, out_ifindex, 13) },
	{ UINT64(event, lost, 14) },
};
const struct twp_wire_message twp_msg_event = {
	TABLE(event, "Event"),
};

_Static_assert(TWP_MSG_REASONS == (TWP_REASONS - 1) * (TWP_VERDICT_DENY + 1),
	       "room for a row of each reason and verdict");
