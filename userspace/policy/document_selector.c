// SPDX-License-Identifier: GPL-2.0-only
/* The readers of selectors: matchLabels and matchExpressions, with Cilium's keys or Kubernetes'. */
#include <stdlib.h>
#include <string.h>

#include "document_parts.h"
#include "memory.h"
#include "utf8.h"

/* Whose labels they are: what their keys mean, and what may stand in them. Ours are as Cilium's. */
enum keys { KEYS_CILIUM, KEYS_POD, KEYS_NAMESPACE };

struct selector_item {
	struct twp_selector *selector;
	enum keys keys;
};

/* Copies the scalar at hand, which is the @what of a label. */
static int label_text_read(const struct twp_source *source, const char *what,
			   char text[TWP_LABEL_MAX + 1])
{
	const struct twp_event *event = &source->event;

	if (event->type != TWP_EVENT_SCALAR)
		return twp_source_fail(source, event->offset,
				       "the %s of a label must be a scalar, not %s", what,
				       twp_event_kind(event));
	/* YAML and JSON call this no value; Kubernetes' tools take it for an empty one. */
	if (event->length && twp_event_is_null(event))
		return twp_source_fail(source, event->offset,
				       "the %s of a label is null; quote it if it is meant so",
				       what);
	if (event->length > TWP_LABEL_MAX)
		return twp_source_fail(source, event->offset,
				       "the %s of a label is longer than %d bytes", what,
				       TWP_LABEL_MAX);
	memcpy(text, event->text, event->length);
	text[event->length] = '\0';
	return 0;
}

/* The same for a value. Kubernetes takes a number for none, Cilium's plain rules for a text. */
static int label_value_read(const struct twp_source *source, enum keys keys,
			    char text[TWP_LABEL_MAX + 1])
{
	const struct twp_event *event = &source->event;

	if (label_text_read(source, "value", text))
		return -1;
	if (keys == KEYS_CILIUM)
		return 0;
	if (twp_event_is_typed(event))
		return twp_source_fail(source, event->offset,
				       "the value of a label must be a text: quote %s", text);
	if (!twp_label_value_is_kubernetes(text))
		return twp_source_fail(
			source, event->offset,
			"%s is no value of a label: at most 63 letters, digits, -, _ "
			"and ., the first and the last a letter or a digit",
			twp_quote_event(event).text);
	return 0;
}

int twp_label_key_check(struct twp_source *source, size_t place, char *key)
{
	const char *bare = key;
	struct twp_error fault;

	if (twp_label_key_settle(&bare, &fault))
		return twp_source_fail(source, place, "%s", fault.text);
	memmove(key, bare, strlen(bare) + 1);
	return 0;
}

/* Kubernetes' keys have no source; those of a namespace's labels get Cilium's name. */
static int key_translate(struct twp_source *source, size_t place, enum keys keys,
			 char key[TWP_LABEL_MAX + 1])
{
	char whole[TWP_LABEL_MAX + 1];

	if (keys == KEYS_CILIUM)
		return twp_label_key_check(source, place, key);
	if (*key && !twp_label_key_is_kubernetes(key))
		return twp_source_fail(source, place,
				       "\"%s\" is no key of a label: a name of at most 63 letters, "
				       "digits, -, _ and ., perhaps behind a domain and a slash",
				       key);
	if (keys == KEYS_POD || !*key)
		return 0;
	if (strlen(key) + strlen(TWP_LABEL_OF_NAMESPACE) > TWP_LABEL_MAX)
		return twp_source_fail(source, place, "the key of a label is longer than %zu bytes",
				       TWP_LABEL_MAX - strlen(TWP_LABEL_OF_NAMESPACE));
	stpcpy(stpcpy(whole, TWP_LABEL_OF_NAMESPACE), key);
	strcpy(key, whole);
	return 0;
}

static int labels_read(struct twp_source *source, struct twp_labels *labels, const char *what,
		       enum keys keys)
{
	char key[TWP_LABEL_MAX + 1], value[TWP_LABEL_MAX + 1];
	struct twp_error fault;

