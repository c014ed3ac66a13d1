// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmod/message.c against the schema: the tables say what protobuf-c's
 * descriptors say, the constants are the schema's, and for any structure both
 * write the same bytes and read them back.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../schema.h"

#define ROUNDS 2000

static void assert_enum_is(const ProtobufCEnumDescriptor *descriptor, u64 last)
{
	unsigned int i;

	assert_int_equal(last, descriptor->n_values - 1);
	for (i = 0; i < descriptor->n_values; i++)
		assert_int_equal(descriptor->values[i].value, i);
}

static void assert_field_is(const struct twp_wire_field *field,
			    const ProtobufCFieldDescriptor *descriptor);

static void assert_table_is(const struct twp_wire_message *table,
			    const ProtobufCMessageDescriptor *descriptor)
{
	unsigned int i;

	assert_string_equal(table->name, descriptor->short_name);
	assert_int_equal(table->fields, descriptor->n_fields);
	assert_true(table->size <= sizeof(union schema_any));
	for (i = 0; i < table->fields; i++)
		assert_field_is(&table->field[i], &descriptor->fields[i]);
}

static void assert_field_is(const struct twp_wire_field *field,
			    const ProtobufCFieldDescriptor *descriptor)
{
	assert_string_equal(field->name, descriptor->name);
	assert_int_equal(field->number, descriptor->id);
	assert_true(!!field->repeat == (descriptor->label == PROTOBUF_C_LABEL_REPEATED));
	assert_true(!field->repeat || field->stride);

	switch (descriptor->type) {
	case PROTOBUF_C_TYPE_ENUM:
		assert_int_equal(field->type, TWP_WIRE_UINT32);
		assert_enum_is(descriptor->descriptor, field->max);
		break;
	case PROTOBUF_C_TYPE_UINT32:
		assert_int_equal(field->type, TWP_WIRE_UINT32);
		assert_int_equal(field->max, 0);
		break;
	case PROTOBUF_C_TYPE_UINT64:
		assert_int_equal(field->type, TWP_WIRE_UINT64);
		assert_int_equal(field->max, 0);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		assert_int_equal(field->type, TWP_WIRE_BOOL);
		break;
	case PROTOBUF_C_TYPE_STRING:
		assert_int_equal(field->type, TWP_WIRE_STRING);
		break;
	case PROTOBUF_C_TYPE_BYTES:
		assert_int_equal(field->type, TWP_WIRE_BYTES);
		break;
	case PROTOBUF_C_TYPE_MESSAGE:
		assert_int_equal(field->type, TWP_WIRE_MESSAGE);
		assert_table_is(field->message, descriptor->descriptor);
		break;
	default:
		fail_msg("%s is of a type that the codec does not have", descriptor->name);
	}
}

static void test_tables(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < SCHEMA_MESSAGES; i++)
		assert_table_is(schema[i].table, schema[i].descriptor);
}

struct constant {
	const char *name; /* in the schema */
	int value; /* here */
};

static void assert_constants(const ProtobufCEnumDescriptor *descriptor,
			     const struct constant *constant, size_t n)
{
	size_t i;

	assert_int_equal(descriptor->n_values, n);
	for (i = 0; i < n; i++) {
		assert_string_equal(descriptor->values[i].name, constant[i].name);
		assert_int_equal(descriptor->values[i].value, constant[i].value);
	}
}

#define C(name)                   \
	{                         \
#name, TWP_##name \
	}
#define ASSERT_CONSTANTS(name, ...)                                              \
	do {                                                                     \
		static const struct constant constants[] = { __VA_ARGS__ };      \
		assert_constants(&twinpath__v1__##name##__descriptor, constants, \
				 sizeof(constants) / sizeof(constants[0]));      \
	} while (0)

static void test_constants(void **state)
{
	(void)state;
	ASSERT_CONSTANTS(backend, C(BACKEND_UNSPECIFIED), C(BACKEND_NFT), C(BACKEND_BPF));
	ASSERT_CONSTANTS(mode, C(MODE_UNSPECIFIED), C(MODE_OFF), C(MODE_AUDIT), C(MODE_ENFORCE));
	ASSERT_CONSTANTS(deny_action, C(DENY_ACTION_UNSPECIFIED), C(DENY_ACTION_DROP),
			 C(DENY_ACTION_REJECT));
	ASSERT_CONSTANTS(failure_policy, C(FAILURE_POLICY_UNSPECIFIED), C(FAILURE_POLICY_CLOSED),
			 C(FAILURE_POLICY_OPEN));
	ASSERT_CONSTANTS(ethertype_policy, C(ETHERTYPE_POLICY_UNSPECIFIED),
			 C(ETHERTYPE_POLICY_DENY), C(ETHERTYPE_POLICY_PASS));
	ASSERT_CONSTANTS(verdict, C(VERDICT_NONE), C(VERDICT_ALLOW), C(VERDICT_AUDIT),
			 C(VERDICT_DENY));
	ASSERT_CONSTANTS(direction, { "DIRECTION_INGRESS", TWP_INGRESS },
			 { "DIRECTION_EGRESS", TWP_EGRESS });
	ASSERT_CONSTANTS(reason, C(REASON_UNSPECIFIED), C(REASON_ALLOWED), C(REASON_RULE),
			 C(REASON_DEFAULT_DENY), C(REASON_REPLY), C(REASON_RELATED),
			 C(REASON_NEIGHBOUR), C(REASON_LOOPBACK), C(REASON_JUDGED),
			 C(REASON_INVALID), C(REASON_ETHERTYPE), C(REASON_FORGED),
			 C(REASON_FAILURE));
	ASSERT_CONSTANTS(event_kind, C(EVENT_KIND_UNSPECIFIED), C(EVENT_KIND_VERDICT),
			 C(EVENT_KIND_ANCHOR_LOST), C(EVENT_KIND_FALLBACK), C(EVENT_KIND_FAILURE));
}

