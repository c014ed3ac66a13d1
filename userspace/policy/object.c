// SPDX-License-Identifier: GPL-2.0-only
/* Objects by their names: none twice, and one taken out of its file. */
#include "object.h"

#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "memory.h"

/* An object, and the file that it stands in. */
struct standing {
	const struct twp_policy *policy;
	const struct twp_spec *spec;
	const char *file;
	size_t order; /* in which they were given */
};

static int standing_compare(const void *a, const void *b)
{
	const struct standing *x = a, *y = b;
	int order = strcmp(x->spec->object, y->spec->object);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* An object with a list has several rule objects, and one with spec and specs has both. */
static bool is_same_object(const struct standing *a, const struct standing *b)
{
	return a->policy == b->policy && a->spec->begin == b->spec->begin;
}

static int standings_check(struct standing *standing, size_t count, struct twp_errors *errors)
{
	int failed = 0;

	qsort(standing, count, sizeof(*standing), standing_compare);
	for (size_t i = 1; i < count; i++) {
		const struct standing *first = &standing[i - 1], *again = &standing[i];
		struct twp_error text;

		if (strcmp(first->spec->object, again->spec->object) ||
		    is_same_object(first, again))
			continue;
		failed = twp_error_set(&text, "%s:%u:%u: %s stands twice; first at %s:%u:%u",
				       again->file, again->spec->place.line,
				       again->spec->place.column, again->spec->object, first->file,
				       first->spec->place.line, first->spec->place.column);
		twp_errors_add(errors, text.text);
	}
	return failed;
}

int twp_objects_check(const struct twp_policy *policy, size_t policies, const char *const *file,
		      struct twp_errors *errors)
{
	TWP_AUTOFREE struct standing *standing = NULL;
	size_t count = 0;

	for (size_t i = 0; i < policies; i++)
		count += policy[i].specs;
	standing = calloc(count + 1, sizeof(*standing));
	if (!standing) {
		twp_errors_add(errors, "out of memory");
		return -1;
	}
	count = 0;
	for (size_t i = 0; i < policies; i++) {
		for (size_t j = 0; j < policy[i].specs; j++) {
			if (!policy[i].spec[j].object)
				continue;
			standing[count] = (struct standing){ &policy[i], &policy[i].spec[j],
							     file ? file[i] : policy[i].name,
							     count };
			count++;
		}
	}
	return standings_check(standing, count, errors);
}

const struct twp_spec *twp_policy_object(const struct twp_policy *policy, const char *object)
{
	for (size_t i = 0; i < policy->specs; i++)
		if (policy->spec[i].object && twp_object_is(policy->spec[i].object, object))
			return &policy->spec[i];
	return NULL;
}

bool twp_object_is(const char *object, const char *name)
{
	size_t kind = strcspn(object, " ");

	return !strncmp(object, name, kind) && (name[kind] == ' ' || name[kind] == '/') &&
	       !strcmp(object + kind + 1, name + kind + 1);
}

/* Does @cut hold what @policy does, but for what goes? */
static bool is_rest(const struct twp_policy *cut, const struct twp_policy *policy, const bool *goes)
{
	size_t at = 0;

	for (size_t i = 0; i < policy->specs; i++) {
		const struct twp_spec *spec = &policy->spec[i];

		if (goes[i])
			continue;
		if (at == cut->specs || cut->spec[at].rules != spec->rules ||
		    strcmp(cut->spec[at].object ?: "", spec->object ?: ""))
			return false;
		at++;
	}
	return at == cut->specs;
}

/* The document without what goes; of @first, what a sentence may name. */
static char *text_cut(const struct twp_policy *policy, const bool *goes,
		      const struct twp_spec **first)
{
	char *text = malloc(strlen(policy->text) + 1), *to = text;
	size_t at = 0;

	for (size_t i = 0; text && i < policy->specs; i++) {
		const struct twp_spec *spec = &policy->spec[i];

		/* Rule objects of one object have its place. */
		if (!goes[i] || spec->begin < at)
			continue;
		*first = *first ?: spec;
		to = mempcpy(to, policy->text + at, spec->begin - at);
		at = spec->end;
	}
	if (text)
		strcpy(to, policy->text + at);
	return text;
}

int twp_policy_cut(struct twp_policy *cut, const struct twp_policy *policy, const bool *goes,
		   struct twp_error *error)
{
	TWP_CLEANUP(twp_policy_clean) struct twp_policy made = { 0 };
	const struct twp_spec *first = NULL;
	TWP_AUTOFREE char *text = text_cut(policy, goes, &first);
	struct twp_error why;

	if (!text)
		return twp_error_set(error, "out of memory");
	if (twp_document_read(&made, policy->name, policy->name, text, strlen(text), &why) ||
	    !is_rest(&made, policy, goes))
		return twp_error_set(error,
				     "%s is no document of its own in policy %s, but part of a "
				     "list: apply the policy without it",
				     first ? first->object : "nothing", policy->name);
	*cut = made;
	made = (struct twp_policy){ 0 };
	return 0;
}
