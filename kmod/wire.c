// SPDX-License-Identifier: GPL-2.0-only
/*
 * The protobuf codec. Owns nothing and takes no lock: it works on the buffers
 * of its caller, in any context, in the module and in userspace alike.
 *
 * https://protobuf.dev/programming-guides/encoding/ is the source of the
 * format. Repeated numbers, which proto3 would pack, are not supported.
 */
#include "wire.h"

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>
#else
#include <errno.h>
#include <limits.h>
#include <string.h>
#endif

/* Wire types, the low three bits of a tag. */
enum {
	VARINT = 0,
	I64 = 1,
	LENGTH = 2,
	GROUP_START = 3,
	GROUP_END = 4,
	I32 = 5,
};

#define TAG_TYPE_BITS 3
#define TAG_TYPE_MASK ((1u << TAG_TYPE_BITS) - 1)

/* Bytes of the longest varint. Every protobuf reader stops at five in a tag
 * and in a length: what one refuses, all shall refuse.
 */
#define VARINT32_BYTES 5
#define VARINT64_BYTES 10

/* As in <linux/args.h> and <linux/stringify.h>, which userspace does not have. */
#define WORDS_OF(number) #number
#define WORDS(number) WORDS_OF(number)

struct reader {
	const u8 *at;
	const u8 *end;
};

/* The functions that read return why they refuse, or NULL. */
static const char *get_varint(struct reader *r, unsigned int bytes, u64 *value)
{
	unsigned int i;
	u64 v = 0;
	u8 byte;

	for (i = 0; i < bytes; i++) {
		if (r->at == r->end)
			return "is truncated";
		byte = *r->at++;
		if (i == VARINT64_BYTES - 1 && byte > 1)
			return "has an over-long varint";
		v |= (u64)(byte & 0x7f) << (7 * i);
		if (!(byte & 0x80)) {
			*value = v;
			return NULL;
		}
	}
	return "has an over-long varint";
}

static const char *get_span(struct reader *r, struct reader *span)
{
	const char *why;
	u64 length;

	why = get_varint(r, VARINT32_BYTES, &length);
	if (why)
		return why;
	if (length > (u64)(r->end - r->at))
		return "is truncated";
	span->at = r->at;
	span->end = r->at + length;
	r->at = span->end;
	return NULL;
}

/* Bytes of the code point at @r, 0 if it is not one (Unicode 15, table 3-7:
 * no over-long form, no surrogate, nothing above U+10FFFF).
 */
