// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmod/wire.c by hand-written bytes: what it reads, what it writes, and each of
 * its refusals with message, field, number and sentence.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../kmod/message.h"

/* NETLINK_MAX_FMTMSG_LEN: a longer sentence is cut by the kernel. */
#define SENTENCE_MAX 80

#define BYTES(text) ((const u8 *)(text)), (sizeof(text) - 1)

struct refusal {
	const struct twp_wire_message *table;
	const u8 *from;
	size_t length;
	const char *message;
	const char *field;
	u32 number;
	const char *why;
};

/* A copy of the exact size, so that the sanitizer sees a read behind it. */
static int decode(const struct twp_wire_message *table, void *to, const u8 *from, size_t length,
		  struct twp_wire_error *error)
{
	u8 *copy = malloc(length ? length : 1);
	int ret;

	assert_non_null(copy);
	memcpy(copy, from, length);
	ret = twp_wire_decode(table, to, copy, length, error);
	free(copy);
	return ret;
}

static void assert_refused(const struct refusal *r, size_t n)
{
	struct twp_wire_error error;
	char sentence[SENTENCE_MAX];
	size_t i;
	void *to;

	for (i = 0; i < n; i++, r++) {
		to = malloc(r->table->size);
		assert_non_null(to);
		memset(&error, 0xff, sizeof(error));
		if (decode(r->table, to, r->from, r->length, &error) != -EBADMSG)
			fail_msg("case %zu, \"%s\": not refused", i, r->why);
		if (strcmp(error.why, r->why))
			fail_msg("case %zu: \"%s\" instead of \"%s\"", i, error.why, r->why);
		assert_string_equal(error.message, r->message);
		if (r->field)
			assert_string_equal(error.field, r->field);
		else
			assert_null(error.field);
		assert_int_equal(error.number, r->number);
		/* as kmod/control.c says it */
		assert_in_range(snprintf(sentence, sizeof(sentence), "twinpath: %s: field %s %s",
					 r->message, r->field ? r->field : "536870911", r->why),
				1, SENTENCE_MAX - 1);
		assert_int_equal(decode(r->table, to, r->from, r->length, NULL), -EBADMSG);
		free(to);
	}
}

#define ASSERT_REFUSED(table) assert_refused(table, sizeof(table) / sizeof(table[0]))

#define MODE &twp_msg_set_mode_request
#define COMMIT &twp_msg_commit_generation_request
#define PORT &twp_msg_set_bridge_port_request
#define CLASSIFY &twp_msg_classify_request
#define STATUS &twp_msg_module_status

static void test_tags(void **state)
{
	static const struct refusal cases[] = {
		{ MODE, BYTES("\x28\x01"), "SetModeRequest", NULL, 5, "is unknown" },
		{ MODE, BYTES("\x00\x01"), "SetModeRequest", NULL, 0, "is unknown" },
		{ MODE, BYTES("\xf8\xff\xff\xff\x0f\x01"), "SetModeRequest", NULL, (1u << 29) - 1,
		  "is unknown" },
		{ &twp_msg_get_status_request, BYTES("\x08\x01"), "GetStatusRequest", NULL, 1,
		  "is unknown" },
		{ MODE, BYTES("\x80\x80\x80\x80\x10\x01"), "SetModeRequest", NULL, 0,
		  "has a tag of more than 32 bits" },
		{ MODE, BYTES("\x88\x80\x80\x80\x80\x00\x01"), "SetModeRequest", NULL, 0,
		  "has an over-long varint" },
		{ MODE, BYTES("\x08\x01\x88"), "SetModeRequest", NULL, 0, "is truncated" },
		{ MODE, BYTES("\x09\1\0\0\0\0\0\0\0"), "SetModeRequest", "mode", 1,
		  "has the wrong wire type" },
		{ MODE, BYTES("\x0a\x01\x01"), "SetModeRequest", "mode", 1,
		  "has the wrong wire type" },
		{ MODE, BYTES("\x0d\1\0\0\0"), "SetModeRequest", "mode", 1,
		  "has the wrong wire type" },
		{ MODE, BYTES("\x0e\x01"), "SetModeRequest", "mode", 1, "has the wrong wire type" },
		{ MODE, BYTES("\x0f\x01"), "SetModeRequest", "mode", 1, "has the wrong wire type" },
		{ PORT, BYTES("\x08\x01"), "SetBridgePortRequest", "name", 1,
		  "has the wrong wire type" },
		{ CLASSIFY, BYTES("\x10\x01"), "ClassifyRequest", "tuple", 2,
		  "has the wrong wire type" },
		{ CLASSIFY, BYTES("\x13\x14"), "ClassifyRequest", "tuple", 2, "is a group" },
		{ MODE, BYTES("\x0c"), "SetModeRequest", "mode", 1, "is a group" },
	};

	(void)state;
	ASSERT_REFUSED(cases);
}

