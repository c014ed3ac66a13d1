// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon: start, mend, and the timer between them. A start that finds in
 * the kernel what was asked touches nothing there.
 */
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon.h"
#include "events.h"
#include "log.h"

#define SECOND 1000000ull /* microseconds */
#define CHECK_EVERY (5 * SECOND) /* events may be lost */
#define RETRY_FIRST SECOND
#define RETRY_LAST (30 * SECOND)

static int on_timer(sd_event_source *source, uint64_t now, void *context)
{
	(void)source;
	(void)now;
	twp_daemon_mend(context);
	return 0;
}

static void timer_set(struct twp_daemon *daemon, uint64_t after)
{
	if (sd_event_source_set_time_relative(daemon->timer, after) < 0 ||
	    sd_event_source_set_enabled(daemon->timer, SD_EVENT_ONESHOT) < 0)
		twp_log(LOG_ERR, "the timer cannot be set");
}

int twp_daemon_init(struct twp_daemon *daemon, const struct twp_options *options,
		    struct twp_error *error)
{
	int failed;

	memset(daemon, 0, sizeof(*daemon));
	daemon->options = options;
	if (twp_program_init(&daemon->program, options->pins, &options->sizes))
		return twp_error_set(error, "no memory");
	failed = sd_event_default(&daemon->event);
	if (failed < 0)
		return twp_error_set(error, "event loop: %s", strerror(-failed));
	failed = sd_event_add_time_relative(daemon->event, &daemon->timer, CLOCK_MONOTONIC,
					    CHECK_EVERY, SECOND / 10, on_timer, daemon);
	if (failed < 0)
		return twp_error_set(error, "timer: %s", strerror(-failed));
	daemon->store = twp_store_open(options->state, error);
	if (!daemon->store)
		return -1;
	if (twp_store_settings(daemon->store, &daemon->settings, error) ||
	    twp_state_init(&daemon->state, error) ||
	    twp_state_load(&daemon->state, daemon->store, &daemon->settings, error))
		return -1;
	return 0;
}

static void disconnect(struct twp_daemon *daemon)
{
	/* It watches a descriptor of the module's handle. */
	daemon->events = sd_event_source_disable_unref(daemon->events);
	twp_program_disconnect(&daemon->program);
	daemon->started = false;
}

void twp_daemon_clean(struct twp_daemon *daemon)
{
	disconnect(daemon);
	twp_program_clean(&daemon->program);
	twp_compiled_free(daemon->compiled);
	if (daemon->state.identities)
		twp_state_clean(&daemon->state);
	twp_store_close(daemon->store);
	sd_event_source_disable_unref(daemon->timer);
	sd_event_unref(daemon->event);
	free(daemon->problem);
}

struct port_start {
	struct twp_ports ports;
	struct twp_module *module;
};

static int port_start(const char *name, void *context, struct twp_error *error)
{
	struct port_start *start = context;

	return twp_ports_send(&start->ports, name, start->module, error);
}

/* Tells every port that was ever told, since a kill may have come between telling and storing. */
static int ports_start(struct twp_daemon *daemon, struct twp_error *error)
{
	struct port_start start = { .module = daemon->program.module };
	int failed;

	if (twp_ports_make(&start.ports, daemon->state.endpoint, daemon->state.endpoints, NULL,
			   error))
		return -1;
	failed = twp_store_walk_bridge_ports(daemon->store, port_start, &start, error);
	twp_ports_clean(&start.ports);
	return failed;
}

static void generation_store(struct twp_daemon *daemon, uint32_t generation)
{
	struct twp_settings settings = daemon->settings;
	struct twp_error why;

	if (settings.generation == generation)
		return;
	settings.generation = generation;
	if (twp_store_begin(daemon->store, &why) ||
	    twp_store_put_settings(daemon->store, &settings, &why) ||
	    twp_store_commit(daemon->store, &why)) {
		twp_store_rollback(daemon->store);
		twp_log(LOG_WARNING, "generation %u is not stored: %s", generation, why.text);
		return;
	}
	daemon->settings = settings;
}

/* Brings the kernel, which was just read, to what the state says. */
static int program(struct twp_daemon *daemon, struct twp_error *error)
{
	struct twp_compile_input input = twp_state_input(&daemon->state);
	Twinpath__V1__Applied applied = TWINPATH__V1__APPLIED__INIT;
	struct twp_program_step step = { 0 };
	struct twp_program *kernel = &daemon->program;
	uint32_t agreed = twp_program_agreed(kernel);
	struct twp_image image;
	int failed;

	step.image = &image;
	step.host_selected = twp_compile_selects_host(&input);
	step.rules = twp_numbers_highest(daemon->state.rules);
	twp_image_init(&image);
	if (agreed && kernel->host_selected == step.host_selected) {
		input.generation = agreed;
		failed = twp_compile(&image, &input, &kernel->sizes, error);
		if (!failed && twp_program_holds(kernel, &image)) {
			twp_log(LOG_INFO, "the kernel holds the policy, generation %u", agreed);
			twp_program_adopt(kernel, step.rules);
			twp_image_clean(&image);
			return 0;
		}
		twp_image_clean(&image);
		if (failed)
			return -1;
		twp_image_init(&image);
	}
	input.generation = twp_program_next(kernel, daemon->settings.generation);
	failed = twp_compile(&image, &input, &kernel->sizes, error) ||
		 twp_program_apply(kernel, &step, &applied, error);
	twp_image_clean(&image);
	if (failed)
		return -1;
	twp_log(LOG_INFO, "generation %u: %u entries added, %u removed, %u changed",
		applied.generation, applied.added, applied.removed, applied.changed);
	return 0;
}

