// SPDX-License-Identifier: GPL-2.0-only
/* Sets of labels, sorted by key. */
#include "label.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "policy.h"
#include "utf8.h"

int twp_label_key_settle(const char **key, struct twp_error *error)
{
	const char *bare = *key;

	if (!strncmp(bare, "k8s:", 4) || !strncmp(bare, "any:", 4)) {
		bare += 4;
		if (!*bare)
			return twp_error_set(error, "a label has an empty key");
		/* "k8s:reserved:host" is not the host, nor anything that can be named here. */
		if (strchr(bare, ':'))
			return twp_error_set(error, "label \"%.200s\" has two sources", *key);
		*key = bare;
		return 0;
	}
	if (!strchr(bare, ':') || twp_label_is_reserved(bare))
		return 0;
	if (!strncmp(bare, "reserved:", 9))
		return twp_error_set(error,
				     "label \"%.200s\" is unknown; reserved:host, reserved:world, "
				     "remote-node, health, init, unmanaged, kube-apiserver and "
				     "ingress are known",
				     bare);
	return twp_error_set(error,
			     "label \"%.200s\" has a source that is not supported; k8s, any and "
			     "reserved are",
			     bare);
}

static int text_check(const char *what, const char *text, struct twp_error *error)
{
	size_t length = strlen(text);

	if (length > TWP_LABEL_MAX)
		return twp_error_set(error, "the %s of a label is longer than %d bytes", what,
				     TWP_LABEL_MAX);
	if (twp_utf8_span(text, length, "") != length)
		return twp_error_set(
			error, "the %s of a label holds a control character or is not UTF-8", what);
	return 0;
}

/* Where @key is, or would be. */
static size_t position(const struct twp_labels *labels, const char *key)
{
	size_t low = 0, high = labels->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(labels->label[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int twp_labels_add(struct twp_labels *labels, const char *key, const char *value,
		   struct twp_error *error)
{
	struct twp_label label, *array;
	size_t at;

	if (!*key)
		return twp_error_set(error, "a label has an empty key");
	if (text_check("key", key, error) || text_check("value", value, error))
		return -1;
	if (twp_labels_get(labels, key))
		return twp_error_set(error, "label \"%s\" stands twice", key);
	if (labels->count == TWP_LABELS_MAX)
		return twp_error_set(error, "there are more than %d labels", TWP_LABELS_MAX);

	array = twp_array_grow(labels->label, labels->count, sizeof(*array));
	if (!array)
		return twp_error_set(error, "out of memory");
	labels->label = array;
	label.key = strdup(key);
	label.value = strdup(value);
	if (!label.key || !label.value) {
		free(label.key);
		free(label.value);
		return twp_error_set(error, "out of memory");
	}
	at = position(labels, key);
	memmove(array + at + 1, array + at, (labels->count - at) * sizeof(*array));
	array[at] = label;
	labels->count++;
	return 0;
}

int twp_labels_parse(struct twp_labels *labels, const char *text, struct twp_error *error)
{
	const char *sign = strchr(text, '=');
	TWP_AUTOFREE char *key = sign ? strndup(text, (size_t)(sign - text)) : strdup(text);

	if (!key)
		return twp_error_set(error, "out of memory");
	return twp_labels_add(labels, key, sign ? sign + 1 : "", error);
}

const char *twp_labels_get(const struct twp_labels *labels, const char *key)
{
	size_t at = position(labels, key);

	if (at == labels->count || strcmp(labels->label[at].key, key))
		return NULL;
	return labels->label[at].value;
}

int twp_labels_copy(struct twp_labels *to, const struct twp_labels *from)
{
	TWP_CLEANUP(twp_labels_clean) struct twp_labels copy = { 0 };

	for (size_t i = 0; i < from->count; i++)
		if (twp_labels_add(&copy, from->label[i].key, from->label[i].value, NULL))
			return -1;
	*to = copy;
	copy = (struct twp_labels){ 0 };
	return 0;
}

static int label_compare(const struct twp_label *a, const struct twp_label *b)
{
	int order = strcmp(a->key, b->key);

	return order ? order : strcmp(a->value, b->value);
}

int twp_labels_compare(const struct twp_labels *a, const struct twp_labels *b)
{
	size_t both = a->count < b->count ? a->count : b->count;

	for (size_t i = 0; i < both; i++) {
		int order = label_compare(&a->label[i], &b->label[i]);

		if (order)
			return order;
	}
	return (a->count > b->count) - (a->count < b->count);
}

bool twp_labels_contain(const struct twp_labels *labels, const struct twp_labels *wanted)
{
	size_t at = 0;

	for (size_t i = 0; i < wanted->count; i++) {
		int order = 1;

		while (at < labels->count &&
		       (order = strcmp(labels->label[at].key, wanted->label[i].key)) < 0)
			at++;
		if (order || strcmp(labels->label[at].value, wanted->label[i].value))
			return false;
		at++;
	}
	return true;
}

/* Puts a backslash before what has a meaning in the canonical text. */
static char *escape(char *to, const char *from)
{
	for (; *from; from++) {
		if (strchr("\\,=", *from))
			*to++ = '\\';
		*to++ = *from;
	}
	return to;
}

char *twp_labels_text(const struct twp_labels *labels)
{
	size_t room = 1;
	char *text, *end;

	for (size_t i = 0; i < labels->count; i++)
		room += 2 * (strlen(labels->label[i].key) + strlen(labels->label[i].value)) + 2;
	text = malloc(room);
	if (!text)
		return NULL;
	end = text;
	for (size_t i = 0; i < labels->count; i++) {
		if (i)
			*end++ = ',';
		end = escape(end, labels->label[i].key);
		/* No value and an empty one are the same. */
		if (*labels->label[i].value)
			*end++ = '=';
		end = escape(end, labels->label[i].value);
	}
	*end = '\0';
	return text;
}

void twp_labels_clean(struct twp_labels *labels)
{
	for (size_t i = 0; i < labels->count; i++) {
		free(labels->label[i].key);
		free(labels->label[i].value);
	}
	free(labels->label);
	*labels = (struct twp_labels){ 0 };
}
