// SPDX-License-Identifier: GPL-2.0-only
/*
 * Malformed messages to the module. Each must be refused with a sentence, and
 * none may change anything: the status is the same bytes before and after.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/bpf.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#include "hostile.h"

#define COMMANDS TWP_CMD_EVENT /* the last that can be asked is the one before */

static const ProtobufCMessageDescriptor *const descriptors[COMMANDS] = {
	[TWP_CMD_GET_STATUS] = &twinpath__v1__get_status_request__descriptor,
	[TWP_CMD_SET_BACKEND] = &twinpath__v1__set_backend_request__descriptor,
	[TWP_CMD_SET_MODE] = &twinpath__v1__set_mode_request__descriptor,
	[TWP_CMD_BIND_PROGRAM] = &twinpath__v1__bind_program_request__descriptor,
	[TWP_CMD_COMMIT_GENERATION] = &twinpath__v1__commit_generation_request__descriptor,
	[TWP_CMD_SET_BRIDGE_PORT] = &twinpath__v1__set_bridge_port_request__descriptor,
	[TWP_CMD_GET_COUNTERS] = &twinpath__v1__get_counters_request__descriptor,
	[TWP_CMD_CLASSIFY] = &twinpath__v1__classify_request__descriptor,
	[TWP_CMD_BENCH] = &twinpath__v1__bench_request__descriptor,
};

struct status {
	uint8_t bytes[TWP_MESSAGE_MAX];
	size_t length;
};

static void status_get(struct status *status)
{
	struct hostile_answer answer;

	hostile_ask(TWP_CMD_GET_STATUS, "", 0, &answer);
	if (answer.err)
		hostile_complain("no status: %s", strerror(answer.err));
	status->length = answer.length;
	memcpy(status->bytes, answer.message, answer.length);
}

static void status_same(const struct status *before, const char *after_what)
{
	struct status now;

	status_get(&now);
	if (now.length != before->length || memcmp(now.bytes, before->bytes, now.length))
		hostile_complain("%s: the status has changed", after_what);
}

static void refused(const char *what, uint8_t cmd, const struct hostile_answer *answer)
{
	if (!answer->err)
		hostile_complain("command %u, %s: not refused", cmd, what);
	else if (!answer->sentence[0])
		hostile_complain("command %u, %s: %s without a sentence", cmd, what,
				 strerror(answer->err));
}

static void refuse(const char *what, uint8_t cmd, const void *message, size_t length)
{
	struct hostile_answer answer;

	hostile_ask(cmd, message, length, &answer);
	refused(what, cmd, &answer);
}

/* Packed by protobuf-c, so not by the codec that it is meant for. */
static void refuse_message(const char *what, uint8_t cmd, const ProtobufCMessage *message)
{
	uint8_t bytes[2 * TWP_MESSAGE_MAX];

	refuse(what, cmd, bytes, protobuf_c_message_pack(message, bytes));
}

/* Netlink's own checks: no attribute, another one, a dump, no such command. */
static void headers(void)
{
	uint8_t room[512] __attribute__((aligned(8)));
	struct hostile_answer answer;
	struct nlmsghdr *header;

	for (unsigned int cmd = 0; cmd < 256; cmd++) {
		header = hostile_request(room, (uint8_t)cmd);
		hostile_exchange(header, &answer);
		if (cmd > TWP_CMD_UNSPEC && cmd < COMMANDS)
			refused("no attribute", (uint8_t)cmd, &answer);
		else if (answer.err != EOPNOTSUPP)
			hostile_complain("command %u: %s", cmd, strerror(answer.err));
	}
	for (uint8_t cmd = TWP_CMD_GET_STATUS; cmd < COMMANDS; cmd++) {
		header = hostile_request(room, cmd);
		mnl_attr_put_u32(header, TWP_A_MAX + 1, 1);
		mnl_attr_put(header, TWP_A_MESSAGE, 0, "");
		hostile_exchange(header, &answer);
		refused("an unknown attribute", cmd, &answer);

		header = hostile_request(room, cmd);
		mnl_attr_put(header, TWP_A_MESSAGE, 0, "");
		header->nlmsg_flags |= NLM_F_DUMP;
		hostile_exchange(header, &answer);
		if (answer.err != EOPNOTSUPP)
			hostile_complain("command %u as a dump: %s", cmd, strerror(answer.err));

		/* The attribute says more than there is. */
		header = hostile_request(room, cmd);
		mnl_attr_put_u32(header, TWP_A_MESSAGE, 0);
		((struct nlattr *)mnl_nlmsg_get_payload_offset(header, sizeof(struct genlmsghdr)))
			->nla_len = 400;
		hostile_exchange(header, &answer);
		if (!answer.err)
			hostile_complain("command %u, a cut attribute: not refused", cmd);
	}
}

