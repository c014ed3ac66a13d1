// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys of rules. A rule object is known by its Kubernetes object; one that has
 * none, or is one of several in it, by its labels, else by its description, else
 * by whom it selects. Only those that agree in all of that are told apart by
 * their order.
 */
#include "rule_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define FNV_BASIS 0xcbf29ce484222325ull
#define FNV_PRIME 0x100000001b3ull

/* FNV-1a over a text and its end: keys of bounded length. Those that meet are told apart. */
static uint64_t digest(uint64_t hash, const char *text)
{
	do
		hash = (hash ^ (unsigned char)*text) * FNV_PRIME;
	while (*text++);
	return hash;
}

static uint64_t labels_digest(uint64_t hash, const struct twp_labels *labels)
{
	for (size_t i = 0; i < labels->count; i++)
		hash = digest(digest(hash, labels->label[i].key), labels->label[i].value);
	return hash;
}

static uint64_t selector_digest(uint64_t hash, const struct twp_selector *selector)
{
	hash = labels_digest(hash, &selector->labels);
	for (size_t i = 0; i < selector->requirements; i++) {
		const struct twp_requirement *requirement = &selector->requirement[i];

		hash = digest(hash, requirement->key) ^ requirement->operator;
		for (size_t j = 0; j < requirement->values; j++)
			hash = digest(hash, requirement->value[j]);
	}
	return hash;
}

static int key_make(const struct twp_policy *policy, struct twp_spec *spec)
{
	const char *kind = "selector";
	uint64_t hash;

	free(spec->key);
	if (spec->object && !spec->listed) {
		spec->key = strdup(spec->object);
		return spec->key ? 0 : -1;
	}
	if (spec->labels.count) {
		kind = "labels";
		hash = labels_digest(FNV_BASIS, &spec->labels);
	} else if (spec->description && *spec->description) {
		kind = "description";
		hash = digest(FNV_BASIS, spec->description);
	} else {
		hash = selector_digest(FNV_BASIS, &spec->subject);
	}
	/* No kind of object is called "rule". */
	if (asprintf(&spec->key, "%s%s/%s %016llx", spec->object ? "" : "rule ",
		     spec->object ?: policy->name, kind, (unsigned long long)hash) >= 0)
		return 0;
	spec->key = NULL;
	return -1;
}

static int spec_compare(const void *a, const void *b)
{
	const struct twp_spec *x = *(struct twp_spec *const *)a, *y = *(struct twp_spec *const *)b;
	int order = strcmp(x->key, y->key);

	return order ? order : (x > y) - (x < y);
}

/* Keys that stand behind each other: all but the first get their order. */
static int keys_distinguish(struct twp_spec **spec, size_t specs)
{
	for (size_t i = 0, first = 0; i < specs; i++) {
		char *key;

		if (strcmp(spec[first]->key, spec[i]->key))
			first = i;
		if (i == first)
			continue;
		if (asprintf(&key, "%s #%zu", spec[first]->key, i - first) < 0)
			return -1;
		free(spec[i]->key);
		spec[i]->key = key;
		/* It differs from the first now: the next is still compared with that. */
	}
	return 0;
}

int twp_policy_keys(struct twp_policy *policy)
{
	TWP_AUTOFREE struct twp_spec **spec = calloc(policy->specs + 1, sizeof(*spec));

	if (!spec)
		return -1;
	for (size_t i = 0; i < policy->specs; i++) {
		spec[i] = &policy->spec[i];
		if (key_make(policy, spec[i]))
			return -1;
	}
	qsort(spec, policy->specs, sizeof(*spec), spec_compare);
	return keys_distinguish(spec, policy->specs);
}

const char *twp_rule_key_text(const struct twp_policy *policy, const struct twp_rule *rule,
			      char text[TWP_RULE_KEY_TEXT])
{
	snprintf(text, TWP_RULE_KEY_TEXT, "%s/%s/%u", policy->spec[rule->spec].key,
		 twp_section_names[rule->section], rule->index);
	return text;
}