/* Ours, in a buffer of the exact size. */
static u8 *encode(const struct twp_wire_message *table, const void *from, size_t length)
{
	u8 *to = schema_alloc(length);

	assert_int_equal(twp_wire_encode(table, from, to, length), length);
	return to;
}

static void test_round_trip(void **state)
{
	static union schema_any from, back;
	struct schema_source source = { .state = 1 };
	ProtobufCMessage *message;
	struct twp_wire_error error;
	size_t i, length;
	u8 *ours, *theirs;
	int round;

	(void)state;
	for (i = 0; i < SCHEMA_MESSAGES; i++) {
		for (round = 0; round < ROUNDS; round++) {
			memset(&from, 0, sizeof(from));
			schema_fill(&source, schema[i].table, &from);

			message = schema_to_protobuf(schema[i].table, schema[i].descriptor, &from);
			length = protobuf_c_message_get_packed_size(message);
			theirs = schema_alloc(length);
			protobuf_c_message_pack(message, theirs);
			protobuf_c_message_free_unpacked(message, NULL);

			ours = encode(schema[i].table, &from, length);
			assert_memory_equal(ours, theirs, length);
			if (length)
				assert_int_equal(twp_wire_encode(schema[i].table, &from, ours,
								 length - 1),
						 -EMSGSIZE);

			memset(&back, 0xa5, sizeof(back));
			if (twp_wire_decode(schema[i].table, &back, theirs, length, &error))
				fail_msg("%s.%s %s", error.message, error.field, error.why);
			assert_memory_equal(&back, &from, schema[i].table->size);
			free(ours);
			free(theirs);
		}
	}
}

/* A message that ends anywhere: refused, or it says what protobuf-c reads in it. */
static void test_truncation(void **state)
{
	static union schema_any from, back;
	struct schema_source source = { .state = 2 };
	static u8 bytes[TWP_MESSAGE_MAX];
	size_t i, cut, theirs_length;
	u8 *copy, *ours, *theirs;
	unsigned int refused = 0;
	int round, length;

	(void)state;
	for (i = 0; i < SCHEMA_MESSAGES; i++) {
		for (round = 0; round < 20; round++) {
			memset(&from, 0, sizeof(from));
			schema_fill(&source, schema[i].table, &from);
			length = twp_wire_encode(schema[i].table, &from, bytes, sizeof(bytes));
			assert_true(length >= 0);
			for (cut = 0; cut < (size_t)length && cut < 600; cut++) {
				copy = memcpy(schema_alloc(cut), bytes, cut);
				if (twp_wire_decode(schema[i].table, &back, copy, cut, NULL)) {
					refused++;
				} else {
					assert_int_equal(schema_repack(schema[i].descriptor, copy,
								       cut, &theirs,
								       &theirs_length),
							 SCHEMA_ACCEPTED);
					ours = encode(schema[i].table, &back, theirs_length);
					assert_memory_equal(ours, theirs, theirs_length);
					free(ours);
					free(theirs);
				}
				free(copy);
			}
		}
	}
	assert_true(refused > 0);
}

/* The fullest of each, of the largest numbers, fits what goes over netlink. */
static void test_largest(void **state)
{
	struct schema_source source = { .largest = true };
	static union schema_any from, back;
	static u8 bytes[TWP_MESSAGE_MAX];
	int length;
	size_t i;

	(void)state;
	for (i = 0; i < SCHEMA_MESSAGES; i++) {
		memset(&from, 0, sizeof(from));
		schema_fill(&source, schema[i].table, &from);
		length = twp_wire_encode(schema[i].table, &from, bytes, sizeof(bytes));
		if (length < 0)
			fail_msg("a full %s does not fit", schema[i].table->name);
		assert_int_equal(twp_wire_decode(schema[i].table, &back, bytes, length, NULL), 0);
		assert_memory_equal(&back, &from, schema[i].table->size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),	   cmocka_unit_test(test_constants),
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