static void oversized(void)
{
	static uint8_t bytes[65000];

	for (uint8_t cmd = TWP_CMD_GET_STATUS; cmd < COMMANDS; cmd++) {
		refuse("one byte too long", cmd, bytes, TWP_MESSAGE_MAX + 1);
		refuse("65000 bytes", cmd, bytes, sizeof(bytes));
		refuse("zeroes", cmd, bytes, TWP_MESSAGE_MAX);
		memset(bytes, 0xff, sizeof(bytes));
		refuse("ones", cmd, bytes, TWP_MESSAGE_MAX);
		memset(bytes, 0x0a, sizeof(bytes));
		refuse("nested", cmd, bytes, TWP_MESSAGE_MAX);
		memset(bytes, 0, sizeof(bytes));
	}
}

static unsigned int wire_type(ProtobufCType type)
{
	return type == PROTOBUF_C_TYPE_STRING || type == PROTOBUF_C_TYPE_BYTES ||
			       type == PROTOBUF_C_TYPE_MESSAGE ?
		       2 :
		       0;
}

static void field_types(uint8_t cmd, uint32_t number, int right)
{
	char what[64];

	for (int type = 0; type < 8; type++) {
		/* Behind the tag what would do for any type. */
		uint8_t bytes[] = {
			(uint8_t)(number << 3 | (unsigned int)type), 0, 0, 0, 0, 0, 0, 0, 0
		};

		if (type == right)
			continue;
		snprintf(what, sizeof(what), "field %u of wire type %d", number, type);
		refuse(what, cmd, bytes, type == 0 || type == 2 ? 2 : sizeof(bytes));
	}
}

static void fields(void)
{
	static const uint8_t far[] = { 0xf8, 0xff, 0xff, 0xff, 0x0f, 0x00 }; /* number 2^29 - 1 */
	static const uint8_t none[] = { 0x00, 0x00 }; /* number 0 */

	for (uint8_t cmd = TWP_CMD_GET_STATUS; cmd < COMMANDS; cmd++) {
		const ProtobufCMessageDescriptor *descriptor = descriptors[cmd];

		for (uint32_t number = 1; number < 16; number++) {
			const ProtobufCFieldDescriptor *field =
				protobuf_c_message_descriptor_get_field(descriptor, number);

			field_types(cmd, number, field ? (int)wire_type(field->type) : -1);
		}
		refuse("field 2^29 - 1", cmd, far, sizeof(far));
		refuse("field 0", cmd, none, sizeof(none));
	}
}

/* Every part of a message that is refused as a whole, or that changes nothing. */
static void truncated(uint8_t cmd, const ProtobufCMessage *message)
{
	uint8_t bytes[TWP_MESSAGE_MAX];
	size_t length = protobuf_c_message_pack(message, bytes);
	struct hostile_answer answer;
	ProtobufCMessage *part;

	for (size_t i = 0; i < length; i++) {
		hostile_ask(cmd, bytes, i, &answer);
		part = protobuf_c_message_unpack(descriptors[cmd], NULL, i, bytes);
		if (!part || answer.err)
			refused("truncated", cmd, &answer);
		if (part)
			protobuf_c_message_free_unpacked(part, NULL);
	}
}

#define TUPLE(client_address, server_address, length)                                       \
	{                                                                                   \
		.base = PROTOBUF_C_MESSAGE_INIT(&twinpath__v1__tuple__descriptor),          \
		.client = { length, (uint8_t *)client_address },                            \
		.server = { length, (uint8_t *)server_address }, .protocol = 6, .port = 80, \
	}

