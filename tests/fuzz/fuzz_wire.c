// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmod/wire.c against protobuf-c, on any bytes. The first byte of an input
 * picks the message. Held to be true:
 *
 * - What the codec reads, protobuf-c reads, without unknown fields, and writes
 *   as the codec does.
 * - What protobuf-c reads, without unknown fields, and that keeps the bounds
 *   which kmod/wire.h states, the codec reads. in_bounds() looks for them in the
 *   bytes, by protobuf-c's descriptors, with code of its own.
 * - decode(encode(x)) is x, and encode() fits exactly where it says.
 */
#include <errno.h>
#include <stdio.h>

#include "../schema.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed);
size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max);

#define REQUIRE(condition)                                                      \
	do {                                                                    \
		if (!(condition)) {                                             \
			fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
			abort();                                                \
		}                                                               \
	} while (0)

struct span {
	const u8 *at;
	size_t length;
};

/* False: it ends, or is longer than @most bytes or 64 bits. */
static bool take_varint(struct span *span, size_t most, u64 *value)
{
	unsigned __int128 sum = 0;
	size_t i;

	for (i = 0; i < most && i < span->length; i++) {
		sum += (unsigned __int128)(span->at[i] % 128) << (7 * i);
		if (span->at[i] >= 128)
			continue;
		span->at += i + 1;
		span->length -= i + 1;
		*value = sum;
		return sum <= UINT64_MAX;
	}
	return false;
}

static bool take_span(struct span *span, struct span *part)
{
	u64 length;

	if (!take_varint(span, 5, &length) || length > span->length)
		return false;
	*part = (struct span){ span->at, length };
	span->at += length;
	span->length -= length;
	return true;
}

static bool is_utf8(struct span s)
{
	static const u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	u32 point;
	size_t n, i;

	for (; s.length; s.at += n, s.length -= n) {
		n = s.at[0] < 0x80 ? 1 : s.at[0] >> 5 == 6 ? 2 : s.at[0] >> 4 == 14 ? 3 : 4;
		if (n == 1)
			continue;
		if (n > s.length || (n == 4 && s.at[0] >> 3 != 30))
			return false;
		point = s.at[0] & (0x7f >> n);
		for (i = 1; i < n; i++) {
			if (s.at[i] >> 6 != 2)
				return false;
			point = point << 6 | (s.at[i] & 0x3f);
		}
		if (point < least[n] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
			return false;
	}
	return true;
}

static bool number_in_bounds(const ProtobufCFieldDescriptor *field, u64 value)
{
	const ProtobufCEnumDescriptor *values = field->descriptor;

	switch (field->type) {
	case PROTOBUF_C_TYPE_BOOL:
		return value <= 1;
	case PROTOBUF_C_TYPE_ENUM:
		return value <= (u64)values->values[values->n_values - 1].value;
	case PROTOBUF_C_TYPE_UINT32:
		return value <= UINT32_MAX;
	default:
		return true;
	}
}

/* The tables give only the room that there is for strings and elements. */
static bool in_bounds(const struct twp_wire_message *table,
		      const ProtobufCMessageDescriptor *descriptor, struct span s)
{
	const ProtobufCFieldDescriptor *field;
	u32 elements[32] = { 0 };
	struct span part;
	size_t index;
	u64 value;

	while (s.length) {
		if (!take_varint(&s, 5, &value) || value > UINT32_MAX)
			return false;
		field = protobuf_c_message_descriptor_get_field(descriptor, value >> 3);
		if (!field)
			return false;
		index = field - descriptor->fields;
		if (field->label == PROTOBUF_C_LABEL_REPEATED &&
		    ++elements[index] > table->field[index].repeat)
			return false;

		if ((value & 7) == 0) {
			if (!take_varint(&s, 10, &value) || !number_in_bounds(field, value))
				return false;
			continue;
		}
		if ((value & 7) != 2 || !take_span(&s, &part))
			return false;
		if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
			if (!in_bounds(table->field[index].message, field->descriptor, part))
				return false;
		} else if (field->type == PROTOBUF_C_TYPE_BYTES) {
			if (part.length > TWP_WIRE_BYTES_MAX)
				return false;
		} else if (part.length >= table->field[index].max || !is_utf8(part) ||
			   memchr(part.at, 0, part.length)) {
			return false;
		}
	}
	return true;
}

static size_t put_varint(u8 *to, u64 value)
{
	size_t i = 0;

	for (; value >= 128; value /= 128)
		to[i++] = value % 128 + 128;
	to[i++] = value;
	return i;
}

