// SPDX-License-Identifier: GPL-2.0-only
/* UTF-8, as of RFC 3629. */
#include "utf8.h"

#include <string.h>

size_t twp_utf8_length(const char *text, size_t length, uint32_t *character)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = text[0];
	uint32_t value;
	size_t bytes;

	if (first < 0x80)
		bytes = 1, value = first;
	else if (first >> 5 == 0x6)
		bytes = 2, value = first & 0x1f;
	else if (first >> 4 == 0xe)
		bytes = 3, value = first & 0xf;
	else if (first >> 3 == 0x1e)
		bytes = 4, value = first & 0x7;
	else
		return 0;
	if (bytes > length)
		return 0;
	for (size_t i = 1; i < bytes; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (text[i] & 0x3f);
	}
	if (value < least[bytes] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	if (character)
		*character = value;
	return bytes;
}

size_t twp_utf8_span(const char *text, size_t length, const char *allowed)
{
	size_t at = 0;

	while (at < length) {
		uint32_t character;
		size_t bytes = twp_utf8_length(text + at, length - at, &character);

		if (!bytes)
			break;
		if (character < 0x20 ? !character || !strchr(allowed, (int)character) :
				       character >= 0x7f && character < 0xa0)
			break;
		at += bytes;
	}
	return at;
}
