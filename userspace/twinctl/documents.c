// SPDX-License-Identifier: GPL-2.0-only
/* Reads documents for the commands that need no daemon: files, folders, standard input. */
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "documents.h"
#include "file.h"
#include "policy/document.h"

static void errors_say(struct twp_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		ctl_fail("%s", errors->text[i]);
	if (errors->count == TWP_ERRORS_MAX)
		ctl_fail("there may be more errors than these %d", TWP_ERRORS_MAX);
	twp_errors_clean(errors);
}

static int file_read(struct ctl_documents *documents, const char *path)
{
	struct twp_errors errors = { 0 };
	struct twp_policy policy;
	int result = CTL_DONE;
	size_t length;
	char *text CTL_CLEAN(ctl_free) = ctl_file_read(path, &length);

	if (!text)
		return CTL_FAILED;
	documents->inventory.file = documents->policies;
	if (twp_file_read(&policy, &documents->inventory, ctl_file_name(path), text, length,
			  &errors)) {
		errors_say(&errors);
		/* What was read of it before may clash with what other files say. */
		policy = (struct twp_policy){
			.name = strdup(ctl_file_name(path)),
			.text = strndup(text, length),
		};
		if (!policy.name || !policy.text)
			exit(ctl_fail("out of memory"));
		result = CTL_FAILED;
	}
	documents->policy = ctl_alloc(documents->policy, documents->policies + 1, sizeof(policy));
	documents->policy[documents->policies++] = policy;
	for (size_t i = 0; i < policy.specs; i++)
		for (size_t j = 0; j < policy.spec[i].rules; j++)
			policy.spec[i].rule[j].number = (uint32_t)++documents->rules;
	return result;
}

static bool is_document(const FTSENT *entry)
{
	static const char *const ends[] = { ".yaml", ".yml", ".json" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t length = strlen(ends[i]);

		if (entry->fts_namelen > length &&
		    !strcmp(entry->fts_name + entry->fts_namelen - length, ends[i]))
			return true;
	}
	return false;
}

static int name_compare(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* All files of a folder; one error does not hide those of the next file. */
static int folder_read(struct ctl_documents *documents, const char *path)
{
	char *const paths[] = { (char *)path, NULL };
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, name_compare);
	int result = CTL_DONE;
	size_t files = 0;
	FTSENT *entry;

	if (!walk)
		return ctl_fail("%s: %s", path, strerror(errno));
	while ((entry = fts_read(walk))) {
		if (entry->fts_info == FTS_ERR || entry->fts_info == FTS_DNR)
			result = ctl_fail("%s: %s", entry->fts_path, strerror(entry->fts_errno));
		if (entry->fts_info != FTS_F || !is_document(entry))
			continue;
		files++;
		if (file_read(documents, entry->fts_path))
			result = CTL_FAILED;
	}
	fts_close(walk);
	if (!files && result == CTL_DONE)
		return ctl_fail("%s: no file in it ends in .yaml, .yml or .json", path);
	return result;
}

static int path_read(struct ctl_documents *documents, const char *path)
{
	struct stat status;

	if (strcmp(path, "-") && !stat(path, &status) && S_ISDIR(status.st_mode))
		return folder_read(documents, path);
	return file_read(documents, path);
}

/* What is wrong between documents that are right each by itself. */
static void mark_say(const struct twp_mark *mark, const char *text, void *context)
{
	const struct ctl_documents *documents = context;
	const struct twp_policy *file = &documents->policy[mark->file];
	struct twp_error error;

	ctl_fail("%s", twp_document_place(file->name, file->text, mark->place, text, &error));
}

/* An object of a name, and where it stands. */
struct object {
	const char *name;
	struct twp_mark mark;
};

static int object_compare(const void *a, const void *b)
{
	const struct object *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order)
		return order;
	if (x->mark.file != y->mark.file)
		return x->mark.file < y->mark.file ? -1 : 1;
	return (x->mark.place > y->mark.place) - (x->mark.place < y->mark.place);
}

/* Of one name there is one policy: which of two would hold? */
static int objects_check(struct ctl_documents *documents)
{
	struct object *object CTL_CLEAN(ctl_free) = NULL;
	size_t objects = 0, specs = 0, told = 0;

	for (size_t i = 0; i < documents->policies; i++)
		specs += documents->policy[i].specs;
	object = ctl_alloc(NULL, specs + 1, sizeof(*object));
	for (size_t i = 0; i < documents->policies; i++) {
		const struct twp_policy *policy = &documents->policy[i];

		for (size_t j = 0; j < policy->specs; j++)
			if (policy->spec[j].object)
				object[objects++] = (struct object){
					policy->spec[j].object,
					{ i, policy->spec[j].place },
				};
	}
	qsort(object, objects, sizeof(*object), object_compare);
	for (size_t i = 1; i < objects && told < TWP_FAULTS_MAX; i++) {
		char text[sizeof(struct twp_error)];

		/* An object with a list has several, at one place. */
		if (strcmp(object[i - 1].name, object[i].name) ||
		    !object_compare(&object[i - 1], &object[i]))
			continue;
		snprintf(text, sizeof(text), "%s stands twice", object[i].name);
		mark_say(&object[i].mark, text, documents);
		told++;
	}
	return told ? CTL_FAILED : CTL_DONE;
}

int ctl_documents_read(struct ctl_documents *documents, const struct ctl_call *call)
{
	struct twp_inventory *inventory = &documents->inventory;
	const char *path, *deny = ctl_option(call, "default-deny");
	int result = CTL_DONE;
	size_t next = 0, files = call->words;

	*documents = (struct ctl_documents){ 0 };
	if (deny && strcmp(deny, "on") && strcmp(deny, "off"))
		return ctl_usage(call, "option '--default-deny': '%s' is none of on, off", deny);
	while ((path = ctl_option_next(call, "file", &next))) {
		files++;
		if (path_read(documents, path))
			result = CTL_FAILED;
	}
	for (size_t i = 0; i < call->words; i++)
		if (path_read(documents, call->word[i]))
			result = CTL_FAILED;
	if (!files)
		return ctl_usage(call, "a FILE is missing");
	if (twp_inventory_seal(inventory, mark_say, documents))
		result = CTL_FAILED;
	if (objects_check(documents))
		result = CTL_FAILED;
	documents->input = (struct twp_compile_input){
		.endpoint = inventory->endpoint,
		.endpoints = inventory->endpoints,
		.policy = documents->policy,
		.policies = documents->policies,
		.namespace = inventory->namespace,
		.namespaces = inventory->namespaces,
		.default_deny = deny && !strcmp(deny, "on"),
	};
	return result;
}

void ctl_documents_clean(struct ctl_documents *documents)
{
	for (size_t i = 0; i < documents->policies; i++)
		twp_policy_clean(&documents->policy[i]);
	free(documents->policy);
	twp_inventory_clean(&documents->inventory);
}