static void truncate_all(void)
{
	Twinpath__V1__CommitGenerationRequest commit =
		TWINPATH__V1__COMMIT_GENERATION_REQUEST__INIT;
	Twinpath__V1__SetBridgePortRequest port = TWINPATH__V1__SET_BRIDGE_PORT_REQUEST__INIT;
	Twinpath__V1__ClassifyRequest classify = TWINPATH__V1__CLASSIFY_REQUEST__INIT;
	Twinpath__V1__BindProgramRequest bind = TWINPATH__V1__BIND_PROGRAM_REQUEST__INIT;
	Twinpath__V1__BenchRequest bench = TWINPATH__V1__BENCH_REQUEST__INIT;
	Twinpath__V1__Tuple four = TUPLE("\x0a\x00\x00\x01", "\x0a\x00\x00\x02", 4);
	Twinpath__V1__Tuple six = TUPLE("0123456789abcdef", "fedcba9876543210", 16);
	Twinpath__V1__Tuple *both[] = { &four, &six };
	ProtobufCBinaryData addresses[] = { four.client, six.client };
	struct hostile_answer answer;
	uint8_t bytes[64];

	commit.generation = 0xfffffff0;
	commit.sweep = commit.host_selected = true;
	commit.rules = 1u << 20;
	truncated(TWP_CMD_COMMIT_GENERATION, &commit.base);
	port.name = (char *)"nowhere0";
	port.address = addresses;
	port.n_address = 2;
	truncated(TWP_CMD_SET_BRIDGE_PORT, &port.base);
	port.n_address = 0;
	hostile_ask(TWP_CMD_SET_BRIDGE_PORT, bytes,
		    twinpath__v1__set_bridge_port_request__pack(&port, bytes), &answer);
	if (answer.err)
		hostile_complain("a port is not forgotten: %s", answer.sentence);
	classify.tuple = &six;
	classify.backend = TWINPATH__V1__BACKEND__BACKEND_BPF;
	truncated(TWP_CMD_CLASSIFY, &classify.base);
	bind.program_fd = 100000;
	truncated(TWP_CMD_BIND_PROGRAM, &bind.base);
	bench.judgements = bench.rounds = 1;
	bench.n_tuple = 2;
	bench.tuple = both;
	truncated(TWP_CMD_BENCH, &bench.base);
}

static int load(uint32_t type)
{
	/* r0 = 1; exit */
	const struct bpf_insn program[] = { { .code = 0xb7, .imm = 1 }, { .code = 0x95 } };
	union bpf_attr attr = {
		.prog_type = type,
		.insns = (uintptr_t)program,
		.insn_cnt = 2,
		.license = (uintptr_t) "GPL",
	};

	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static int map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
	};

	return (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static void programs(void)
{
	static const uint32_t types[] = { BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_SCHED_CLS,
					  BPF_PROG_TYPE_XDP,	       BPF_PROG_TYPE_LWT_IN,
					  BPF_PROG_TYPE_LWT_XMIT,      BPF_PROG_TYPE_CGROUP_SKB };
	Twinpath__V1__BindProgramRequest bind = TWINPATH__V1__BIND_PROGRAM_REQUEST__INIT;
	const int fds[] = { -1, 100000, 0x7fffffff, open("/dev/null", O_RDONLY), map() };

	refuse("no program", TWP_CMD_BIND_PROGRAM, "", 0);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		bind.program_fd = (uint32_t)fds[i];
		refuse_message("no BPF program", TWP_CMD_BIND_PROGRAM, &bind.base);
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		bind.program_fd = (uint32_t)load(types[i]);
		if (bind.program_fd == (uint32_t)-1)
			hostile_complain("type %u: not loaded: %s", types[i], strerror(errno));
		refuse_message("another program type", TWP_CMD_BIND_PROGRAM, &bind.base);
		close((int)bind.program_fd);
	}
}

