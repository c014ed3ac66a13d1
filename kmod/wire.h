/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The protobuf codec: between a C structure and its encoding, driven by a table
 * of fields. Knows the encoding and nobody else; compiled in the module and in
 * userspace, where it is tested and fuzzed against protobuf-c.
 *
 * Bounded by the lengths that it is given, allocates nothing, calls nothing
 * that sleeps. Recursion is as deep as the tables, never as the input.
 */
#ifndef TWP_WIRE_H
#define TWP_WIRE_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/stddef.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
#endif

enum twp_wire_type {
	TWP_WIRE_UINT32, /* u32; also enum: a number above @max is refused if @max is not 0 */
	TWP_WIRE_UINT64, /* u64 */
	TWP_WIRE_BOOL, /* bool */
	TWP_WIRE_STRING, /* char[max], NUL-terminated, no NUL inside, valid UTF-8 */
	TWP_WIRE_BYTES, /* struct twp_wire_bytes */
	TWP_WIRE_MESSAGE, /* the structure of @message, in place */
};

#define TWP_WIRE_BYTES_MAX 16

struct twp_wire_bytes {
	u8 length;
	u8 data[TWP_WIRE_BYTES_MAX];
};

struct twp_wire_message;

/**
 * struct twp_wire_field - one field of a message
 * @name: in the schema
 * @number: in the schema
 * @type: of the member, or of each element
 * @offset: of the member in the structure
 * @max: largest value, size of a string's array with its NUL, 0 otherwise
 * @repeat: elements that there is room for; 0: the field is not repeated
 * @stride: size of an element, of a repeated field
 * @count: offset of the u32 that counts the elements, of a repeated field
 * @message: of TWP_WIRE_MESSAGE
 */
struct twp_wire_field {
	const char *name;
	u32 number;
	enum twp_wire_type type;
	size_t offset;
	u64 max;
	u32 repeat;
	size_t stride;
	size_t count;
	const struct twp_wire_message *message;
};

struct twp_wire_message {
	const char *name; /* in the schema, without the package */
	size_t size; /* of the structure */
	u32 fields;
	const struct twp_wire_field *field; /* by ascending number */
};

/**
 * struct twp_wire_error - why a message was refused
 * @message: name of the message in which it stands
 * @field: name of the field; NULL if the field is not known
 * @number: of the field
 * @why: "is unknown", "is truncated", "has more than 16 elements", ...
 */
struct twp_wire_error {
	const char *message;
	const char *field;
	u32 number;
	const char *why;
};

/**
 * twp_wire_decode() - read a message
 * @message: its table
 * @to: a structure of @message->size bytes; zeroed first, undefined on failure
 * @from: the encoding
 * @length: bytes
 * @error: filled on failure; may be NULL
 *
 * As protobuf asks: fields in any order, the last of a scalar wins, a message
 * that occurs twice is merged. Stricter than it: unknown fields, wrong wire
 * types, groups, numbers above the field's type or @max, over-long varints and
 * over-full arrays are refused.
 *
 * Return: 0, or -EBADMSG.
 */
int twp_wire_decode(const struct twp_wire_message *message, void *to, const u8 *from, size_t length,
		    struct twp_wire_error *error);

/**
 * twp_wire_encode() - write a message
 * @message: its table
 * @from: the structure
 * @to: room for the encoding
 * @room: bytes
 *
 * Fields of value 0 and empty single messages are left out, as proto3 asks.
 *
 * Return: bytes written, or -EMSGSIZE.
 */
int twp_wire_encode(const struct twp_wire_message *message, const void *from, u8 *to, size_t room);

#endif
