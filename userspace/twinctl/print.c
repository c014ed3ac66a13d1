// SPDX-License-Identifier: GPL-2.0-only
/* What people read: tables, units, and the words of the field. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"
#include "print.h"

void *ctl_alloc(void *memory, size_t count, size_t size)
{
	void *more = memory ? reallocarray(memory, count, size) : calloc(count ? count : 1, size);

	if (!more)
		exit(ctl_fail("out of memory"));
	return more;
}

static char *format_list(const char *format, va_list list)
{
	char *text;

	if (vasprintf(&text, format, list) < 0)
		exit(ctl_fail("out of memory"));
	return text;
}

char *ctl_format(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	char *text = format_list(format, list);
	va_end(list);
	return text;
}

void ctl_free(void *pointer)
{
	free(*(void **)pointer);
}

void ctl_response_free(Twinpath__V1__Response **response)
{
	if (*response)
		twinpath__v1__response__free_unpacked(*response, NULL);
}

/* ---- tables */

void ctl_table_init(struct ctl_table *table, const char *head)
{
	*table = (struct ctl_table){ .head = head, .columns = 1 };
	for (; *head; head++)
		table->columns += *head == '|';
}

/* A name from elsewhere must not move the cursor of who lists it. */
static char *show_control(char *text)
{
	size_t controls = 0;

	for (const char *from = text; *from; from++)
		controls += iscntrl((unsigned char)*from) != 0;
	if (!controls)
		return text;

	char *shown = ctl_alloc(NULL, strlen(text) + 3 * controls + 1, 1), *to = shown;
	for (const char *from = text; *from; from++) {
		if (iscntrl((unsigned char)*from))
			to += sprintf(to, "\\x%02x", (unsigned char)*from);
		else
			*to++ = *from;
	}
	*to = '\0';
	free(text);
	return shown;
}

void ctl_table_add(struct ctl_table *table, const char *format, ...)
{
	va_list list;

	if (table->cells == table->room) {
		table->room = table->room ? 2 * table->room : 64;
		table->cell = ctl_alloc(table->cell, table->room, sizeof(*table->cell));
	}
	va_start(list, format);
	table->cell[table->cells++] = show_control(format_list(format, list));
	va_end(list);
}

