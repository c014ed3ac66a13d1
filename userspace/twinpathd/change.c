// SPDX-License-Identifier: GPL-2.0-only
/*
 * A change, in its order: compile, see that it fits, write to the store, program
 * the kernel, commit the store, take over the edit. Whatever fails leaves all
 * as it was. A kill between kernel and store leaves the kernel ahead: the next
 * start compares and mends.
 */
#include <stdlib.h>
#include <string.h>

#include "classes.h"
#include "daemon.h"
#include "log.h"
#include "policy/memory.h"

struct change {
	struct twp_daemon *daemon;
	struct twp_edit *edit;
	struct twp_compile_input input; /* after */
	struct twp_settings settings;
	struct twp_compiled *compiled; /* after */
	struct twp_image image;
	struct twp_identity_log classes;
	const struct twp_policy *fault; /* that stays: all is stored and nothing programmed */
	bool ports; /* does it touch any? */
	struct twp_ports before, after;
};

static void names_add(struct twp_port_names *names, const struct twp_endpoint *endpoint,
		      size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (endpoint[i].bridge_port)
			names->name[names->count++] = endpoint[i].bridge_port;
}

/* The ports that the edit names, as they are and as they will be. */
static int ports_prepare(struct change *change, struct twp_error *error)
{
	const struct twp_edit_list *list = &change->edit->endpoint;
	const struct twp_state *state = &change->daemon->state;
	TWP_AUTOFREE const char **name =
		calloc(list->fresh_count + list->gone_count + 1, sizeof(*name));
	struct twp_port_names names = { .name = name };

	if (!name)
		return twp_error_set(error, "no memory");
	names_add(&names, list->fresh, list->fresh_count);
	names_add(&names, list->gone, list->gone_count);
	change->ports = names.count;
	if (!change->ports)
		return 0;
	qsort(name, names.count, sizeof(*name), twp_edit_list_compare);
	if (twp_ports_make(&change->before, state->endpoint, state->endpoints, &names, error))
		return -1;
	return twp_ports_make(&change->after, change->input.endpoint, change->input.endpoints,
			      &names, error);
}

