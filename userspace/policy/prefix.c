// SPDX-License-Identifier: GPL-2.0-only
/* Prefixes of addresses. */
#include <stdio.h>
#include <string.h>

#include "policy.h"

static void mask(struct twp_address *address, unsigned int length)
{
	for (unsigned int i = 0; i < sizeof(address->bytes); i++) {
		unsigned int kept = length > 8 * i ? length - 8 * i : 0;

		if (kept < 8)
			address->bytes[i] &= (uint8_t)(0xff00 >> kept);
	}
}

int twp_prefix_parse(struct twp_prefix *prefix, const char *text, bool bare)
{
	const char *slash = strchr(text, '/');
	struct twp_prefix made = { 0 };
	char address[INET6_ADDRSTRLEN];
	unsigned int length = 0, most;

	if ((!slash && !bare) || strlen(text) >= TWP_PREFIX_TEXT)
		return -1;
	snprintf(address, sizeof(address), "%.*s", slash ? (int)(slash - text) : 45, text);
	if ((slash && slash - text >= INET6_ADDRSTRLEN) ||
	    twp_address_parse(&made.address, address))
		return -1;
	most = 8 * (unsigned int)twp_address_length(&made.address);
	if (slash) {
		const char *digit = slash + 1;

		/* No sign, no blank, no leading zero. */
		if (!*digit || (digit[0] == '0' && digit[1]))
			return -1;
		for (; *digit >= '0' && *digit <= '9' && length <= most; digit++)
			length = 10 * length + (unsigned int)(*digit - '0');
		if (*digit || length > most)
			return -1;
	} else {
		length = most;
	}
	mask(&made.address, length);
	made.length = (uint8_t)length;
	*prefix = made;
	return 0;
}

bool twp_prefix_holds(const struct twp_prefix *prefix, const struct twp_address *address)
{
	struct twp_address masked = *address;

	mask(&masked, prefix->length);
	return !twp_address_compare(&masked, &prefix->address);
}

bool twp_prefix_contains(const struct twp_prefix *prefix, const struct twp_prefix *inner)
{
	return inner->length >= prefix->length && twp_prefix_holds(prefix, &inner->address);
}

struct twp_prefix twp_prefix_common(const struct twp_address *a, const struct twp_address *b)
{
	const unsigned int most = 8 * (unsigned int)twp_address_length(a);
	struct twp_prefix common = { .address = *a };
	unsigned int length = 0;

	while (length < most &&
	       !((a->bytes[length / 8] ^ b->bytes[length / 8]) & 0x80 >> length % 8))
		length++;
	mask(&common.address, length);
	common.length = (uint8_t)length;
	return common;
}

int twp_prefix_compare(const struct twp_prefix *a, const struct twp_prefix *b)
{
	int order = twp_address_compare(&a->address, &b->address);

	return order ? order : a->length - b->length;
}

const char *twp_prefix_text(const struct twp_prefix *prefix, char text[TWP_PREFIX_TEXT])
{
	char address[INET6_ADDRSTRLEN];

	snprintf(text, TWP_PREFIX_TEXT, "%s/%u", twp_address_text(&prefix->address, address),
		 prefix->length);
	return text;
}