static void test_numbers(void **state)
{
	static const struct refusal cases[] = {
		{ COMMIT, BYTES("\x08"), "CommitGenerationRequest", "generation", 1,
		  "is truncated" },
		{ COMMIT, BYTES("\x08\x80"), "CommitGenerationRequest", "generation", 1,
		  "is truncated" },
		{ COMMIT, BYTES("\x08\x80\x80\x80\x80\x10"), "CommitGenerationRequest",
		  "generation", 1, "is larger than 32 bits" },
		{ COMMIT, BYTES("\x10\x02"), "CommitGenerationRequest", "sweep", 2,
		  "is neither 0 nor 1" },
		{ STATUS, BYTES("\x68\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), "ModuleStatus",
		  "switches", 13, "has an over-long varint" },
		{ STATUS, BYTES("\x68\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"), "ModuleStatus",
		  "switches", 13, "has an over-long varint" },
		{ MODE, BYTES("\x08\x04"), "SetModeRequest", "mode", 1,
		  "has a value that is unknown" },
		{ MODE, BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "SetModeRequest",
		  "mode", 1, "is larger than 32 bits" },
	};
	struct twp_msg_commit_generation_request commit;
	struct twp_msg_module_status status;

	(void)state;
	ASSERT_REFUSED(cases);

	assert_int_equal(decode(STATUS, &status,
				BYTES("\x68\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), NULL),
			 0);
	assert_true(status.switches == UINT64_MAX);
	assert_int_equal(decode(COMMIT, &commit, BYTES("\x08\xff\xff\xff\xff\x0f\x10\x01"), NULL),
			 0);
	assert_int_equal(commit.generation, UINT32_MAX);
	assert_true(commit.sweep);
	/* Longer than needed, within ten bytes: every reader takes it. */
	assert_int_equal(decode(COMMIT, &commit, BYTES("\x88\x80\x00\x85\x80\x80\x80\x00"), NULL),
			 0);
	assert_int_equal(commit.generation, 5);
}

static void test_strings(void **state)
{
#define TEXT(text) PORT, BYTES(text), "SetBridgePortRequest", "name", 1
	static const struct refusal cases[] = {
		{ TEXT("\x0a"), "is truncated" },
		{ TEXT("\x0a\x02x"), "is truncated" },
		{ TEXT("\x0a\x81\x80\x80\x80\x80\x00x"), "has an over-long varint" },
		{ TEXT("\x0a\xff\xff\xff\xff\x7fx"), "is truncated" },
		{ TEXT("\x0a\x10"
		       "0123456789abcdef"),
		  "is too long" },
		{ TEXT("\x0a\x03x\0y"), "has a NUL inside" },
		{ TEXT("\x0a\x01\0"), "has a NUL inside" },
		{ TEXT("\x0a\x01\x80"), "is not valid UTF-8" },
		{ TEXT("\x0a\x01\xc3"), "is not valid UTF-8" },
		{ TEXT("\x0a\x02\xc1\xbf"), "is not valid UTF-8" },
		{ TEXT("\x0a\x02\xc3\x28"), "is not valid UTF-8" },
		{ TEXT("\x0a\x03x\xe2\x82"), "is not valid UTF-8" },
		{ TEXT("\x0a\x03\xe0\x9f\xbf"), "is not valid UTF-8" },
		{ TEXT("\x0a\x03\xed\xa0\x80"), "is not valid UTF-8" },
		{ TEXT("\x0a\x03\xe2\x82\x28"), "is not valid UTF-8" },
		{ TEXT("\x0a\x04\xf0\x8f\xbf\xbf"), "is not valid UTF-8" },
		{ TEXT("\x0a\x04\xf4\x90\x80\x80"), "is not valid UTF-8" },
		{ TEXT("\x0a\x04\xf0\x90\x80\xc0"), "is not valid UTF-8" },
		{ TEXT("\x0a\x05\xf8\x88\x80\x80\x80"), "is not valid UTF-8" },
	};
#undef TEXT
	static const char *const valid[] = {
		"",
		"\x7f",
		"\xc2\x80",
		"\xdf\xbf",
		"\xe0\xa0\x80",
		"\xed\x9f\xbf",
		"\xee\x80\x80",
		"\xef\xbf\xbf",
		"\xf0\x90\x80\x80",
		"\xf4\x8f\xbf\xbf",
		"0123456789abcde",
	};
	struct twp_msg_set_bridge_port_request port;
	u8 from[32];
	size_t i;

	(void)state;
	ASSERT_REFUSED(cases);

	for (i = 0; i < sizeof(valid) / sizeof(valid[0]); i++) {
		from[0] = 0x0a;
		from[1] = strlen(valid[i]);
		memcpy(&from[2], valid[i], from[1]);
		assert_int_equal(decode(PORT, &port, from, 2 + from[1], NULL), 0);
		assert_string_equal(port.name, valid[i]);
	}
}

static void test_bytes(void **state)
{
	static const struct refusal cases[] = {
		{ CLASSIFY,
		  BYTES("\x12\x13\x0a\x11"
			"0123456789abcdefg"),
		  "Tuple", "client", 1, "is longer than 16 bytes" },
		{ CLASSIFY, BYTES("\x12\x03\x0a\x02x"), "Tuple", "client", 1, "is truncated" },
		{ CLASSIFY, BYTES("\x12\x04\x0a\x01x"), "ClassifyRequest", "tuple", 2,
		  "is truncated" },
		{ CLASSIFY, BYTES("\x12\x02\x38\x01"), "Tuple", NULL, 7, "is unknown" },
	};
	struct twp_msg_classify_request classify;

	(void)state;
	ASSERT_REFUSED(cases);

	assert_int_equal(decode(CLASSIFY, &classify,
				BYTES("\x12\x12\x0a\x10"
				      "0123456789abcdef"),
				NULL),
			 0);
	assert_int_equal(classify.tuple.client.length, 16);
	assert_memory_equal(classify.tuple.client.data, "0123456789abcdef", 16);
	assert_int_equal(classify.tuple.server.length, 0);
}

static void test_arrays(void **state)
{
	struct twp_msg_set_bridge_port_request port;
	struct twp_wire_error error;
	u8 from[2 * (TWP_MSG_ADDRESSES + 1)], to[sizeof(from)];
	size_t i;

	(void)state;
	for (i = 0; i <= TWP_MSG_ADDRESSES; i++)
		memcpy(&from[2 * i], "\x12\x00", 2);

	assert_int_equal(decode(PORT, &port, from, sizeof(from) - 2, &error), 0);
	assert_int_equal(port.addresses, TWP_MSG_ADDRESSES);
	/* Elements are written even if they are empty. */
	assert_int_equal(twp_wire_encode(PORT, &port, to, sizeof(to)), sizeof(from) - 2);
	assert_memory_equal(from, to, sizeof(from) - 2);

	assert_int_equal(decode(PORT, &port, from, sizeof(from), &error), -EBADMSG);
	assert_string_equal(error.message, "SetBridgePortRequest");
	assert_string_equal(error.field, "address");
	assert_int_equal(error.number, 2);
	assert_string_equal(error.why, "has too many elements");
}

static void test_last_wins(void **state)
{
	struct twp_msg_set_bridge_port_request port;
	struct twp_msg_set_mode_request mode;
	static const char zero[TWP_MSG_NAME_MAX];

	(void)state;
	/* in any order */
	assert_int_equal(decode(MODE, &mode, BYTES("\x20\x01\x08\x03\x18\x02\x08\x02"), NULL), 0);
	assert_int_equal(mode.mode, TWP_MODE_AUDIT);
	assert_int_equal(mode.deny_action, TWP_DENY_ACTION_UNSPECIFIED);
	assert_int_equal(mode.failure_policy, TWP_FAILURE_POLICY_OPEN);
	assert_int_equal(mode.other_ethertypes, TWP_ETHERTYPE_POLICY_DENY);

	assert_int_equal(decode(PORT, &port, BYTES("\x0a\x06secret\x0a\x01x"), NULL), 0);
	assert_string_equal(port.name, "x");
	assert_memory_equal(port.name + 1, zero, sizeof(port.name) - 1);
}

static void test_merge(void **state)
{
	struct twp_msg_classify_request classify;

	(void)state;
	assert_int_equal(decode(CLASSIFY, &classify,
				BYTES("\x12\x09\x0a\x03"
				      "abc"
				      "\x18\x06\x12\x00"
				      "\x08\x02"
				      "\x12\x07\x12\x01s\x18\x11\x28\x01"
				      "\x12\x03\x0a\x01z"),
				NULL),
			 0);
	assert_int_equal(classify.backend, TWP_BACKEND_BPF);
	assert_int_equal(classify.tuple.protocol, 17);
	assert_true(classify.tuple.client_local);
	assert_int_equal(classify.tuple.client.length, 1);
	assert_memory_equal(classify.tuple.client.data, "z\0\0", 3);
	assert_int_equal(classify.tuple.server.length, 1);
	assert_memory_equal(classify.tuple.server.data, "s", 1);
}

static void test_encode(void **state)
{
	struct twp_msg_classify_request classify = {
		.tuple = { .client = { 4, { 10, 0, 0, 1 } }, .port = 443, .server_local = true },
	};
	static const u8 expected[] = { 0x12, 0x0b, 0x0a, 4, 10, 0, 0, 1, 0x20, 0xbb, 3, 0x30, 1 };
	struct twp_msg_classify_request zero = { 0 };
	size_t room;
	u8 *to;

	(void)state;
	for (room = 0; room <= sizeof(expected) + 1; room++) {
		to = malloc(room ? room : 1);
		assert_non_null(to);
		if (room < sizeof(expected)) {
			assert_int_equal(twp_wire_encode(CLASSIFY, &classify, to, room), -EMSGSIZE);
		} else {
			assert_int_equal(twp_wire_encode(CLASSIFY, &classify, to, room),
					 sizeof(expected));
			assert_memory_equal(to, expected, sizeof(expected));
		}
		/* An empty single message is left out. */
		assert_int_equal(twp_wire_encode(CLASSIFY, &zero, to, room), 0);
		free(to);
	}
}

static void test_encode_broken(void **state)
{
	struct twp_msg_set_bridge_port_request port = { 0 };
	struct twp_msg_classify_request classify = { 0 };
	struct twp_msg_bench_request *bench = calloc(1, sizeof(*bench));
	u8 to[1024];

	(void)state;
	assert_non_null(bench);
	bench->tuples = TWP_MSG_TUPLES + 1;
	assert_int_equal(twp_wire_encode(&twp_msg_bench_request, bench, to, sizeof(to)), -EMSGSIZE);
	free(bench);

	classify.tuple.client.length = TWP_WIRE_BYTES_MAX + 1;
	assert_int_equal(twp_wire_encode(CLASSIFY, &classify, to, sizeof(to)), -EMSGSIZE);

	memset(port.name, 'x', sizeof(port.name));
	assert_int_equal(twp_wire_encode(PORT, &port, to, sizeof(to)), -EMSGSIZE);
}

/* Three tables deep, and repeated strings: what the schema does not have. */
struct leaf {
	u32 names;
	char name[2][4];
};

struct branch {
	u32 leaves;
	struct leaf leaf[2];
};

struct tree {
	struct branch branch;
	u64 number;
};

static const struct twp_wire_field leaf_fields[] = {
	{ .name = "name",
	  .number = 1,
	  .type = TWP_WIRE_STRING,
	  .offset = offsetof(struct leaf, name),
	  .max = 4,
	  .repeat = 2,
	  .stride = 4,
	  .count = offsetof(struct leaf, names) },
};
static const struct twp_wire_message leaf = { "Leaf", sizeof(struct leaf), 1, leaf_fields };

static const struct twp_wire_field branch_fields[] = {
	{ .name = "leaf",
	  .number = 1000,
	  .type = TWP_WIRE_MESSAGE,
	  .offset = offsetof(struct branch, leaf),
	  .repeat = 2,
	  .stride = sizeof(struct leaf),
	  .count = offsetof(struct branch, leaves),
	  .message = &leaf },
};
static const struct twp_wire_message branch = { "Branch", sizeof(struct branch), 1, branch_fields };

static const struct twp_wire_field tree_fields[] = {
	{ .name = "branch",
	  .number = 1,
	  .type = TWP_WIRE_MESSAGE,
	  .offset = offsetof(struct tree, branch),
	  .message = &branch },
	{ .name = "number",
	  .number = (1u << 29) - 1,
	  .type = TWP_WIRE_UINT64,
	  .offset = offsetof(struct tree, number),
	  .max = 1ull << 40 },
};
static const struct twp_wire_message tree = { "Tree", sizeof(struct tree), 2, tree_fields };

static void test_depth(void **state)
{
	static const char bytes[] = "\x0a\x0b\xc2\x3e\x05\x0a\x03"
				    "abc"
				    "\xc2\x3e\x00"
				    "\xf8\xff\xff\xff\x0f\x80\x80\x80\x80\x80\x20";
	static const struct refusal cases[] = {
		{ &tree, BYTES("\x0a\x07\xc2\x3e\x04\x0a\x03xy"), "Leaf", "name", 1,
		  "is truncated" },
		{ &tree, BYTES("\x0a\x07\xc2\x3e\x05\x0a\x02xy"), "Branch", "leaf", 1000,
		  "is truncated" },
		{ &tree, BYTES("\x0a\x09\xc2\x3e\x06\x0a\x00\x0a\x00\x0a\x00"), "Leaf", "name", 1,
		  "has too many elements" },
		{ &tree, BYTES("\x0a\x09\xc2\x3e\x00\xc2\x3e\x00\xc2\x3e\x00"), "Branch", "leaf",
		  1000, "has too many elements" },
		{ &tree, BYTES("\xf8\xff\xff\xff\x0f\x81\x80\x80\x80\x80\x20"), "Tree", "number",
		  (1u << 29) - 1, "has a value that is unknown" },
	};
	struct tree to;
	u8 again[sizeof(bytes) - 1];

	(void)state;
	ASSERT_REFUSED(cases);
	assert_int_equal(decode(&tree, &to, BYTES(bytes), NULL), 0);
	assert_int_equal(to.branch.leaves, 2);
	assert_int_equal(to.branch.leaf[0].names, 1);
	assert_string_equal(to.branch.leaf[0].name[0], "abc");
	assert_int_equal(to.branch.leaf[1].names, 0);
	assert_true(to.number == 1ull << 40);
	assert_int_equal(twp_wire_encode(&tree, &to, again, sizeof(again)), sizeof(again));
	assert_memory_equal(again, bytes, sizeof(again));
}

/* What lies in the structure before is gone, also where nothing is read. */
static void test_empty(void **state)
{
	struct twp_msg_module_status status, zero;

	(void)state;
	memset(&status, 0xff, sizeof(status));
	memset(&zero, 0, sizeof(zero));
	assert_int_equal(decode(STATUS, &status, BYTES(""), NULL), 0);
	assert_memory_equal(&status, &zero, sizeof(zero));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tags),	      cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_strings),	      cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_arrays),	      cmocka_unit_test(test_last_wins),
		cmocka_unit_test(test_merge),	      cmocka_unit_test(test_encode),
		cmocka_unit_test(test_encode_broken), cmocka_unit_test(test_depth),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
