/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon: what was asked (store and state) and what the kernel was told
 * (program), and that the two stay the same. One thread, one event loop.
 */
#ifndef TWP_TWINPATHD_DAEMON_H
#define TWP_TWINPATHD_DAEMON_H

#include <systemd/sd-event.h>

#include "edit.h"
#include "program.h"

struct twp_server;

struct twp_options {
	char *socket; /* path */
	char *state; /* folders */
	char *pins;
	char *folder; /* of the network namespace, below TWP_CONTROL_FOLDER */
	struct twp_sizes sizes;
};

struct twp_daemon {
	const struct twp_options *options;
	sd_event *event;
	struct twp_store *store;
	struct twp_settings settings;
	struct twp_state state;
	struct twp_program program;
	struct twp_compiled
		*compiled; /* the state, by the last change; NULL: the next compiles all */
	struct twp_server *server;
	bool started; /* the kernel holds what was asked, as far as is known */
	char *problem; /* NULL: none */
	unsigned int attempts; /* that failed in a row */
	sd_event_source *timer;
	sd_event_source *events; /* of the module */
	uint64_t load_us; /* that the last change took, from compile to commit */
};

int twp_daemon_init(struct twp_daemon *daemon, const struct twp_options *options,
		    struct twp_error *error);
void twp_daemon_clean(struct twp_daemon *daemon);

/* Compares what the kernel holds with what was asked, mends it, and sets the timer. */
void twp_daemon_mend(struct twp_daemon *daemon);
/* The same, from the event loop, as soon as it is idle. @anew: by reading the kernel's tables. */
void twp_daemon_mend_soon(struct twp_daemon *daemon, bool anew);

/* Is the module there to be asked? Tries once. Return: 0; -1 and @error, the problem. */
int twp_daemon_reach(struct twp_daemon *daemon, struct twp_error *error);

/**
 * twp_daemon_change() - make an edit come true: compiled, stored, programmed
 * @edit: ends, committed or aborted
 * @applied: initialised; generation stays 0 if the module is not loaded: then
 *	the change is stored, and is programmed as soon as the module is there
 *
 * Return: 0; -1 and @error: then nothing has changed.
 */
int twp_daemon_change(struct twp_daemon *daemon, struct twp_edit *edit,
		      Twinpath__V1__Applied *applied, struct twp_error *error);

int twp_daemon_set_mode(struct twp_daemon *daemon, const Twinpath__V1__SetModeRequest *request,
			struct twp_error *error);
int twp_daemon_set_backend(struct twp_daemon *daemon, Twinpath__V1__Backend backend,
			   struct twp_error *error);

#endif