/* Characters, where they are UTF-8. */
static size_t text_width(const char *text, size_t length)
{
	size_t width = 0;

	for (size_t i = 0; i < length; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

/* Spaces are written before the next cell, so that no line ends in them. */
static size_t print_cell(const char *text, size_t length, size_t width, bool right, size_t spaces)
{
	size_t pad = width - text_width(text, length);

	if (!length)
		return spaces + width;
	printf("%*s%.*s", (int)(spaces + (right ? pad : 0)), "", (int)length, text);
	return right ? 0 : pad;
}

void ctl_table_print(const struct ctl_table *table)
{
	size_t *width = ctl_alloc(NULL, table->columns, sizeof(*width));
	size_t rows = table->cells / table->columns, spaces, named = 0;
	const char *name = table->head;

	for (size_t i = 0; i < table->columns; i++, name += strcspn(name, "|") + 1) {
		width[i] = strcspn(name, "|") - 1;
		named += width[i];
	}
	for (size_t i = 0; i < table->cells; i++) {
		size_t cell = text_width(table->cell[i], strlen(table->cell[i]));

		if (cell > width[i % table->columns])
			width[i % table->columns] = cell;
	}
	/* Row 0 is the names. */
	for (size_t row = !named; row <= rows; row++) {
		spaces = 0;
		name = table->head;
		for (size_t i = 0; i < table->columns; i++) {
			size_t length = strcspn(name, "|");
			const char *text = row ? table->cell[(row - 1) * table->columns + i] :
						 name + 1;

			spaces = 2 + print_cell(text, row ? strlen(text) : length - 1, width[i],
						*name == '>', spaces);
			name += length + 1;
		}
		putchar('\n');
	}
	free(width);
}

void ctl_table_clean(struct ctl_table *table)
{
	for (size_t i = 0; i < table->cells; i++)
		free(table->cell[i]);
	free(table->cell);
}

/* ---- words and units */

const char *ctl_bytes(ctl_text text, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		snprintf(text, sizeof(ctl_text), "%u B", (unsigned int)bytes);
		return text;
	}
	for (; value >= 1024 && unit + 1 < sizeof(units) / sizeof(*units); unit++)
		value /= 1024;
	snprintf(text, sizeof(ctl_text), "%.1f %s", value, units[unit]);
	return text;
}

const char *ctl_duration(ctl_text text, uint64_t ns)
{
	double value = (double)ns;

	if (ns < 1000)
		snprintf(text, sizeof(ctl_text), "%u ns", (unsigned int)ns);
	else if (ns < 1000000)
		snprintf(text, sizeof(ctl_text), "%.1f us", value / 1e3);
	else if (ns < 1000000000)
		snprintf(text, sizeof(ctl_text), "%.1f ms", value / 1e6);
	else
		snprintf(text, sizeof(ctl_text), "%.2f s", value / 1e9);
	return text;
}

const char *ctl_port(ctl_text text, uint32_t protocol, uint32_t port)
{
	switch (protocol) {
	case IPPROTO_TCP:
		snprintf(text, sizeof(ctl_text), "%u/tcp", port);
		break;
	case IPPROTO_UDP:
		snprintf(text, sizeof(ctl_text), "%u/udp", port);
		break;
	case IPPROTO_SCTP:
		snprintf(text, sizeof(ctl_text), "%u/sctp", port);
		break;
	case IPPROTO_ICMP:
		snprintf(text, sizeof(ctl_text), "icmp/%u", port >> 8);
		break;
	case IPPROTO_ICMPV6:
		snprintf(text, sizeof(ctl_text), "icmpv6/%u", port >> 8);
		break;
	default:
		snprintf(text, sizeof(ctl_text), "proto/%u", protocol);
	}
	return text;
}

const char *ctl_address(ctl_text text, const ProtobufCBinaryData *address, bool local)
{
	struct twp_address parsed;

	if (twp_address_set(&parsed, address->data, address->len))
		snprintf(text, sizeof(ctl_text), "%s", local ? "host" : "");
	else if (local && !memcmp(parsed.bytes, (uint8_t[16]){ 0 }, 16))
		snprintf(text, sizeof(ctl_text), "host");
	else
		twp_address_text(&parsed, text);
	return text;
}

/* protoc's values are TYPE_NAME_WORD, of type TypeName. */
const char *ctl_word(ctl_text text, const ProtobufCEnumDescriptor *type, int value)
{
	const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(type, value);
	size_t prefix = strlen(type->short_name) + 1, i = 0;

	if (!found) {
		snprintf(text, sizeof(ctl_text), "%d", value);
		return text;
	}
	for (const char *at = type->short_name + 1; *at; at++)
		prefix += isupper((unsigned char)*at) != 0;
	for (const char *at = found->name + prefix; *at && i + 1 < sizeof(ctl_text); at++)
		text[i++] = (char)tolower((unsigned char)*at);
	text[i] = '\0';
	return text;
}

char *ctl_labels(Twinpath__V1__Label *const *label, size_t count)
{
	size_t length = 2;

	for (size_t i = 0; i < count; i++)
		length += strlen(label[i]->key) + strlen(label[i]->value) + 2;
	char *text = ctl_alloc(NULL, length, 1), *to = text;
	for (size_t i = 0; i < count; i++)
		to += sprintf(to, "%s%s%s%s", i ? "," : "", label[i]->key,
			      *label[i]->value ? "=" : "", label[i]->value);
	if (!count)
		strcpy(text, "-");
	return text;
}

char *ctl_decision(const Twinpath__V1__Decision *decision, const char *rule)
{
	ctl_text word;

	if (!decision)
		return ctl_format("-");
	ctl_word(word, &twinpath__v1__verdict__descriptor, (int)decision->verdict);
	if (decision->rule && *rule)
		return ctl_format("%s by %s", word, rule);
	if (decision->rule)
		return ctl_format("%s by rule %u", word, decision->rule);
	if (decision->verdict == TWINPATH__V1__VERDICT__VERDICT_ALLOW)
		return ctl_format("allow, not enforced");
	if (decision->verdict == TWINPATH__V1__VERDICT__VERDICT_NONE)
		return ctl_format("-");
	return ctl_format("%s, no rule allows it", word);
}
