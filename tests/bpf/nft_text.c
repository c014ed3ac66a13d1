// SPDX-License-Identifier: GPL-2.0-only
#include "nft_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "random_image.h"

#define FIELDS 8

/* An address, 0x and a mark, or a port. Return: the bytes that it takes, padded to words. */
static size_t field_read(const char *text, unsigned char *bytes)
{
	uint32_t mark;
	uint16_t port;

	memset(bytes, 0, 16);
	if (!strncmp(text, "0x", 2)) {
		mark = (uint32_t)strtoul(text, NULL, 16);
		memcpy(bytes, &mark, sizeof(mark));
		return 4;
	}
	if (inet_pton(AF_INET, text, bytes) == 1)
		return 4;
	if (inet_pton(AF_INET6, text, bytes) == 1)
		return 16;
	port = htons((uint16_t)strtoul(text, NULL, 10));
	memcpy(bytes, &port, sizeof(port));
	return 4;
}

/* "a . b : c . d": all fields one behind the other are a row. */
static void element_read(struct twp_image *image, enum twp_table_id id, char *text)
{
	unsigned char row[FIELDS * 16] = { 0 };
	size_t size = 0;
	char *rest, *word;

	for (word = strtok_r(text, " \t\n", &rest); word; word = strtok_r(NULL, " \t\n", &rest)) {
		if (!strcmp(word, ".") || !strcmp(word, ":"))
			continue;
		assert_true(size + 16 <= sizeof(row));
		size += field_read(word, row + size);
	}
	assert_int_equal(size, twp_row_size(id));
	put_row(image, id, row, row + twp_table_layouts[id].key_size);
}

static void table_read(struct twp_image *image, enum twp_table_id id, const char *all)
{
	char heading[64], *list, *rest, *element;
	const char *map, *end, *elements;

	snprintf(heading, sizeof(heading), "map %s {", twp_table_layouts[id].name);
	map = strstr(all, heading);
	assert_non_null(map);
	end = strstr(map, "\n\t}");
	assert_non_null(end);
	elements = strstr(map, "elements = {");
	if (!elements || elements > end)
		return;
	elements += strlen("elements = {");
	list = strndup(elements, strcspn(elements, "}"));
	for (element = strtok_r(list, ",", &rest); element; element = strtok_r(NULL, ",", &rest))
		element_read(image, id, element);
	free(list);
}

void nft_text_read(struct twp_image *image)
{
	const struct twp_generation_key key = { TWP_GENERATION_HELD };
	const struct twp_generation_value *held;
	char *all = NULL;
	size_t size = 0;
	FILE *text, *nft;
	int c;

	text = open_memstream(&all, &size);
	nft = popen("nft -n list table inet twinpath", "re");
	assert_true(text && nft);
	while ((c = getc(nft)) != EOF)
		putc(c, text);
	assert_int_equal(pclose(nft), 0);
	fclose(text);

	twp_image_init(image);
	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		table_read(image, id, all);
	free(all);
	assert_int_equal(twp_image_seal(image, NULL), 0);
	held = twp_image_find(image, TWP_TABLE_GENERATION, &key);
	assert_non_null(held);
	image->generation = held->word[0];
}
