// SPDX-License-Identifier: GPL-2.0-only
/*
 * What programs read: messages as JSON, by their descriptors, so that the names
 * of proto/twinpath.proto are the names of the output. An enum is its word,
 * bytes are an address, labels are one object.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"

static json_t *checked(json_t *value)
{
	if (!value)
		exit(ctl_fail("out of memory"));
	return value;
}

/* Text that is not UTF-8 is shown as far as it can be. */
static json_t *string_json(const char *text)
{
	json_t *value = json_string(text);

	if (value)
		return value;
	char *ascii = ctl_format("%s", text);
	for (char *at = ascii; *at; at++)
		if ((unsigned char)*at >= 0x80)
			*at = '?';
	value = checked(json_string(ascii));
	free(ascii);
	return value;
}

static json_t *labels_json(Twinpath__V1__Label *const *label, size_t count)
{
	json_t *object = checked(json_object());

	for (size_t i = 0; i < count; i++)
		json_object_set_new(object, label[i]->key, string_json(label[i]->value));
	return object;
}

static size_t value_size(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_UINT64:
		return sizeof(uint64_t);
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	default:
		return sizeof(uint32_t);
	}
}

/* The types that proto/twinpath.proto has. */
static json_t *value_json(const ProtobufCFieldDescriptor *field, const void *value)
{
	ctl_text text;

	switch (field->type) {
	case PROTOBUF_C_TYPE_UINT32:
		return checked(json_integer(*(const uint32_t *)value));
	case PROTOBUF_C_TYPE_UINT64:
		return checked(json_integer((json_int_t) * (const uint64_t *)value));
	case PROTOBUF_C_TYPE_BOOL:
		return json_boolean(*(const protobuf_c_boolean *)value);
	case PROTOBUF_C_TYPE_ENUM:
		return string_json(ctl_word(text, field->descriptor, *(const int *)value));
	case PROTOBUF_C_TYPE_STRING:
		return string_json(*(char *const *)value);
	case PROTOBUF_C_TYPE_BYTES:
		return string_json(ctl_address(text, value, false));
	case PROTOBUF_C_TYPE_MESSAGE:
		return ctl_json(*(const ProtobufCMessage *const *)value);
	default:
		return checked(json_null());
	}
}

static json_t *field_json(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	const char *base = (const char *)message, *member = base + field->offset;

	if (field->label != PROTOBUF_C_LABEL_REPEATED)
		return value_json(field, member);

	size_t count = *(const size_t *)(base + field->quantifier_offset);
	if (field->descriptor == &twinpath__v1__label__descriptor)
		return labels_json(*(Twinpath__V1__Label * *const *)member, count);
	json_t *list = checked(json_array());
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, value_json(field, *(char *const *)member +
								      i * value_size(field->type)));
	return list;
}

json_t *ctl_json(const ProtobufCMessage *message)
{
	if (!message)
		return checked(json_null());

	json_t *object = checked(json_object());
	for (unsigned int i = 0; i < message->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];

		json_object_set_new(object, field->name, field_json(message, field));
	}
	return object;
}

json_t *ctl_json_some(const ProtobufCMessage *message, const char *fields)
{
	json_t *object = checked(json_object());
	char *names = ctl_format("%s", fields), *rest = names, *name;

	while ((name = strsep(&rest, " "))) {
		const ProtobufCFieldDescriptor *field =
			protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);

		json_object_set_new(object, name, field_json(message, field));
	}
	free(names);
	return object;
}

void ctl_json_print(json_t *value, bool line)
{
	json_dumpf(value, stdout, line ? JSON_COMPACT : JSON_INDENT(2));
	putchar('\n');
	json_decref(value);
}