static unsigned int utf8_length(const struct reader *r)
{
	u8 lead = r->at[0], low = 0x80, high = 0xbf;
	unsigned int length, i;

	if (lead < 0x80)
		return 1;
	else if (lead >= 0xc2 && lead <= 0xdf)
		length = 2;
	else if (lead >= 0xe0 && lead <= 0xef)
		length = 3;
	else if (lead >= 0xf0 && lead <= 0xf4)
		length = 4;
	else
		return 0;

	if (length > (size_t)(r->end - r->at))
		return 0;
	if (lead == 0xe0)
		low = 0xa0;
	else if (lead == 0xed)
		high = 0x9f;
	else if (lead == 0xf0)
		low = 0x90;
	else if (lead == 0xf4)
		high = 0x8f;
	if (r->at[1] < low || r->at[1] > high)
		return 0;
	for (i = 2; i < length; i++)
		if ((r->at[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

static const char *get_string(const struct twp_wire_field *field, char *to, struct reader span)
{
	size_t length = span.end - span.at;
	const u8 *from = span.at;
	unsigned int step;

	if (length >= field->max)
		return "is too long";
	for (; span.at < span.end; span.at += step) {
		if (!*span.at)
			return "has a NUL inside";
		step = utf8_length(&span);
		if (!step)
			return "is not valid UTF-8";
	}
	/* Of two strings the last wins, and nothing of the first stays behind it. */
	memset(to, 0, field->max);
	memcpy(to, from, length);
	return NULL;
}

static const char *get_bytes(struct twp_wire_bytes *to, struct reader span)
{
	size_t length = span.end - span.at;

	if (length > TWP_WIRE_BYTES_MAX)
		return "is longer than " WORDS(TWP_WIRE_BYTES_MAX) " bytes";
	memset(to, 0, sizeof(*to));
	memcpy(to->data, span.at, length);
	to->length = length;
	return NULL;
}

static const char *get_number(const struct twp_wire_field *field, void *to, struct reader *r)
{
	const char *why;
	u64 value;

	why = get_varint(r, VARINT64_BYTES, &value);
	if (why)
		return why;

	switch (field->type) {
	case TWP_WIRE_BOOL:
		if (value > 1)
			return "is neither 0 nor 1";
		*(bool *)to = value;
		return NULL;
	case TWP_WIRE_UINT32:
		if (value >> 32)
			return "is larger than 32 bits";
		break;
	default:
		break;
	}
	if (field->max && value > field->max)
		return "has a value that is unknown";
	if (field->type == TWP_WIRE_UINT32)
		*(u32 *)to = value;
	else
		*(u64 *)to = value;
	return NULL;
}

static unsigned int wire_type(const struct twp_wire_field *field)
{
	switch (field->type) {
	case TWP_WIRE_UINT32:
	case TWP_WIRE_UINT64:
	case TWP_WIRE_BOOL:
		return VARINT;
	case TWP_WIRE_STRING:
	case TWP_WIRE_BYTES:
	case TWP_WIRE_MESSAGE:
		break;
	}
	return LENGTH;
}

static const struct twp_wire_field *find_field(const struct twp_wire_message *message, u32 number)
{
	u32 i;

	for (i = 0; i < message->fields; i++)
		if (message->field[i].number == number)
			return &message->field[i];
	return NULL;
}

/* Where the next element goes; of a single field, always the member. */
static const char *next_element(const struct twp_wire_field *field, void *to, void **element)
{
	u32 *count;

	*element = (u8 *)to + field->offset;
	if (!field->repeat)
		return NULL;
	count = (u32 *)((u8 *)to + field->count);
	if (*count >= field->repeat)
		return "has too many elements";
	*element = (u8 *)*element + field->stride * (*count)++;
	return NULL;
}

static int refuse(struct twp_wire_error *error, const struct twp_wire_message *message,
		  const struct twp_wire_field *field, u32 number, const char *why)
{
	if (error) {
		error->message = message->name;
		error->field = field ? field->name : NULL;
		error->number = number;
		error->why = why;
	}
	return -EBADMSG;
}

static int decode(const struct twp_wire_message *message, void *to, struct reader r,
		  struct twp_wire_error *error)
{
	const struct twp_wire_field *field;
	struct reader span;
	const char *why;
	u32 number, type;
	void *element;
	u64 tag;
	int ret;

	while (r.at < r.end) {
		why = get_varint(&r, VARINT32_BYTES, &tag);
		if (why)
			return refuse(error, message, NULL, 0, why);
		if (tag >> 32)
			return refuse(error, message, NULL, 0, "has a tag of more than 32 bits");

		number = tag >> TAG_TYPE_BITS;
		type = tag & TAG_TYPE_MASK;
		field = find_field(message, number);
		if (!field)
			return refuse(error, message, NULL, number, "is unknown");
		if (type == GROUP_START || type == GROUP_END)
			return refuse(error, message, field, number, "is a group");
		if (type != wire_type(field))
			return refuse(error, message, field, number, "has the wrong wire type");

		if (type == LENGTH) {
			why = get_span(&r, &span);
			if (why)
				return refuse(error, message, field, number, why);
		}
		why = next_element(field, to, &element);
		if (why)
			return refuse(error, message, field, number, why);

		switch (field->type) {
		case TWP_WIRE_MESSAGE:
			ret = decode(field->message, element, span, error);
			if (ret)
				return ret;
			break;
		case TWP_WIRE_STRING:
			why = get_string(field, element, span);
			break;
		case TWP_WIRE_BYTES:
			why = get_bytes(element, span);
			break;
		case TWP_WIRE_UINT32:
		case TWP_WIRE_UINT64:
		case TWP_WIRE_BOOL:
			why = get_number(field, element, &r);
			break;
		}
		if (why)
			return refuse(error, message, field, number, why);
	}
	return 0;
}

int twp_wire_decode(const struct twp_wire_message *message, void *to, const u8 *from, size_t length,
		    struct twp_wire_error *error)
{
	struct reader r = { .at = from, .end = from + length };

	memset(to, 0, message->size);
	return decode(message, to, r, error);
}

/* Counts what it is given, also behind the end of the room: the same pass
 * measures a message, with no room at all, and writes it.
 */
struct writer {
	u8 *to;
	size_t room;
	size_t used;
	bool broken; /* a structure says that it holds more than it can */
};

static void put_raw(struct writer *w, const void *from, size_t length)
{
	if (length && w->used <= w->room && length <= w->room - w->used)
		memcpy(w->to + w->used, from, length);
	w->used += length;
}

static void put_varint(struct writer *w, u64 value)
{
	u8 byte[VARINT64_BYTES];
	unsigned int i = 0;

	while (value > 0x7f) {
		byte[i++] = value | 0x80;
		value >>= 7;
	}
	byte[i++] = value;
	put_raw(w, byte, i);
}

static void put_tag(struct writer *w, const struct twp_wire_field *field)
{
	put_varint(w, field->number << TAG_TYPE_BITS | wire_type(field));
}

static void put_span(struct writer *w, const struct twp_wire_field *field, const void *from,
		     size_t length)
{
	if (!length && !field->repeat)
		return;
	put_tag(w, field);
	put_varint(w, length);
	put_raw(w, from, length);
}

static void put_number(struct writer *w, const struct twp_wire_field *field, u64 value)
{
	if (!value)
		return;
	put_tag(w, field);
	put_varint(w, value);
}

static void encode(struct writer *w, const struct twp_wire_message *message, const void *from);

static void put_message(struct writer *w, const struct twp_wire_field *field, const void *from)
{
	struct writer measure = { .to = NULL };

	encode(&measure, field->message, from);
	w->broken |= measure.broken;
	if (!measure.used && !field->repeat)
		return;
	put_tag(w, field);
	put_varint(w, measure.used);
	encode(w, field->message, from);
}

static void put_bytes(struct writer *w, const struct twp_wire_field *field,
		      const struct twp_wire_bytes *from)
{
	if (from->length > TWP_WIRE_BYTES_MAX) {
		w->broken = true;
		return;
	}
	put_span(w, field, from->data, from->length);
}

static void put_string(struct writer *w, const struct twp_wire_field *field, const char *from)
{
	size_t length = strnlen(from, field->max);

	if (length == field->max) {
		w->broken = true;
		return;
	}
	put_span(w, field, from, length);
}

static void put_element(struct writer *w, const struct twp_wire_field *field, const void *from)
{
	switch (field->type) {
	case TWP_WIRE_UINT32:
		put_number(w, field, *(const u32 *)from);
		break;
	case TWP_WIRE_UINT64:
		put_number(w, field, *(const u64 *)from);
		break;
	case TWP_WIRE_BOOL:
		put_number(w, field, *(const bool *)from);
		break;
	case TWP_WIRE_STRING:
		put_string(w, field, from);
		break;
	case TWP_WIRE_BYTES:
		put_bytes(w, field, from);
		break;
	case TWP_WIRE_MESSAGE:
		put_message(w, field, from);
		break;
	}
}

static void encode(struct writer *w, const struct twp_wire_message *message, const void *from)
{
	const struct twp_wire_field *field;
	const u8 *base = from;
	u32 i, j, count;

	for (i = 0; i < message->fields; i++) {
		field = &message->field[i];
		count = field->repeat ? *(const u32 *)(base + field->count) : 1;
		if (field->repeat && count > field->repeat) {
			w->broken = true;
			return;
		}
		for (j = 0; j < count; j++)
			put_element(w, field, base + field->offset + field->stride * j);
	}
}

int twp_wire_encode(const struct twp_wire_message *message, const void *from, u8 *to, size_t room)
{
	struct writer w = { .to = to, .room = room };

	encode(&w, message, from);
	if (w.broken || w.used > room || w.used > INT_MAX)
		return -EMSGSIZE;
	return w.used;
}