static void numbers(void)
{
	static const uint8_t wide[] = { 0x08, 0x81, 0x80, 0x80, 0x80, 0x10 }; /* 2^32 + 1 */
	static const uint8_t longer[] = { 0x08, 0x81, 0x80, 0x80, 0x80, 0x80,
					  0x80, 0x80, 0x80, 0x80, 0x80, 0x00 };
	Twinpath__V1__CommitGenerationRequest commit =
		TWINPATH__V1__COMMIT_GENERATION_REQUEST__INIT;
	Twinpath__V1__SetBackendRequest backend = TWINPATH__V1__SET_BACKEND_REQUEST__INIT;
	Twinpath__V1__ClassifyRequest classify = TWINPATH__V1__CLASSIFY_REQUEST__INIT;
	Twinpath__V1__BenchRequest bench = TWINPATH__V1__BENCH_REQUEST__INIT;
	Twinpath__V1__SetModeRequest mode = TWINPATH__V1__SET_MODE_REQUEST__INIT;
	Twinpath__V1__Tuple four = TUPLE("\x0a\x00\x00\x01", "\x0a\x00\x00\x02", 4);
	Twinpath__V1__Tuple *one[] = { &four };
	static const int unknown[] = { 3, 99, 0x7fffffff, -1 };

	commit.sweep = commit.host_selected = true;
	refuse_message("generation 0", TWP_CMD_COMMIT_GENERATION, &commit.base);
	commit.generation = 0xfffffff0;
	refuse_message("a generation that is not held", TWP_CMD_COMMIT_GENERATION, &commit.base);
	refuse("no backend", TWP_CMD_SET_BACKEND, "", 0);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		backend.backend = (Twinpath__V1__Backend)unknown[i];
		refuse_message("an unknown backend", TWP_CMD_SET_BACKEND, &backend.base);
		classify.backend = backend.backend;
		classify.tuple = &four;
		refuse_message("an unknown backend", TWP_CMD_CLASSIFY, &classify.base);
		mode = (Twinpath__V1__SetModeRequest)TWINPATH__V1__SET_MODE_REQUEST__INIT;
		mode.failure_policy = (Twinpath__V1__FailurePolicy)unknown[i];
		refuse_message("an unknown failure policy", TWP_CMD_SET_MODE, &mode.base);
		mode.failure_policy = 0;
		mode.mode = (Twinpath__V1__Mode)(unknown[i] + 1);
		if (unknown[i] != -1)
			refuse_message("an unknown mode", TWP_CMD_SET_MODE, &mode.base);
	}
	for (uint8_t cmd = TWP_CMD_SET_BACKEND; cmd < COMMANDS; cmd++) {
		refuse("a number of 33 bits", cmd, wide, sizeof(wide));
		refuse("a varint of 11 bytes", cmd, longer, sizeof(longer));
	}

	bench.judgements = bench.rounds = 1;
	refuse_message("no tuple", TWP_CMD_BENCH, &bench.base);
	bench.tuple = one;
	bench.n_tuple = 1;
	bench.judgements = 0;
	refuse_message("0 judgements", TWP_CMD_BENCH, &bench.base);
	bench.judgements = 10000001;
	refuse_message("too many judgements", TWP_CMD_BENCH, &bench.base);
	bench.judgements = 0xffffffff;
	refuse_message("too many judgements", TWP_CMD_BENCH, &bench.base);
	bench.judgements = 1;
	bench.rounds = 0;
	refuse_message("0 rounds", TWP_CMD_BENCH, &bench.base);
	bench.rounds = 100;
	refuse_message("100 rounds", TWP_CMD_BENCH, &bench.base);
}

static void tuples(void)
{
	static const struct {
		const char *what;
		size_t client, server;
		uint32_t protocol, port;
	} wrong[] = {
		{ "no addresses", 0, 0, 6, 80 },    { "no server", 4, 0, 6, 80 },
		{ "two families", 4, 16, 6, 80 },   { "5 bytes", 5, 5, 6, 80 },
		{ "17 bytes", 17, 17, 6, 80 },	    { "protocol 256", 4, 4, 256, 80 },
		{ "port 65536", 16, 16, 6, 65536 }, { "all bits", 4, 4, 0xffffffff, 0xffffffff },
	};
	Twinpath__V1__ClassifyRequest classify = TWINPATH__V1__CLASSIFY_REQUEST__INIT;
	Twinpath__V1__BenchRequest bench = TWINPATH__V1__BENCH_REQUEST__INIT;
	Twinpath__V1__Tuple tuple = TUPLE("0123456789abcdefg", "gfedcba9876543210", 16);
	Twinpath__V1__Tuple *many[129];

	bench.judgements = bench.rounds = 1;
	bench.tuple = many;
	for (size_t i = 0; i < 129; i++)
		many[i] = &tuple;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		tuple.client.len = wrong[i].client;
		tuple.server.len = wrong[i].server;
		tuple.protocol = wrong[i].protocol;
		tuple.port = wrong[i].port;
		classify.tuple = &tuple;
		refuse_message(wrong[i].what, TWP_CMD_CLASSIFY, &classify.base);
		bench.n_tuple = 1;
		refuse_message(wrong[i].what, TWP_CMD_BENCH, &bench.base);
	}
	tuple = (Twinpath__V1__Tuple)TUPLE("0123", "3210", 4);
	bench.n_tuple = 129;
	refuse_message("129 tuples", TWP_CMD_BENCH, &bench.base);
}