/*
 * protobuf-c 1.4 merges a single message that occurs twice only in part: the
 * numbers of the first are lost. So its occurrences are put together beforehand,
 * which protobuf defines to mean the same. Tables hold single messages at the
 * top only. The result is freed by the caller.
 */
static u8 *merge_singles(const ProtobufCMessageDescriptor *descriptor, struct span from,
			 size_t *length)
{
	u8 *to = schema_alloc(2 * from.length + 16 * descriptor->n_fields);
	const ProtobufCFieldDescriptor *field;
	struct span s, part;
	size_t used = 0, sum;
	const u8 *start;
	unsigned int i;
	u64 tag, value;

	/* what is not a single message, as it stands */
	for (s = from; s.length;) {
		start = s.at;
		REQUIRE(take_varint(&s, 5, &tag));
		field = protobuf_c_message_descriptor_get_field(descriptor, tag >> 3);
		REQUIRE((tag & 7) == 2 ? take_span(&s, &part) : take_varint(&s, 10, &value));
		if (field->type == PROTOBUF_C_TYPE_MESSAGE &&
		    field->label != PROTOBUF_C_LABEL_REPEATED)
			continue;
		memcpy(to + used, start, s.at - start);
		used += s.at - start;
	}

	for (i = 0; i < descriptor->n_fields; i++) {
		u8 *whole = schema_alloc(from.length);

		field = &descriptor->fields[i];
		sum = 0;
		for (s = from; s.length;) {
			REQUIRE(take_varint(&s, 5, &tag));
			REQUIRE((tag & 7) == 2 ? take_span(&s, &part) :
						 take_varint(&s, 10, &value));
			if (tag >> 3 != field->id || field->type != PROTOBUF_C_TYPE_MESSAGE ||
			    field->label == PROTOBUF_C_LABEL_REPEATED)
				continue;
			memcpy(whole + sum, part.at, part.length);
			sum += part.length;
		}
		if (sum) {
			used += put_varint(to + used, field->id << 3 | 2);
			used += put_varint(to + used, sum);
			memcpy(to + used, whole, sum);
			used += sum;
		}
		free(whole);
	}
	*length = used;
	return to;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static union schema_any to, back;
	const struct schema_message *message;
	struct twp_wire_error error = { 0 };
	enum schema_read read;
	size_t length, merged_length;
	u8 *theirs = NULL, *ours, *merged;
	struct span input;
	bool accepted;

	if (!size)
		return 0;
	message = &schema[data[0] % SCHEMA_MESSAGES];
	input = (struct span){ data + 1, size - 1 };

	read = schema_repack(message->descriptor, input.at, input.length, &theirs, &length);
	free(theirs);
	memset(&to, 0xa5, sizeof(to));
	accepted = !twp_wire_decode(message->table, &to, input.at, input.length, &error);
	REQUIRE(accepted ==
		(read == SCHEMA_ACCEPTED && in_bounds(message->table, message->descriptor, input)));
	if (!accepted) {
		REQUIRE(error.message && error.why);
		return 0;
	}

	merged = merge_singles(message->descriptor, input, &merged_length);
	read = schema_repack(message->descriptor, merged, merged_length, &theirs, &length);
	REQUIRE(read == SCHEMA_ACCEPTED);
	ours = schema_alloc(length);
	REQUIRE(twp_wire_encode(message->table, &to, ours, length) == (int)length);
	REQUIRE(!memcmp(ours, theirs, length));
	REQUIRE(!length || twp_wire_encode(message->table, &to, ours, length - 1) == -EMSGSIZE);

	memset(&back, 0x5a, sizeof(back));
	REQUIRE(!twp_wire_decode(message->table, &back, theirs, length, &error));
	REQUIRE(!memcmp(&to, &back, message->table->size));

	free(merged);
	free(ours);
	free(theirs);
	return 0;
}

/* Stands in for a corpus: now and then an input starts anew, as a valid message. */
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed)
{
	static union schema_any from;
	struct schema_source source = { .state = seed };
	const struct schema_message *message;
	int length;

	if (max > 1 && schema_next(&source) % 32 == 0) {
		data[0] = schema_next(&source) % SCHEMA_MESSAGES;
		message = &schema[data[0]];
		memset(&from, 0, sizeof(from));
		schema_fill(&source, message->table, &from);
		length = twp_wire_encode(message->table, &from, data + 1, max - 1);
		if (length >= 0)
			return 1 + length;
	}
	return LLVMFuzzerMutate(data, size, max);
}
