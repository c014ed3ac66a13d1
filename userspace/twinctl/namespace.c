// SPDX-License-Identifier: GPL-2.0-only
/* twinctl namespace: the labels by which policies select all that is in one. */
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "print.h"

static void request_free(Twinpath__V1__AddEndpointRequest **add)
{
	if (*add)
		twinpath__v1__add_endpoint_request__free_unpacked(*add, NULL);
}

int ctl_namespace_add(const struct ctl_call *call)
{
	Twinpath__V1__AddEndpointRequest *add CTL_CLEAN(request_free) =
		ctl_alloc(NULL, 1, sizeof(*add));
	Twinpath__V1__Namespace *space = ctl_alloc(NULL, 1, sizeof(*space));
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;

	twinpath__v1__add_endpoint_request__init(add);
	twinpath__v1__namespace__init(space);
	add->namespace_ = ctl_alloc(NULL, 1, sizeof(*add->namespace_));
	add->namespace_[add->n_namespace_++] = space;
	if (!*call->word[0] || strchr(call->word[0], '/'))
		return ctl_usage(call, "'%s' is no name of a namespace", call->word[0]);
	space->name = ctl_format("%s", call->word[0]);
	if (ctl_labels_read(call, &space->label, &space->n_label))
		return CTL_USAGE;
	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_ADD_ENDPOINT;
	request.add_endpoint = add;
	return ctl_apply(call, &request);
}

int ctl_namespace_delete(const struct ctl_call *call)
{
	Twinpath__V1__DeleteNamespaceRequest delete = TWINPATH__V1__DELETE_NAMESPACE_REQUEST__INIT;
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;

	delete.n_name = call->words;
	delete.name = (char **)call->word;
	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_DELETE_NAMESPACE;
	request.delete_namespace = &delete;
	return ctl_apply(call, &request);
}

static void print_namespaces(const Twinpath__V1__NamespaceList *list)
{
	struct ctl_table table CTL_CLEAN(ctl_table_clean);

	ctl_table_init(&table, "<name|>endpoints|<labels");
	for (size_t i = 0; i < list->n_namespace_; i++) {
		const Twinpath__V1__Namespace *space = list->namespace_[i];
		char *labels CTL_CLEAN(ctl_free) = ctl_labels(space->label, space->n_label);

		ctl_table_add(&table, "%s", space->name);
		ctl_table_add(&table, "%u", space->endpoints);
		ctl_table_add(&table, "%s", space->declared ? labels : "(not declared)");
	}
	ctl_table_print(&table);
}

int ctl_namespace_list(const struct ctl_call *call)
{
	Twinpath__V1__ListNamespacesRequest list = TWINPATH__V1__LIST_NAMESPACES_REQUEST__INIT;
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;
	Twinpath__V1__Response *response CTL_CLEAN(ctl_response_free) = NULL;

	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_LIST_NAMESPACES;
	request.list_namespaces = &list;
	response = ctl_ask(call, &request, TWINPATH__V1__RESPONSE__RESULT_NAMESPACES);
	if (!response)
		return CTL_FAILED;
	if (call->json)
		ctl_json_print(ctl_json(&response->namespaces->base), false);
	else
		print_namespaces(response->namespaces);
	return CTL_DONE;
}
