// SPDX-License-Identifier: GPL-2.0-only
/* What Kubernetes accepts as names of objects, and as keys and values of labels. */
#include <string.h>

#include "document_parts.h"

static bool is_lower(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_any(char c)
{
	return is_lower(c) || (c >= 'A' && c <= 'Z');
}

/* @length characters that are @inner or one of @marks, the first and the last @inner. */
static bool is_word(const char *text, size_t length, bool (*inner)(char c), const char *marks)
{
	if (!length || !inner(text[0]) || !inner(text[length - 1]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!inner(text[i]) && !strchr(marks, text[i]))
			return false;
	return true;
}

static bool is_subdomain(const char *text, size_t length)
{
	if (!length || length > 253)
		return false;
	for (;;) {
		const char *dot = memchr(text, '.', length);
		size_t label = dot ? (size_t)(dot - text) : length;

		if (!is_word(text, label, is_lower, "-"))
			return false;
		if (!dot)
			return true;
		text += label + 1;
		length -= label + 1;
	}
}

bool twp_name_is_kubernetes(const char *name, bool label)
{
	size_t length = strlen(name);

	return label ? length <= 63 && is_word(name, length, is_lower, "-") :
		       is_subdomain(name, length);
}

bool twp_label_value_is_kubernetes(const char *value)
{
	size_t length = strlen(value);

	return !length || (length <= 63 && is_word(value, length, is_any, "-_."));
}

bool twp_label_key_is_kubernetes(const char *key)
{
	const char *slash = strchr(key, '/');
	const char *name = slash ? slash + 1 : key;

	if (slash && !is_subdomain(key, (size_t)(slash - key)))
		return false;
	return *name && twp_label_value_is_kubernetes(name);
}