static bool port_known(const struct twp_ports *ports, const char *name)
{
	size_t low = 0, high = ports->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(ports->entry[middle].name, name);

		if (!order)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/*
 * Names are stored before the kernel hears of them, in a transaction of their
 * own: so after a kill there is no port in the kernel that the store forgot.
 */
static int ports_announce(struct change *change, struct twp_error *error)
{
	struct twp_store *store = change->daemon->store;
	const struct twp_ports *after = &change->after;
	bool begun = false;
	size_t i;

	for (i = 0; i < after->count; i++) {
		if (i && !strcmp(after->entry[i].name, after->entry[i - 1].name))
			continue;
		if (port_known(&change->before, after->entry[i].name))
			continue;
		if (!begun && twp_store_begin(store, error))
			return -1;
		begun = true;
		if (twp_store_put_bridge_port(store, after->entry[i].name, error)) {
			twp_store_rollback(store);
			return -1;
		}
	}
	return begun ? twp_store_commit(store, error) : 0;
}

static int ports_forget(struct change *change, struct twp_error *error)
{
	const struct twp_ports *before = &change->before;
	size_t i;

	for (i = 0; i < before->count; i++) {
		if (i && !strcmp(before->entry[i].name, before->entry[i - 1].name))
			continue;
		if (!port_known(&change->after, before->entry[i].name) &&
		    twp_store_delete_bridge_port(change->daemon->store, before->entry[i].name,
						 error))
			return -1;
	}
	return 0;
}

/* What the kernel has counted under numbers that now get another meaning. */
static int baseline(struct change *change, struct twp_error *error)
{
	struct twp_daemon *daemon = change->daemon;
	Twinpath__V1__Counters *counters;
	int failed;

	if (!daemon->program.module || !change->edit->rules)
		return 0;
	counters = twp_module_counters(daemon->program.module, error);
	if (!counters)
		return -1;
	failed = twp_edit_baseline(change->edit, counters);
	twinpath__v1__counters__free_unpacked(counters, NULL);
	return failed ? twp_error_set(error, "no memory") : 0;
}

static int write_rows(struct change *change, struct twp_error *error)
{
	struct twp_daemon *daemon = change->daemon;

	if (change->ports && ports_announce(change, error))
		return -1;
	change->settings = daemon->settings;
	change->settings.identity_cursor = twp_numbers_cursor(daemon->state.identities);
	change->settings.prefix_cursor = twp_numbers_cursor(daemon->state.prefixes);
	change->settings.default_deny = change->edit->default_deny;
	change->settings.rule_cursor = twp_numbers_cursor(daemon->state.rules);
	if (change->compiled && daemon->program.module)
		change->settings.generation = change->image.generation;
	if (twp_store_begin(daemon->store, error) ||
	    twp_edit_write(change->edit, daemon->store, error) ||
	    twp_classes_write(&daemon->state, &change->classes, daemon->store, error) ||
	    twp_store_put_settings(daemon->store, &change->settings, error))
		return -1;
	return change->ports ? ports_forget(change, error) : 0;
}

/* The image goes to the program; what is kept for the next change has its own. */
static int compile(struct change *change, struct twp_error *error)
{
	struct twp_daemon *daemon = change->daemon;
	struct twp_compile_change what = twp_edit_change(change->edit);

	change->input.log = &change->classes;
	change->input.generation = twp_program_next(&daemon->program, daemon->settings.generation);
	change->compiled = twp_compile_next(daemon->compiled, &change->input, &what,
					    &daemon->program.sizes, error);
	if (!change->compiled)
		return -1;
	if (twp_image_copy(&change->image, twp_compiled_image(change->compiled)))
		return twp_error_set(error, "no memory");
	return 0;
}

/*
 * While a policy is not understood, no image says what was asked. The change may take
 * such a policy away; one that leaves another is stored, and waits with it.
 */
static int fault_check(struct change *change, struct twp_error *error)
{
	const struct twp_edit_list *list = &change->edit->policy;
	const struct twp_policy *fault;

	fault = twp_policies_fault(change->input.policy, change->input.policies);
	if (fault && !twp_policies_fault(list->gone, list->gone_count))
		return twp_error_set(error,
				     "policy %s is stored and not understood by this version "
				     "(%.300s): replace or delete it before anything else changes",
				     fault->name, fault->fault);
	change->fault = fault;
	change->classes.same = fault;
	return 0;
}

static int make(struct change *change, Twinpath__V1__Applied *applied, struct twp_error *error)
{
	struct twp_daemon *daemon = change->daemon;
	struct twp_program_step step = { .image = &change->image };
	uint64_t start = twp_program_now_us();

	if (fault_check(change, error) || (!change->fault && compile(change, error)))
		return -1;
	applied->compile_us = twp_program_now_us() - start;
	if (ports_prepare(change, error) || baseline(change, error) || write_rows(change, error))
		return -1;
	if (daemon->program.module && !change->fault) {
		step.host_selected = twp_compiled_selects_host(change->compiled);
		step.rules = twp_numbers_highest(daemon->state.rules);
		if (change->ports) {
			step.ports_before = &change->before;
			step.ports_after = &change->after;
		}
		change->edit->programmed = true;
		if (twp_program_apply(&daemon->program, &step, applied, error)) {
			/* It says that all is as before; the check sees whether it is. */
			twp_daemon_mend_soon(daemon, false);
			return -1;
		}
	}
	if (twp_store_commit(daemon->store, error)) {
		/* The kernel is ahead of the store. */
		twp_daemon_mend_soon(daemon, true);
		return -1;
	}
	daemon->load_us = twp_program_now_us() - start;
	return 0;
}

/*
 * Without the module a change is only stored. With one that does not hold what
 * was asked, since that does not fit for example, this change may be the cure:
 * what the kernel holds is all that it takes to go on from.
 */
static int kernel_reach(struct twp_daemon *daemon, struct twp_error *error)
{
	struct twp_error why;

	if (!twp_daemon_reach(daemon, error) || !daemon->program.loaded)
		return 0;
	if (!twp_program_connect(&daemon->program, &why) &&
	    !twp_program_read(&daemon->program, &why))
		return 0;
	twp_program_disconnect(&daemon->program);
	return -1;
}

int twp_daemon_change(struct twp_daemon *daemon, struct twp_edit *edit,
		      Twinpath__V1__Applied *applied, struct twp_error *error)
{
	struct change change = {
		.daemon = daemon,
		.edit = edit,
		.input = twp_edit_input(edit),
	};
	int failed;

	if (kernel_reach(daemon, error)) {
		twp_edit_abort(edit);
		return -1;
	}
	twp_image_init(&change.image);
	failed = make(&change, applied, error);
	if (failed) {
		twp_store_rollback(daemon->store);
		twp_classes_abort(&daemon->state, &change.classes);
		twp_edit_abort(edit);
		twp_compiled_free(change.compiled);
	} else {
		daemon->settings = change.settings;
		twp_compiled_free(daemon->compiled);
		daemon->compiled = change.compiled;
		twp_classes_commit(&daemon->state, &change.classes);
		twp_edit_commit(edit);
		if (change.fault)
			twp_log(LOG_WARNING,
				"stored, and not programmed: policy %s is not understood either",
				change.fault->name);
		else if (daemon->program.module)
			twp_log(LOG_INFO,
				"generation %u: %u entries added, %u removed, %u changed, in %llu us",
				applied->generation, applied->added, applied->removed,
				applied->changed, (unsigned long long)daemon->load_us);
		else
			twp_log(LOG_WARNING, "stored, and not programmed: %s", daemon->problem);
	}
	/* The rest of a start: ports, mode, events. */
	if (daemon->program.module && (!daemon->started || (daemon->problem && !failed)))
		twp_daemon_mend(daemon);
	twp_image_clean(&change.image);
	twp_ports_clean(&change.before);
	twp_ports_clean(&change.after);
	return failed;
}

/* Stores what the module says that it does now; @status is freed. */
static int settings_take(struct twp_daemon *daemon, Twinpath__V1__ModuleStatus *status,
			 struct twp_error *error)
{
	struct twp_settings settings = daemon->settings;

	settings.mode = status->mode;
	settings.backend = status->backend;
	settings.deny_action = status->deny_action;
	settings.failure_policy = status->failure_policy;
	settings.other_ethertypes = status->other_ethertypes;
	twinpath__v1__module_status__free_unpacked(status, NULL);
	if (twp_store_put_settings(daemon->store, &settings, error) ||
	    twp_store_commit(daemon->store, error)) {
		/* Back to what is stored. */
		twp_daemon_mend_soon(daemon, false);
		return -1;
	}
	daemon->settings = settings;
	return 0;
}

int twp_daemon_set_mode(struct twp_daemon *daemon, const Twinpath__V1__SetModeRequest *request,
			struct twp_error *error)
{
	Twinpath__V1__ModuleStatus *status;
	int failed = -1;

	if (twp_daemon_reach(daemon, error) || twp_store_begin(daemon->store, error))
		return -1;
	status = twp_module_set_mode(daemon->program.module, request, error);
	if (status)
		failed = settings_take(daemon, status, error);
	if (failed)
		twp_store_rollback(daemon->store);
	return failed;
}

int twp_daemon_set_backend(struct twp_daemon *daemon, Twinpath__V1__Backend backend,
			   struct twp_error *error)
{
	Twinpath__V1__ModuleStatus *status;
	int failed = -1;

	if (twp_daemon_reach(daemon, error) || twp_store_begin(daemon->store, error))
		return -1;
	status = twp_module_set_backend(daemon->program.module, backend, error);
	if (status)
		failed = settings_take(daemon, status, error);
	if (failed)
		twp_store_rollback(daemon->store);
	return failed;
}
