// SPDX-License-Identifier: GPL-2.0-only
/*
 * Child processes. Each is known in a table from fork(2) until it is waited for, so
 * that a signal handler can end it, and it dies with its parent. Who waits is woken
 * by the end, and needs no timer but that of its patience: a program in virtual time
 * is not disturbed while it is measured.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "command_process.h"

#define PROGRAMS_MAX 64

unsigned int command_patience = 600;

static volatile pid_t running[PROGRAMS_MAX];

static void block_signals(sigset_t *before)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, before);
}

/* The caller's handlers would take its namespaces down from here. A group of its own: what a terminal
 * sends is for the caller, who decides which programs end.
 */
static void become_child(pid_t parent)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	setpgid(0, 0);
	for (int i = 0; i < PROGRAMS_MAX; i++)
		running[i] = 0;
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

pid_t command_fork(struct twp_error *error)
{
	pid_t parent = getpid(), child;
	sigset_t before;
	int slot = 0;

	/* No handler sees a child that is not in the table. */
	block_signals(&before);
	while (slot < PROGRAMS_MAX && running[slot])
		slot++;
	child = slot < PROGRAMS_MAX ? fork() : -1;
	if (!child) {
		become_child(parent);
		return 0;
	}
	if (child > 0)
		running[slot] = child;
	else if (slot < PROGRAMS_MAX)
		twp_error_set(error, "fork: %s", strerror(errno));
	else
		twp_error_set(error, "more than %d programs at a time", PROGRAMS_MAX);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return child;
}

int command_reap(pid_t process)
{
	sigset_t before;
	siginfo_t info;
	int status = -1;

	while (waitid(P_PID, (id_t)process, &info, WEXITED | WNOWAIT) && errno == EINTR)
		;
	/* Its number is free for others from here on: no handler may kill it any more. */
	block_signals(&before);
	if (waitpid(process, &status, 0) != process)
		status = -1;
	for (int i = 0; i < PROGRAMS_MAX; i++)
		if (running[i] == process)
			running[i] = 0;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (status < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void command_signal(pid_t process, int number)
{
	for (int i = 0; i < PROGRAMS_MAX; i++)
		if (process > 0 && running[i] == process)
			kill(process, number);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool command_ends_within(pid_t process, unsigned int seconds)
{
	struct pollfd ended = { .fd = pidfd_open(process, 0), .events = POLLIN };
	int64_t deadline = now_ms() + (int64_t)seconds * 1000, left;
	int ready = 0;

	if (ended.fd < 0)
		return errno == ESRCH;
	do {
		left = deadline - now_ms();
		ready = poll(&ended, 1, left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left);
	} while (ready < 0 && errno == EINTR);
	close(ended.fd);
	return ready > 0;
}

int command_end(pid_t process, const char *name, struct twp_error *error)
{
	if (command_ends_within(process, command_patience))
		return command_reap(process);
	command_signal(process, SIGKILL);
	command_reap(process);
	return twp_error_set(error, "%s: not at its end after %u s", name, command_patience);
}

void command_kill_all(void)
{
	int cause = errno;

	for (int i = 0; i < PROGRAMS_MAX; i++)
		if (running[i] > 0)
			kill(running[i], SIGKILL);
	for (int i = 0; i < PROGRAMS_MAX; i++) {
		pid_t process = running[i];

		if (process <= 0)
			continue;
		while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
			;
		running[i] = 0;
	}
	errno = cause;
}

int command_in(const char *ns, int (*function)(void *context), void *context)
{
	int report[2], result = -1;

	if (pipe2(report, O_CLOEXEC))
		return -1;
	pid_t process = command_fork(NULL);
	if (!process) {
		result = command_enter(ns) ? -1 : function(context);
		_exit(write(report[1], &result, sizeof(result)) == sizeof(result) ? 0 : 1);
	}
	close(report[1]);
	if (process < 0 || command_end(process, "function", NULL) ||
	    read(report[0], &result, sizeof(result)) != sizeof(result))
		result = -1;
	close(report[0]);
	return result;
}
