// SPDX-License-Identifier: GPL-2.0-only
/* twinctl backend: which one judges. */
#include <stdio.h>

#include "print.h"

static int print_backends(const struct ctl_call *call, const Twinpath__V1__Status *status)
{
	const Twinpath__V1__ModuleStatus *module = status->module;
	struct ctl_table table CTL_CLEAN(ctl_table_clean);
	ctl_text backend, duration;

	ctl_table_init(&table, "<backend|<judges|<bound|>generation");
	if (!status->module_loaded || !module)
		return ctl_fail("module twinpath is not loaded: 'modprobe twinpath'");
	if (call->json) {
		ctl_json_print(ctl_json_some(&module->base,
					     "backend generation nft bpf switches switch_ns"),
			       false);
		return CTL_DONE;
	}
	const Twinpath__V1__BackendStatus *const list[] = { module->nft, module->bpf };
	for (size_t i = 0; i < 2; i++) {
		if (!list[i])
			continue;
		ctl_table_add(&table, "%s",
			      ctl_word(backend, &twinpath__v1__backend__descriptor,
				       (int)list[i]->backend));
		ctl_table_add(&table, "%s", list[i]->backend == module->backend ? "yes" : "no");
		ctl_table_add(&table, "%s", list[i]->bound ? "yes" : "no");
		ctl_table_add(&table, "%u", list[i]->generation);
	}
	ctl_table_print(&table);
	if (module->switches)
		printf("\n%llu switches, the last took %s\n", (unsigned long long)module->switches,
		       ctl_duration(duration, module->switch_ns));
	return CTL_DONE;
}

int ctl_backend_show(const struct ctl_call *call)
{
	Twinpath__V1__Response *response CTL_CLEAN(ctl_response_free) = ctl_ask_status(call);

	return response ? print_backends(call, response->status) : CTL_FAILED;
}

int ctl_backend_set(const struct ctl_call *call)
{
	Twinpath__V1__SetBackendRequest set = TWINPATH__V1__SET_BACKEND_REQUEST__INIT;
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;
	Twinpath__V1__Response *response CTL_CLEAN(ctl_response_free) = NULL;
	int backend;

	if (ctl_enum_read(call, "backend set", &twinpath__v1__backend__descriptor, call->word[0],
			  &backend))
		return CTL_USAGE;
	set.backend = (Twinpath__V1__Backend)backend;
	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_SET_BACKEND;
	request.set_backend = &set;
	response = ctl_ask(call, &request, TWINPATH__V1__RESPONSE__RESULT_STATUS);
	return response ? print_backends(call, response->status) : CTL_FAILED;
}
