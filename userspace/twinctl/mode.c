// SPDX-License-Identifier: GPL-2.0-only
/* twinctl mode: what becomes of what is denied. */
#include <stdio.h>
#include <string.h>

#include "print.h"

static int print_mode(const struct ctl_call *call, const Twinpath__V1__Status *status)
{
	const Twinpath__V1__ModuleStatus *module = status->module;
	struct ctl_table table CTL_CLEAN(ctl_table_clean);
	ctl_text text;

	ctl_table_init(&table, "<|<");
	if (!status->module_loaded || !module)
		return ctl_fail("module twinpath is not loaded: 'modprobe twinpath'");
	if (call->json) {
		ctl_json_print(ctl_json_some(&module->base, "mode deny_action failure_policy "
							    "other_ethertypes host_selected"),
			       false);
		return CTL_DONE;
	}
	ctl_table_add(&table, "mode");
	ctl_table_add(&table, "%s",
		      ctl_word(text, &twinpath__v1__mode__descriptor, (int)module->mode));
	ctl_table_add(&table, "deny");
	ctl_table_add(&table, "%s",
		      ctl_word(text, &twinpath__v1__deny_action__descriptor,
			       (int)module->deny_action));
	ctl_table_add(&table, "fail");
	ctl_table_add(&table, "%s",
		      ctl_word(text, &twinpath__v1__failure_policy__descriptor,
			       (int)module->failure_policy));
	ctl_table_add(&table, "ethertypes");
	ctl_table_add(&table, "%s",
		      ctl_word(text, &twinpath__v1__ethertype_policy__descriptor,
			       (int)module->other_ethertypes));
	ctl_table_print(&table);
	return CTL_DONE;
}

int ctl_mode_show(const struct ctl_call *call)
{
	Twinpath__V1__Response *response CTL_CLEAN(ctl_response_free) = ctl_ask_status(call);

	return response ? print_mode(call, response->status) : CTL_FAILED;
}

/* What is not given is left as it is: value 0. */
static int read_word(const struct ctl_call *call, const char *what, const char *word,
		     const ProtobufCEnumDescriptor *type, int *value)
{
	*value = 0;
	return word ? ctl_enum_read(call, what, type, word, value) : CTL_DONE;
}

/* It changes the tables, so the answer is that of such a change. */
static int set_default_deny(const struct ctl_call *call, const char *word)
{
	Twinpath__V1__SetDefaultDenyRequest set = TWINPATH__V1__SET_DEFAULT_DENY_REQUEST__INIT;
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;

	if (call->words || call->givens > 1)
		return ctl_usage(call, "option '--default-deny' stands alone");
	set.enabled = !strcmp(word, "on");
	if (!set.enabled && strcmp(word, "off"))
		return ctl_usage(call, "option '--default-deny': '%s' is none of on, off", word);
	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_SET_DEFAULT_DENY;
	request.set_default_deny = &set;
	return ctl_apply(call, &request);
}

int ctl_mode_set(const struct ctl_call *call)
{
	Twinpath__V1__SetModeRequest set = TWINPATH__V1__SET_MODE_REQUEST__INIT;
	Twinpath__V1__Request request = TWINPATH__V1__REQUEST__INIT;
	Twinpath__V1__Response *response CTL_CLEAN(ctl_response_free) = NULL;
	const char *default_deny = ctl_option(call, "default-deny");
	int mode, deny, failure, ethertypes;

	if (default_deny)
		return set_default_deny(call, default_deny);
	if (read_word(call, "mode set", call->words ? call->word[0] : NULL,
		      &twinpath__v1__mode__descriptor, &mode) ||
	    read_word(call, "option '--deny'", ctl_option(call, "deny"),
		      &twinpath__v1__deny_action__descriptor, &deny) ||
	    read_word(call, "option '--fail'", ctl_option(call, "fail"),
		      &twinpath__v1__failure_policy__descriptor, &failure) ||
	    read_word(call, "option '--ethertypes'", ctl_option(call, "ethertypes"),
		      &twinpath__v1__ethertype_policy__descriptor, &ethertypes))
		return CTL_USAGE;
	if (!mode && !deny && !failure && !ethertypes)
		return ctl_usage(call, "mode set wants off, audit, enforce or an option");
	set.mode = (Twinpath__V1__Mode)mode;
	set.deny_action = (Twinpath__V1__DenyAction)deny;
	set.failure_policy = (Twinpath__V1__FailurePolicy)failure;
	set.other_ethertypes = (Twinpath__V1__EthertypePolicy)ethertypes;
	request.operation_case = TWINPATH__V1__REQUEST__OPERATION_SET_MODE;
	request.set_mode = &set;
	response = ctl_ask(call, &request, TWINPATH__V1__RESPONSE__RESULT_STATUS);
	return response ? print_mode(call, response->status) : CTL_FAILED;
}