	if (source->event.type != TWP_EVENT_MAPPING)
		return twp_grammar_fail(source, what, "a mapping");
	for (;;) {
		size_t place;

		if (twp_source_next(source))
			return -1;
		if (source->event.type == TWP_EVENT_MAPPING_END)
			return 0;
		place = source->event.offset;
		if (source->event.plain && twp_event_is(&source->event, "<<"))
			return twp_source_fail(source, place, "a merge key is not supported");
		if (label_text_read(source, "key", key) || twp_source_next(source) ||
		    label_value_read(source, keys, value) ||
		    key_translate(source, place, keys, key))
			return -1;
		if (keys == KEYS_CILIUM && *value && twp_label_is_reserved(key))
			return twp_source_fail(source, place, "label \"%s\" has no value", key);
		if (twp_labels_add(labels, key, value, &fault))
			return twp_source_fail(source, place, "%s", fault.text);
	}
}

int twp_label_mapping_read(struct twp_source *source, void *into)
{
	return labels_read(source, into, "labels", KEYS_CILIUM);
}

int twp_metadata_labels_read(struct twp_source *source, void *into)
{
	return labels_read(source, into, "labels", KEYS_POD);
}

static int match_labels_read(struct twp_source *source, void *into)
{
	const struct selector_item *item = into;

	return labels_read(source, &item->selector->labels, "matchLabels", item->keys);
}

struct expression {
	enum keys keys;
	bool has_operator;
	struct twp_requirement requirement;
};

static void expression_clean(struct expression *expression)
{
	twp_requirement_clean(&expression->requirement);
}

static int key_read(struct twp_source *source, void *into)
{
	struct expression *expression = into;
	size_t place = source->event.offset;
	char key[TWP_LABEL_MAX + 1];

	if (label_text_read(source, "key", key) ||
	    key_translate(source, place, expression->keys, key))
		return -1;
	if (!*key)
		return twp_source_fail(source, place, "a label has an empty key");
	if (twp_utf8_span(key, strlen(key), "") != strlen(key))
		return twp_source_fail(source, place,
				       "the key of a label holds a control character");
	expression->requirement.key = strdup(key);
	return expression->requirement.key ? 0 : twp_document_no_memory(source);
}

static int operator_read(struct twp_source *source, void *into)
{
	static const char *const names[] = {
		[TWP_OPERATOR_IN] = "In",
		[TWP_OPERATOR_NOT_IN] = "NotIn",
		[TWP_OPERATOR_EXISTS] = "Exists",
		[TWP_OPERATOR_DOES_NOT_EXIST] = "DoesNotExist",
	};
	struct expression *expression = into;

	if (source->event.type != TWP_EVENT_SCALAR)
		return twp_grammar_fail(source, "operator", "a name");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!twp_event_is(&source->event, names[i]))
			continue;
		expression->requirement.operator= i;
		expression->has_operator = true;
		return 0;
	}
	return twp_source_fail(source, source->event.offset,
			       "operator %s is unknown; In, NotIn, Exists, DoesNotExist are known",
			       twp_quote_event(&source->event).text);
}

static int value_read(struct twp_source *source, void *into)
{
	const struct expression *expression = into;
	struct twp_requirement *requirement = &((struct expression *)into)->requirement;
	size_t place = source->event.offset;
	char value[TWP_LABEL_MAX + 1];
	char **array;

	if (label_value_read(source, expression->keys, value))
		return -1;
	if (twp_utf8_span(value, strlen(value), "") != strlen(value))
		return twp_source_fail(source, place,
				       "the value of a label holds a control character");
	array = twp_array_grow(requirement->value, requirement->values, sizeof(*array));
	if (!array)
		return twp_document_no_memory(source);
	requirement->value = array;
	array[requirement->values] = strdup(value);
	return array[requirement->values++] ? 0 : twp_document_no_memory(source);
}

static int values_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "values", value_read, into);
}

static const struct twp_field expression_fields[] = {
	{ "key", key_read, NULL },
	{ "operator", operator_read, NULL },
	{ "values", values_read, NULL },
	{ 0 },
};
static const struct twp_mapping expression_mapping = { "an expression", expression_fields, true };

