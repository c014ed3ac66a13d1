// SPDX-License-Identifier: GPL-2.0-only
/* Events from JSON (RFC 8259). The text is UTF-8, which twp_source_open() has checked. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "memory.h"
#include "source.h"
#include "utf8.h"

struct twp_json {
	const struct twp_source *source;
	size_t at;
	char open[TWP_DOCUMENT_DEPTH]; /* '[' or '{' */
	unsigned int depth;
	enum {
		WANT_VALUE,
		WANT_FIRST, /* item of what was just opened, or its end */
		WANT_COLON,
		WANT_MORE, /* a comma and an item, or the end */
	} want;
	char *decoded; /* the last string that had escapes */
	size_t room;
};

static int byte_at(const struct twp_json *json, size_t at)
{
	return at < json->source->length ? (unsigned char)json->source->text[at] : -1;
}

/* Skips blanks. Return: the byte that follows them, -1 at the end. */
static int peek(struct twp_json *json)
{
	int byte;

	while ((byte = byte_at(json, json->at)) == ' ' || byte == '\t' || byte == '\n' ||
	       byte == '\r')
		json->at++;
	return byte;
}

static int fail(const struct twp_json *json, size_t at, const char *what)
{
	return twp_source_fail(json->source, at, "%s", what);
}

/* Four hexadecimal digits; -1 if they are not. */
static int32_t hex_read(const struct twp_json *json, size_t at)
{
	int32_t value = 0;

	for (int i = 0; i < 4; i++) {
		int byte = byte_at(json, at + i);

		if (byte < 0 || !isxdigit(byte))
			return -1;
		value = value << 4 | (isdigit(byte) ? byte - '0' : (byte | 0x20) - 'a' + 10);
	}
	return value;
}

/* Decodes the escape at @at, behind its backslash. Return: its bytes, 0 if it is none. */
static size_t escape_read(const struct twp_json *json, size_t at, uint32_t *character)
{
	static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	int byte = byte_at(json, at);
	const char *name = byte > 0 ? strchr(names, byte) : NULL;
	int32_t high, low;

	if (name) {
		*character = (unsigned char)meanings[name - names];
		return 1;
	}
	high = byte == 'u' ? hex_read(json, at + 1) : -1;
	if (high < 0)
		return 0;
	*character = (uint32_t)high;
	if (high < 0xd800 || high > 0xdfff)
		return 5;
	/* A character above ffff is written as two halves. */
	if (high > 0xdbff || byte_at(json, at + 5) != '\\' || byte_at(json, at + 6) != 'u')
		return 0;
	low = hex_read(json, at + 7);
	if (low < 0xdc00 || low > 0xdfff)
		return 0;
	*character = 0x10000 + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
	return 11;
}

/* Copies a string, its escapes decoded: none of them is shorter than what it means. */
static int string_decode(struct twp_json *json, size_t from, size_t to, struct twp_event *event)
{
	const char *text = json->source->text;
	size_t length = 0;

	if (json->room < to - from) {
		char *decoded = realloc(json->decoded, to - from);

		if (!decoded)
			return fail(json, from, "out of memory");
		json->decoded = decoded;
		json->room = to - from;
	}
	while (from < to) {
		uint32_t character;
		size_t bytes;

		if (text[from] != '\\') {
			json->decoded[length++] = text[from++];
			continue;
		}
		bytes = escape_read(json, from + 1, &character);
		if (!bytes)
			return fail(json, from, "this escape is none of JSON");
		from += 1 + bytes;
		length += twp_utf8_put(json->decoded + length, character);
	}
	event->text = json->decoded;
	event->length = length;
	return 0;
}

static int string_read(struct twp_json *json, struct twp_event *event)
{
	size_t from = json->at + 1, to = from;
	bool escapes = false;
	int byte;

	while ((byte = byte_at(json, to)) != '"') {
		if (byte < 0)
			return fail(json, json->at, "a string has no end");
		if (byte < 0x20)
			return fail(json, to,
				    "a string may not go over a line's end or hold a tab");
		escapes |= byte == '\\';
		to += byte == '\\' ? 2 : 1;
	}
	*event = (struct twp_event){ .type = TWP_EVENT_SCALAR, .offset = json->at };
	event->text = json->source->text + from;
	event->length = to - from;
	json->at = to + 1;
	return escapes ? string_decode(json, from, to, event) : 0;
}

