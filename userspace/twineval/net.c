// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets and clocks of the measuring tools: addresses of both families by
 * getaddrinfo(3), a connect with a deadline, whole reads and writes.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

volatile bool net_stopped;

uint64_t net_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NET_SECOND + (uint64_t)now.tv_nsec;
}

uint64_t net_number(const char *option, const char *text, uint64_t min, uint64_t max)
{
	char *end;

	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || number < min || number > max)
		errx(2, "%s: '%s' is not a number from %llu to %llu", option, text,
		     (unsigned long long)min, (unsigned long long)max);
	return number;
}

static void resolve(struct addrinfo **list, int type, const char *host, const char *port, int flags)
{
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = type,
		.ai_flags = flags | AI_NUMERICSERV,
	};
	int failure = getaddrinfo(host, port, &hints, list);

	if (failure)
		errx(1, "%s port %s: %s", host ? host : "any address", port, gai_strerror(failure));
}

/* One socket for both families where the machine has IPv6: the wildcard of IPv6 comes first. */
static int listen_on(const struct addrinfo *entry)
{
	int on = 1, off = 0;
	int fd = socket(entry->ai_family, entry->ai_socktype | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (entry->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, entry->ai_addr, entry->ai_addrlen) ||
	    (entry->ai_socktype == SOCK_STREAM && listen(fd, SOMAXCONN))) {
		int cause = errno;

		close(fd);
		errno = cause;
		return -1;
	}
	return fd;
}

int net_listen(int type, const char *address, const char *port)
{
	struct addrinfo *list;
	int fd = -1;

	resolve(&list, type, address ? address : "::", port, AI_PASSIVE);
	for (const struct addrinfo *entry = list; entry && fd < 0; entry = entry->ai_next)
		fd = listen_on(entry);
	freeaddrinfo(list);
	if (fd < 0 && !address)
		return net_listen(type, "0.0.0.0", port);
	if (fd < 0)
		err(1, "listen on %s port %s", address, port);
	return fd;
}

static int finish_connect(int fd, uint64_t timeout_ns)
{
	struct pollfd writable = { .fd = fd, .events = POLLOUT };
	uint64_t deadline = net_now() + timeout_ns;
	int cause = 0, ready;
	socklen_t length = sizeof(cause);

	do {
		uint64_t now = net_now();
		uint64_t left = now < deadline ? deadline - now : 0;
		struct timespec timeout = { (time_t)(left / NET_SECOND),
					    (long)(left % NET_SECOND) };

		ready = ppoll(&writable, 1, &timeout, NULL);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return -errno;
	if (!ready)
		return -ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &cause, &length))
		return -errno;
	return -cause;
}

static int connect_to(const struct addrinfo *entry, uint64_t timeout_ns)
{
	int on = 1, off = 0, result = 0;
	int fd = socket(entry->ai_family, entry->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (entry->ai_socktype == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, entry->ai_addr, entry->ai_addrlen))
		result = errno == EINPROGRESS ? finish_connect(fd, timeout_ns) : -errno;
	/* From here on it blocks. */
	if (!result && ioctl(fd, FIONBIO, &off))
		result = -errno;
	if (result) {
		close(fd);
		return result;
	}
	return fd;
}

int net_connect(int type, const char *host, const char *port, uint64_t timeout_ns)
{
	struct addrinfo *list;
	int fd = -EHOSTUNREACH;

	resolve(&list, type, host, port, 0);
	for (const struct addrinfo *entry = list; entry && fd < 0; entry = entry->ai_next)
		fd = connect_to(entry, timeout_ns);
	freeaddrinfo(list);
	return fd;
}

int net_read(int fd, void *bytes, size_t length)
{
	for (size_t have = 0; have < length;) {
		ssize_t got = recv(fd, (char *)bytes + have, length - have, MSG_WAITALL);

		if (!got)
			return have ? -ECONNRESET : 0;
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got > 0)
			have += (size_t)got;
	}
	return 1;
}

int net_write(int fd, const void *bytes, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t put = send(fd, (const char *)bytes + done, length - done, MSG_NOSIGNAL);

		if (put < 0 && errno != EINTR)
			return -errno;
		if (put > 0)
			done += (size_t)put;
	}
	return 0;
}

static void stop(int signal)
{
	(void)signal;
	net_stopped = true;
}

/* Without SA_RESTART, so that a blocked call ends too. */
void net_catch_signals(void)
{
	struct sigaction action = { .sa_handler = stop };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}
