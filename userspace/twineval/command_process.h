/* SPDX-License-Identifier: GPL-2.0-only */
/* Child processes and the namespaces they enter: what command.c is made of. */
#ifndef TWP_TWINEVAL_COMMAND_PROCESS_H
#define TWP_TWINEVAL_COMMAND_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "policy/error.h"

/* As fork(2), but -1 comes with a sentence. The child has no handlers and knows no children. */
pid_t command_fork(struct twp_error *error);

/* Waits for its end. Return: its exit status, 128 and the signal's number, or -1. */
int command_reap(pid_t process);

/* Sends a signal to a child that was not waited for; the number of another may be anybody's. */
void command_signal(pid_t process, int number);

bool command_ends_within(pid_t process, unsigned int seconds);

/* As command_reap(); what takes longer than command_patience is killed, -1 with a sentence. */
int command_end(pid_t process, const char *name, struct twp_error *error);

/* The calling process enters a namespace; NULL: it stays. Return: 0, or -1 with errno. */
int command_enter(const char *ns);

#endif
