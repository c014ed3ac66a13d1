/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's messages twice: the tables of kmod/message.c beside what
 * protobuf-c generates from the schema, and ways between them that know only
 * the tables and the descriptors. For unit tests and fuzzers; one thread.
 */
#ifndef TWP_TESTS_SCHEMA_H
#define TWP_TESTS_SCHEMA_H

#include <stdlib.h>
#include <string.h>

#include <protobuf-c/protobuf-c.h>

#include "../kmod/message.h"
#include "twinpath.h"
#include "twinpath.pb-c.h"

struct schema_message {
	const struct twp_wire_message *table;
	const ProtobufCMessageDescriptor *descriptor;
};

#define SCHEMA_MESSAGE(name)                                         \
	{                                                            \
		&twp_msg_##name, &twinpath__v1__##name##__descriptor \
	}

static const struct schema_message schema[] = {
	SCHEMA_MESSAGE(get_status_request),
	SCHEMA_MESSAGE(module_status),
	SCHEMA_MESSAGE(set_backend_request),
	SCHEMA_MESSAGE(set_mode_request),
	SCHEMA_MESSAGE(bind_program_request),
	SCHEMA_MESSAGE(commit_generation_request),
	SCHEMA_MESSAGE(set_bridge_port_request),
	SCHEMA_MESSAGE(get_counters_request),
	SCHEMA_MESSAGE(counters),
	SCHEMA_MESSAGE(classify_request),
	SCHEMA_MESSAGE(judgement),
	SCHEMA_MESSAGE(bench_request),
	SCHEMA_MESSAGE(bench_result),
	SCHEMA_MESSAGE(event),
};

#define SCHEMA_MESSAGES (sizeof(schema) / sizeof(schema[0]))

/* The structure of any of them. */
union schema_any {
	struct twp_msg_get_status_request get_status_request;
	struct twp_msg_module_status module_status;
	struct twp_msg_set_backend_request set_backend_request;
	struct twp_msg_set_mode_request set_mode_request;
	struct twp_msg_bind_program_request bind_program_request;
	struct twp_msg_commit_generation_request commit_generation_request;
	struct twp_msg_set_bridge_port_request set_bridge_port_request;
	struct twp_msg_get_counters_request get_counters_request;
	struct twp_msg_counters counters;
	struct twp_msg_classify_request classify_request;
	struct twp_msg_judgement judgement;
	struct twp_msg_bench_request bench_request;
	struct twp_msg_bench_result bench_result;
	struct twp_msg_event event;
};

/* Where a structure's values come from: numbers that repeat from a seed, or
 * the largest everywhere.
 */
struct schema_source {
	u64 state;
	bool largest;
};

/* splitmix64, https://prng.di.unimi.it/splitmix64.c */
static inline u64 schema_next(struct schema_source *source)
{
	u64 z = source->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* Of any magnitude with the same likelihood, so that zero and each length of a
 * varint are common.
 */
static inline u64 schema_number(struct schema_source *source, u64 max)
{
	unsigned int bits;
	u64 value;

	if (source->largest)
		return max;
	bits = schema_next(source) % 66;
	if (bits == 65)
		return max;
	value = schema_next(source) & (bits == 64 ? ~0ull : (1ull << bits) - 1);
	return max == ~0ull ? value : value % (max + 1);
}

static inline void schema_string(struct schema_source *source, char *to, size_t size)
{
	static const char *const letters[] = {
		"a", "Z", "0", "-", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x90\xa7"
	};
	size_t length = schema_number(source, size - 1), used = 0;
	const char *letter;

	while (used < length) {
		letter = letters[source->largest ? 0 : schema_next(source) % 7];
		if (used + strlen(letter) > length)
			letter = letters[0];
		memcpy(to + used, letter, strlen(letter));
		used += strlen(letter);
	}
}

static inline void schema_fill(struct schema_source *source, const struct twp_wire_message *table,
			       void *to);

static inline void schema_fill_element(struct schema_source *source,
				       const struct twp_wire_field *field, void *to)
{
	struct twp_wire_bytes *bytes = to;
	unsigned int i;

	switch (field->type) {
	case TWP_WIRE_UINT32:
		*(u32 *)to = schema_number(source, field->max ? field->max : UINT32_MAX);
		break;
	case TWP_WIRE_UINT64:
		*(u64 *)to = schema_number(source, UINT64_MAX);
		break;
	case TWP_WIRE_BOOL:
		*(bool *)to = schema_number(source, 1);
		break;
	case TWP_WIRE_STRING:
		schema_string(source, to, field->max);
		break;
	case TWP_WIRE_BYTES:
		bytes->length = schema_number(source, TWP_WIRE_BYTES_MAX);
		for (i = 0; i < bytes->length; i++)
			bytes->data[i] = schema_next(source);
		break;
	case TWP_WIRE_MESSAGE:
		if (source->largest || schema_next(source) % 4)
			schema_fill(source, field->message, to);
		break;
	}
}

/* Fills a zeroed structure; whole, so that two may be compared by memcmp(). */
static inline void schema_fill(struct schema_source *source, const struct twp_wire_message *table,
			       void *to)
{
	const struct twp_wire_field *field;
	u32 i, j, count;

	for (i = 0; i < table->fields; i++) {
		field = &table->field[i];
		count = 1;
		if (field->repeat) {
			count = schema_number(source, field->repeat);
			*(u32 *)((char *)to + field->count) = count;
		}
		for (j = 0; j < count; j++)
			schema_fill_element(source, field,
					    (char *)to + field->offset + j * field->stride);
	}
}

static inline void *schema_alloc(size_t size)
{
	void *memory = calloc(1, size ? size : 1);

	if (!memory)
		abort();
	return memory;
}

static inline ProtobufCMessage *schema_to_protobuf(const struct twp_wire_message *table,
						   const ProtobufCMessageDescriptor *descriptor,
						   const void *from);

static inline void schema_element_to_protobuf(const struct twp_wire_field *field,
					      const ProtobufCFieldDescriptor *to_field,
					      const void *from, void *to)
{
	static const union schema_any zero;
	const struct twp_wire_bytes *bytes = from;
	ProtobufCBinaryData *binary = to;

	switch (field->type) {
	case TWP_WIRE_UINT32:
		*(u32 *)to = *(const u32 *)from;
		break;
	case TWP_WIRE_UINT64:
		*(u64 *)to = *(const u64 *)from;
		break;
	case TWP_WIRE_BOOL:
		*(protobuf_c_boolean *)to = *(const bool *)from;
		break;
	case TWP_WIRE_STRING:
		*(char **)to = strcpy(schema_alloc(strlen(from) + 1), from);
		break;
	case TWP_WIRE_BYTES:
		binary->len = bytes->length;
		binary->data = memcpy(schema_alloc(bytes->length), bytes->data, bytes->length);
		break;
	case TWP_WIRE_MESSAGE:
		if (field->repeat || memcmp(from, &zero, field->message->size))
			*(ProtobufCMessage **)to =
				schema_to_protobuf(field->message, to_field->descriptor, from);
		break;
	}
}

static inline size_t schema_protobuf_stride(const ProtobufCFieldDescriptor *field)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	case PROTOBUF_C_TYPE_MESSAGE:
	case PROTOBUF_C_TYPE_STRING:
		return sizeof(void *);
	default:
		abort();
	}
}