/* What is kept and not understood. Return: -1. */
static int fault_say(const struct twp_policy *policy, const char *holds, struct twp_error *error)
{
	return twp_error_set(error,
			     "policy %s is stored and not understood by this version (%.300s): %s "
			     "until it is replaced or deleted",
			     policy->name, policy->fault, holds);
}

static const struct twp_policy *fault_of(const struct twp_daemon *daemon)
{
	return twp_policies_fault(daemon->state.policy, daemon->state.policies);
}

/*
 * With a policy that is not understood nothing can be compiled that says the same as
 * was asked; what an older twinpathd made of it goes on, if the kernel holds that.
 */
static int program_keep(struct twp_daemon *daemon, const struct twp_policy *fault,
			struct twp_error *error)
{
	uint32_t rules = twp_numbers_highest(daemon->state.rules);

	if (!twp_program_agreed(&daemon->program))
		return fault_say(fault, "the kernel holds no policy, and gets none", error);
	daemon->program.rules = rules > daemon->state.rule_kept ? rules : daemon->state.rule_kept;
	return 0;
}

static int start(struct twp_daemon *daemon, struct twp_error *error)
{
	const struct twp_policy *fault = fault_of(daemon);

	disconnect(daemon);
	/* Whatever went wrong: the next change begins anew. */
	twp_compiled_free(daemon->compiled);
	daemon->compiled = NULL;
	if (twp_program_connect(&daemon->program, error) ||
	    twp_program_read(&daemon->program, error))
		return -1;
	/* A module that was told nothing yet has counted nothing. */
	if (!daemon->program.generation &&
	    twp_state_forget_baselines(&daemon->state, daemon->store, error))
		return -1;
	if (fault ? program_keep(daemon, fault, error) : program(daemon, error))
		return -1;
	generation_store(daemon, daemon->program.generation);
	if (ports_start(daemon, error) ||
	    twp_program_settle(&daemon->program, &daemon->settings, error) ||
	    twp_events_start(daemon, error))
		return -1;
	daemon->started = true;
	return 0;
}

static void problem_set(struct twp_daemon *daemon, const char *problem)
{
	const char *before = daemon->problem ? daemon->problem : "";

	if (strcmp(before, problem)) {
		if (*problem)
			twp_log(LOG_ERR, "%s", problem);
		else
			twp_log(LOG_INFO, "the kernel holds what was asked");
	}
	free(daemon->problem);
	daemon->problem = *problem ? strdup(problem) : NULL;
}

static void status_notify(const struct twp_daemon *daemon)
{
	if (daemon->problem)
		sd_notifyf(0, "STATUS=%s", daemon->problem);
	else
		sd_notifyf(0, "STATUS=generation %u", daemon->program.generation);
}

void twp_daemon_mend(struct twp_daemon *daemon)
{
	const struct twp_policy *fault = fault_of(daemon);
	struct twp_error why = { "" };
	uint64_t after;
	int failed;

	if (daemon->started)
		failed = twp_program_check(&daemon->program, &why) ||
			 twp_program_settle(&daemon->program, &daemon->settings, &why);
	else
		failed = start(daemon, &why);
	if (!failed) {
		daemon->attempts = 0;
		if (fault)
			fault_say(fault, "what the kernel holds stays", &why);
		problem_set(daemon, fault ? why.text : "");
		after = CHECK_EVERY;
	} else {
		problem_set(daemon, why.text);
		disconnect(daemon);
		after = RETRY_FIRST;
		/* A module that is loaded and cannot be programmed is not asked each second. */
		if (daemon->program.loaded) {
			after <<= daemon->attempts < 5 ? daemon->attempts : 5;
			daemon->attempts++;
		}
		if (after > RETRY_LAST)
			after = RETRY_LAST;
	}
	status_notify(daemon);
	timer_set(daemon, after);
}

void twp_daemon_mend_soon(struct twp_daemon *daemon, bool anew)
{
	if (anew)
		daemon->started = false;
	timer_set(daemon, 0);
}

int twp_daemon_reach(struct twp_daemon *daemon, struct twp_error *error)
{
	if (!daemon->started)
		twp_daemon_mend(daemon);
	if (daemon->started)
		return 0;
	return twp_error_set(error, "%s", daemon->problem ? daemon->problem : "no memory");
}