static size_t digits_skip(const struct twp_json *json, size_t at)
{
	int byte;

	while ((byte = byte_at(json, at)) >= '0' && byte <= '9')
		at++;
	return at;
}

/* Bytes of the number at @at; 0 if there is none. */
static size_t number_length(const struct twp_json *json, size_t at)
{
	size_t begin = at, digits;

	at += byte_at(json, at) == '-';
	digits = digits_skip(json, at);
	if (digits == at || (byte_at(json, at) == '0' && digits > at + 1))
		return 0;
	at = digits;
	if (byte_at(json, at) == '.') {
		digits = digits_skip(json, at + 1);
		if (digits == at + 1)
			return 0;
		at = digits;
	}
	if ((byte_at(json, at) | 0x20) == 'e') {
		at += byte_at(json, at + 1) == '-' || byte_at(json, at + 1) == '+' ? 2 : 1;
		digits = digits_skip(json, at);
		if (digits == at)
			return 0;
		at = digits;
	}
	return at - begin;
}

static int word_read(struct twp_json *json, struct twp_event *event)
{
	static const char *const words[] = { "true", "false", "null" };
	const char *text = json->source->text + json->at;
	size_t length = number_length(json, json->at);
	size_t left = json->source->length - json->at;

	for (size_t i = 0; i < 3 && !length; i++)
		if (left >= strlen(words[i]) && !memcmp(text, words[i], strlen(words[i])))
			length = strlen(words[i]);
	if (!length)
		return fail(json, json->at, "a value is missing, or is none of JSON");
	*event = (struct twp_event){ TWP_EVENT_SCALAR, text, length, true, json->at };
	json->at += length;
	return 0;
}

static int value_read(struct twp_json *json, int byte, struct twp_event *event)
{
	json->want = WANT_MORE;
	if (byte == '"')
		return string_read(json, event);
	if (byte != '[' && byte != '{')
		return word_read(json, event);
	if (json->depth == TWP_DOCUMENT_DEPTH)
		return twp_source_fail(json->source, json->at,
				       "the document is nested deeper than %d levels",
				       TWP_DOCUMENT_DEPTH);
	json->open[json->depth++] = (char)byte;
	json->want = WANT_FIRST;
	*event = (struct twp_event){ .offset = json->at++ };
	event->type = byte == '[' ? TWP_EVENT_LIST : TWP_EVENT_MAPPING;
	return 0;
}

int twp_json_next(struct twp_json *json, struct twp_event *event)
{
	bool in_mapping = json->depth && json->open[json->depth - 1] == '{';
	int byte = peek(json);

	if (json->want == WANT_VALUE)
		return value_read(json, byte, event);
	if (json->want == WANT_COLON) {
		if (byte != ':')
			return fail(json, json->at, "a colon is missing behind a key");
		json->at++;
		return value_read(json, peek(json), event);
	}
	if (!json->depth) {
		*event = (struct twp_event){ .type = TWP_EVENT_END, .offset = json->at };
		return byte < 0 ? 0 : fail(json, json->at, "something follows the document");
	}
	if (byte == (in_mapping ? '}' : ']')) {
		*event = (struct twp_event){ .offset = json->at++ };
		event->type = in_mapping ? TWP_EVENT_MAPPING_END : TWP_EVENT_LIST_END;
		json->depth--;
		json->want = WANT_MORE;
		return 0;
	}
	if (json->want == WANT_MORE) {
		if (byte != ',')
			return fail(json, json->at,
				    in_mapping ? "a comma or a closing brace is missing" :
						 "a comma or a closing bracket is missing");
		json->at++;
		byte = peek(json);
	}
	if (!in_mapping)
		return value_read(json, byte, event);
	if (byte != '"')
		return fail(json, json->at, "a key in double quotes is missing");
	json->want = WANT_COLON;
	return string_read(json, event);
}

struct twp_json *twp_json_open(const struct twp_source *source)
{
	struct twp_json *json = calloc(1, sizeof(*json));

	if (json)
		json->source = source;
	else
		twp_error_set(source->error, "out of memory");
	return json;
}

void twp_json_close(struct twp_json *json)
{
	if (!json)
		return;
	free(json->decoded);
	free(json);
}

bool twp_json_check(const struct twp_source *source)
{
	struct twp_json *json = twp_json_open(source);
	struct twp_event event = { .type = TWP_EVENT_SCALAR };
	bool good = json;

	while (good && event.type != TWP_EVENT_END)
		good = !twp_json_next(json, &event);
	twp_json_close(json);
	return good;
}