static int expression_read(struct twp_source *source, void *into)
{
	const struct selector_item *item = into;
	TWP_CLEANUP(expression_clean) struct expression expression = { .keys = item->keys };
	struct twp_requirement *requirement = &expression.requirement, *array;
	struct twp_selector *selector = item->selector;
	size_t place = source->event.offset;
	bool wants;

	if (twp_mapping_read(source, &expression_mapping, &expression))
		return -1;
	if (!requirement->key)
		return twp_source_fail(source, place, "field \"key\" is missing");
	if (!expression.has_operator)
		return twp_source_fail(source, place, "field \"operator\" is missing");
	wants = requirement->operator== TWP_OPERATOR_IN || requirement->operator==
		TWP_OPERATOR_NOT_IN;
	if (wants != (requirement->values != 0))
		return twp_source_fail(source, place,
				       wants ? "In and NotIn want values" :
					       "Exists and DoesNotExist have no values");
	array = twp_array_grow(selector->requirement, selector->requirements, sizeof(*array));
	if (!array)
		return twp_document_no_memory(source);
	selector->requirement = array;
	array[selector->requirements++] = *requirement;
	*requirement = (struct twp_requirement){ 0 };
	return 0;
}

static int expressions_read(struct twp_source *source, void *into)
{
	return twp_list_read(source, "matchExpressions", expression_read, into);
}

static const struct twp_field selector_fields[] = {
	{ "matchLabels", match_labels_read, NULL },
	{ "matchExpressions", expressions_read, NULL },
	{ 0 },
};
static const struct twp_mapping cilium_selector = { "a selector", selector_fields, false };
static const struct twp_mapping kubernetes_selector = { "a selector", selector_fields, true };

int twp_cilium_selector_read(struct twp_source *source, void *into)
{
	struct selector_item item = { into, KEYS_CILIUM };

	return twp_mapping_read(source, &cilium_selector, &item);
}

int twp_pod_selector_read(struct twp_source *source, void *into)
{
	struct selector_item item = { into, KEYS_POD };

	return twp_mapping_read(source, &kubernetes_selector, &item);
}

int twp_namespace_selector_read(struct twp_source *source, void *into)
{
	struct selector_item item = { into, KEYS_NAMESPACE };

	return twp_mapping_read(source, &kubernetes_selector, &item);
}

static bool named(const char *has, const char *key, bool begins)
{
	return begins ? !strncmp(has, key, strlen(key)) : !strcmp(has, key);
}

bool twp_selector_names(const struct twp_selector *selector, const char *key, bool begins)
{
	for (size_t i = 0; i < selector->labels.count; i++)
		if (named(selector->labels.label[i].key, key, begins))
			return true;
	for (size_t i = 0; i < selector->requirements; i++)
		if (named(selector->requirement[i].key, key, begins))
			return true;
	return false;
}

bool twp_selector_wants(const struct twp_selector *selector, const char *key, bool begins)
{
	for (size_t i = 0; i < selector->labels.count; i++)
		if (named(selector->labels.label[i].key, key, begins))
			return true;
	for (size_t i = 0; i < selector->requirements; i++) {
		const struct twp_requirement *requirement = &selector->requirement[i];
		bool there = requirement->operator== TWP_OPERATOR_IN || requirement->operator==
			     TWP_OPERATOR_EXISTS;

		if (there && named(requirement->key, key, begins))
			return true;
	}
	return false;
}

int twp_selector_limit(struct twp_source *source, size_t place, struct twp_selector *selector,
		       const char *namespace)
{
	const char *has = twp_labels_get(&selector->labels, TWP_LABEL_NAMESPACE);
	struct twp_error fault;

	if (has && !strcmp(has, namespace))
		return 0;
	if (has)
		return twp_source_fail(source, place,
				       "the policy is of namespace %s, and selects endpoints of %s",
				       namespace, has);
	if (twp_labels_add(&selector->labels, TWP_LABEL_NAMESPACE, namespace, &fault))
		return twp_source_fail(source, place, "%s", fault.text);
	return 0;
}
