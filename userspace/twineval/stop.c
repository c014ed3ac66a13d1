// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stop: the handler notes the signal and ends the programs in the background; whoever waits for
 * them is woken by that, and finds the note. What is started later takes down what is left, and
 * no further signal ends it.
 */
#include <signal.h>
#include <stddef.h>

#include "command.h"
#include "stop.h"

static volatile sig_atomic_t requested;

bool stop_requested(void)
{
	return requested;
}

static void stop(int signal)
{
	(void)signal;
	if (requested)
		return;
	requested = 1;
	command_kill_all();
}

void stop_catch_signals(void)
{
	struct sigaction action = { .sa_handler = stop, .sa_flags = SA_RESTART };

	/* One at a time. */
	sigfillset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	/* Whoever reads the progress may go away: no reason to leave namespaces behind. */
	signal(SIGPIPE, SIG_IGN);
}
