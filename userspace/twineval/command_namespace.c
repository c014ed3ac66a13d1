// SPDX-License-Identifier: GPL-2.0-only
/*
 * Network namespaces by name, entered by setns(2) alone: "ip netns exec" mounts a
 * new /sys, where pinned BPF objects are not to be seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "command.h"
#include "command_process.h"

static int open_namespace(const char *ns)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/run/netns/%s", ns);
	return open(path, O_RDONLY | O_CLOEXEC);
}

int command_enter(const char *ns)
{
	if (!ns)
		return 0;
	int fd = open_namespace(ns);
	if (fd < 0)
		return -1;
	int result = setns(fd, CLONE_NEWNET), cause = errno;
	close(fd);
	errno = cause;
	return result;
}

int command_socket(const char *ns, int family, int type, struct twp_error *error)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), fd = -1;
	sigset_t all, before;

	if (home < 0)
		return twp_error_set(error, "/proc/self/ns/net: %s", strerror(errno));
	/* A handler that runs programs would run them there. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	int away = command_enter(ns);
	if (!away)
		fd = socket(family, type | SOCK_CLOEXEC, 0);
	int cause = errno;
	/* Whoever cannot go home would measure the wrong network from here on. */
	if (ns && !away && setns(home, CLONE_NEWNET))
		abort();
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(home);
	if (fd < 0)
		return twp_error_set(error, "socket in network namespace %s: %s",
				     ns ? ns : "of the caller", strerror(cause));
	return fd;
}