static void ports(void)
{
	static const uint8_t endless[] = { 0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 'x' };
	static const uint8_t nul[] = { 0x0a, 3, 'a', 0, 'b' };
	static const uint8_t no_text[] = { 0x0a, 2, 0xc0, 0x80 };
	Twinpath__V1__SetBridgePortRequest port = TWINPATH__V1__SET_BRIDGE_PORT_REQUEST__INIT;
	ProtobufCBinaryData addresses[17];

	for (size_t i = 0; i < 17; i++)
		addresses[i] = (ProtobufCBinaryData){ 4, (uint8_t *)"\x0a\x00\x00\x01" };
	port.address = addresses;
	port.n_address = 1;
	refuse_message("no name", TWP_CMD_SET_BRIDGE_PORT, &port.base);
	port.name = (char *)"sixteen-letters-";
	refuse_message("a long name", TWP_CMD_SET_BRIDGE_PORT, &port.base);
	port.name = (char *)"nowhere0";
	port.n_address = 17;
	refuse_message("17 addresses", TWP_CMD_SET_BRIDGE_PORT, &port.base);
	port.n_address = 2;
	addresses[1].len = 3;
	refuse_message("an address of 3 bytes", TWP_CMD_SET_BRIDGE_PORT, &port.base);
	addresses[1].len = 0;
	refuse_message("an empty address", TWP_CMD_SET_BRIDGE_PORT, &port.base);
	refuse("a length of 2^32 - 1", TWP_CMD_SET_BRIDGE_PORT, endless, sizeof(endless));
	refuse("a NUL", TWP_CMD_SET_BRIDGE_PORT, nul, sizeof(nul));
	refuse("no UTF-8", TWP_CMD_SET_BRIDGE_PORT, no_text, sizeof(no_text));
}

/* The tail is a varint without an end, so whatever stands before it, all is refused; but for a
 * message that has strings, which may hold it, and those change nothing that is told.
 */
static void noise(unsigned int rounds)
{
	struct hostile_answer answer;
	uint8_t bytes[300];

	for (unsigned int i = 0; i < rounds; i++) {
		const uint8_t cmd = (uint8_t)(1 + i % (COMMANDS - 1));
		const size_t length = hostile_random() % (i % 16 ? 24 : 280);

		for (size_t j = 0; j < length; j++)
			bytes[j] = (uint8_t)(hostile_random() >> 8);
		/* Often enough the first field is one of the message. */
		if (length && i % 2)
			bytes[0] =
				(uint8_t)((hostile_random() % 4 + 1) << 3 | (i % 4 == 1 ? 2 : 0));
		memset(bytes + length, 0xff, 11);
		hostile_ask(cmd, bytes, length + 11, &answer);
		if (cmd < TWP_CMD_SET_BRIDGE_PORT || answer.err)
			refused("noise", cmd, &answer);
	}
}

int hostile_module(unsigned int rounds)
{
	struct status before;

	status_get(&before);
	headers();
	status_same(&before, "headers");
	oversized();
	status_same(&before, "oversized messages");
	fields();
	status_same(&before, "fields");
	truncate_all();
	status_same(&before, "truncated messages");
	programs();
	status_same(&before, "programs");
	numbers();
	status_same(&before, "numbers");
	tuples();
	ports();
	noise(rounds);
	status_same(&before, "noise");
	return hostile_complained();
}

/* What one is told is about what that one asked, however many ask. */
static int flood_one(void)
{
	Twinpath__V1__CommitGenerationRequest commit =
		TWINPATH__V1__COMMIT_GENERATION_REQUEST__INIT;
	struct hostile_answer answer;
	char number[32];
	uint8_t bytes[32];

	commit.generation = 0x40000000u + (uint32_t)getpid();
	snprintf(number, sizeof(number), " %u", commit.generation);
	for (int i = 0; i < 100; i++) {
		hostile_ask(TWP_CMD_COMMIT_GENERATION, bytes,
			    twinpath__v1__commit_generation_request__pack(&commit, bytes), &answer);
		refused("flood", TWP_CMD_COMMIT_GENERATION, &answer);
		if (!strstr(answer.sentence, number))
			hostile_complain("asked for%s, told: %s", number, answer.sentence);
	}
	return hostile_complained();
}

int hostile_flood(unsigned int processes)
{
	int status;

	for (unsigned int i = 0; i < processes; i++) {
		if (!fork())
			_exit(flood_one());
	}
	while (wait(&status) > 0) {
		if (status)
			hostile_complain("a process complained");
	}
	return hostile_complained();
}