/* To be freed with protobuf_c_message_free_unpacked(). */
static inline ProtobufCMessage *schema_to_protobuf(const struct twp_wire_message *table,
						   const ProtobufCMessageDescriptor *descriptor,
						   const void *from)
{
	char *message = schema_alloc(descriptor->sizeof_message);
	const ProtobufCFieldDescriptor *to_field;
	const struct twp_wire_field *field;
	const char *base = from;
	char *to;
	u32 i, j, count;

	descriptor->message_init((ProtobufCMessage *)message);
	for (i = 0; i < table->fields; i++) {
		field = &table->field[i];
		to_field = &descriptor->fields[i];
		to = message + to_field->offset;
		count = 1;
		if (field->repeat) {
			count = *(const u32 *)(base + field->count);
			if (!count)
				continue;
			*(size_t *)(message + to_field->quantifier_offset) = count;
			*(void **)to = schema_alloc(count * schema_protobuf_stride(to_field));
			to = *(void **)to;
		}
		for (j = 0; j < count; j++)
			schema_element_to_protobuf(
				field, to_field, base + field->offset + j * field->stride,
				to + (field->repeat ? j * schema_protobuf_stride(to_field) : 0));
	}
	return (ProtobufCMessage *)message;
}

/*
 * Brings a message that protobuf-c has read into the form that the module
 * writes: protobuf-c keeps empty single messages and unknown fields.
 * Returns whether there were no unknown fields, at any depth.
 */
static inline bool schema_prune(ProtobufCMessage *message)
{
	const ProtobufCFieldDescriptor *field;
	bool known = !message->n_unknown_fields;
	ProtobufCMessage **member;
	unsigned int i;
	size_t j;

	for (i = 0; i < message->descriptor->n_fields; i++) {
		field = &message->descriptor->fields[i];
		if (field->type != PROTOBUF_C_TYPE_MESSAGE)
			continue;
		member = (ProtobufCMessage **)((char *)message + field->offset);
		if (field->label == PROTOBUF_C_LABEL_REPEATED) {
			for (j = 0; j < *(size_t *)((char *)message + field->quantifier_offset);
			     j++)
				known &= schema_prune((*(ProtobufCMessage ***)member)[j]);
		} else if (*member) {
			known &= schema_prune(*member);
			if (!protobuf_c_message_get_packed_size(*member)) {
				protobuf_c_message_free_unpacked(*member, NULL);
				*member = NULL;
			}
		}
	}
	return known;
}

enum schema_read {
	SCHEMA_REFUSED,
	SCHEMA_UNKNOWN, /* accepted, with unknown fields */
	SCHEMA_ACCEPTED,
};

/* Lets protobuf-c read and write again; the caller frees @to, unless it refused. */
static inline enum schema_read schema_repack(const ProtobufCMessageDescriptor *descriptor,
					     const u8 *from, size_t length, u8 **to,
					     size_t *written)
{
	ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, NULL, length, from);
	bool known;

	if (!message)
		return SCHEMA_REFUSED;
	known = schema_prune(message);
	*written = protobuf_c_message_get_packed_size(message);
	*to = schema_alloc(*written);
	protobuf_c_message_pack(message, *to);
	protobuf_c_message_free_unpacked(message, NULL);
	return known ? SCHEMA_ACCEPTED : SCHEMA_UNKNOWN;
}

#endif
