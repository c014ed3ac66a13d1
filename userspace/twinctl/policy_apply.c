// SPDX-License-Identifier: GPL-2.0-only
/* twinctl policy apply: files become one request, all or none. */
#include <stdlib.h>
#include <string.h>

#include "documents.h"
#include "file.h"
#include "paths.h"
#include "policy/document.h"
#include "policy/object.h"

/* The request, with all that it points to. */
struct batch {
	const struct ctl_call *call;
	Twinpath__V1__PolicyDocument *document;
	char **path; /* of each */
	size_t count;
};

static void batch_clean(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		free(batch->document[i].name);
		free(batch->document[i].file);
		free(batch->document[i].text);
		free(batch->path[i]);
	}
	free(batch->document);
	free(batch->path);
}

/* "etc/web.yaml" is policy "web". The caller frees it. */
static char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');
	size_t length = dot && dot > base ? (size_t)(dot - base) : strlen(base);

	return ctl_format("%.*s", (int)length, base);
}

/* Text ends at NUL on its way to the daemon: half a policy must not be applied. */
static int text_read(const char *path, Twinpath__V1__PolicyDocument *document)
{
	size_t length, good;

	document->text = ctl_file_read(path, &length);
	if (!document->text)
		return CTL_FAILED;
	good = strlen(document->text);
	if (good == length)
		return CTL_DONE;
	free(document->text);
	document->text = NULL;
	return ctl_fail("%s: byte %zu is NUL, so this is no YAML or JSON text", document->file,
			good + 1);
}

static int file_add(const char *path, void *context)
{
	struct batch *batch = context;
	const char *name = ctl_option(batch->call, "name");
	Twinpath__V1__PolicyDocument *document;

	batch->path = ctl_alloc(batch->path, batch->count + 1, sizeof(*batch->path));
	batch->document = ctl_alloc(batch->document, batch->count + 1, sizeof(*batch->document));
	batch->path[batch->count] = ctl_format("%s", path);
	document = &batch->document[batch->count++];
	twinpath__v1__policy_document__init(document);
	document->file = ctl_format("%s", ctl_file_name(path));
	document->name = name ? ctl_format("%s", name) : name_of(path);
	document->text = NULL;
	return CTL_DONE;
}

static int names_check(const struct batch *batch)
{
	const struct ctl_call *call = batch->call;
	const char *name = ctl_option(call, "name");

	if (name && batch->count > 1)
		return ctl_usage(call, "option '--name' goes with one FILE, not with '%s' too",
				 batch->document[1].file);
	if (name && !*name)
		return ctl_usage(call, "option '--name' is empty");
	for (size_t i = 0; i < batch->count; i++) {
		const Twinpath__V1__PolicyDocument *document = &batch->document[i];

		if (!name && !strcmp(batch->path[i], "-"))
			return ctl_usage(call, "standard input wants '--name'");
		if (!*document->name)
			return ctl_usage(call, "'%s' names no policy: give '--name'",
					 document->file);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(document->name, batch->document[j].name))
				return ctl_usage(call, "'%s' and '%s' would both be policy '%s'",
						 batch->document[j].file, document->file,
						 document->name);
	}
	return CTL_DONE;
}

/* The daemon is not asked, since a file cannot be read; what is wrong with the others is said. */
static void documents_check(const struct batch *batch)
{
	struct twp_policy *policy = ctl_alloc(NULL, batch->count, sizeof(*policy));
	struct twp_errors errors = { 0 };
	const char **file = ctl_alloc(NULL, batch->count, sizeof(*file));
	size_t count = 0;

	for (size_t i = 0; i < batch->count; i++) {
		const Twinpath__V1__PolicyDocument *document = &batch->document[i];

		if (!document->text ||
		    twp_document_check(&policy[count], document->name, document->file,
				       document->text, strlen(document->text), &errors))
			continue;
		file[count++] = document->file;
	}
	twp_objects_check(policy, count, file, &errors);
	ctl_errors_say(&errors);
	while (count--)
		twp_policy_clean(&policy[count]);
	free(policy);
	free(file);
}

int ctl_policy_apply(const struct ctl_call *call)
{
	Twinpath__V1__ApplyPolicyRequest apply = TWINPATH__V1__APPLY_POLICY_REQUEST__INIT;
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;
	Twinpath__V1__PolicyDocument **document CTL_CLEAN(ctl_free) = NULL;
	struct batch batch CTL_CLEAN(batch_clean) = { .call = call };
	char **replace CTL_CLEAN(ctl_free) = NULL;
	size_t next = 0;
	const char *name;
	int result = ctl_paths_walk(call, file_add, &batch);

	if (result == CTL_USAGE || names_check(&batch))
		return CTL_USAGE;
	for (size_t i = 0; i < batch.count; i++)
		if (text_read(batch.path[i], &batch.document[i]))
			result = CTL_FAILED;
	if (result != CTL_DONE) {
		documents_check(&batch);
		return result;
	}
	document = ctl_alloc(NULL, batch.count, sizeof(*document));
	for (size_t i = 0; i < batch.count; i++)
		document[i] = &batch.document[i];
	replace = ctl_alloc(NULL, call->givens + 1, sizeof(*replace));
	while ((name = ctl_option_next(call, "replace", &next)))
		replace[apply.n_replace++] = (char *)name;
	apply.document = document;
	apply.n_document = batch.count;
	apply.replace = replace;
	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_APPLY_POLICY;
	request.apply_policy = &apply;
	return ctl_apply(call, &request);
}
