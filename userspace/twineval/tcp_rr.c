// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcp_rr - TCP request/response latency, with netperf's meaning of TCP_RR: one
 * connection, one transaction outstanding, a transaction is a request of one
 * size and a response of another. The number of transactions is fixed, not the
 * time, so that a run in virtual time repeats.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mark.h"
#include "net.h"

#define SIZE_MAX_BYTES (1u << 20)
#define TIMEOUT_NS (10 * NET_SECOND)

static const char usage[] =
	"usage: tcp_rr server [--bind ADDRESS] [--port PORT]\n"
	"       tcp_rr client HOST PORT [--request BYTES] [--response BYTES]\n"
	"                     [--transactions N] [--warmup N] [--wait SECONDS] [--json]\n"
	"\n"
	"The server serves one connection after the other until it is killed; it learns\n"
	"the sizes from the client. Defaults: port 5210, request 100, response 200,\n"
	"10000 transactions after 1000 that are not counted; --wait 10 is how long the\n"
	"client tries to connect.\n";

/* What the client sends first, in network byte order. */
struct header {
	uint32_t magic;
	uint32_t request; /* bytes */
	uint32_t response;
};

#define MAGIC 0x74777272u /* "twrr" */

struct settings {
	const char *bind;
	const char *port;
	uint32_t request;
	uint32_t response;
	uint64_t transactions;
	uint64_t warmup;
	uint64_t wait_ns;
	bool json;
};

/* A lost packet is repeated by TCP; a peer that is gone must not hang a measurement. */
static void set_timeout(int fd)
{
	struct timeval timeout = { .tv_sec = 60 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
}

static void serve_one(int fd, char *bytes)
{
	struct header header;
	int on = 1;

	set_timeout(fd);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (net_read(fd, &header, sizeof(header)) != 1)
		return;

	uint32_t request = ntohl(header.request), response = ntohl(header.response);
	if (ntohl(header.magic) != MAGIC || !request || request > SIZE_MAX_BYTES || !response ||
	    response > SIZE_MAX_BYTES) {
		warnx("a client's header is not one of tcp_rr, connection closed");
		return;
	}
	while (net_read(fd, bytes, request) == 1 && !net_write(fd, bytes, response))
		;
}

static int server(const struct settings *settings)
{
	int listener = net_listen(SOCK_STREAM, settings->bind, settings->port);
	char *bytes = calloc(1, SIZE_MAX_BYTES);

	if (!bytes)
		err(1, "memory for a request");
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0) {
			if (errno == EINTR || errno == ECONNABORTED)
				continue;
			err(1, "accept");
		}
		serve_one(fd, bytes);
		close(fd);
	}
}

/* The server may still be starting: a refusal is not the end before the deadline. */
static int connect_in_time(const struct settings *settings, const char *host)
{
	uint64_t deadline = net_now() + settings->wait_ns;

	for (;;) {
		int fd = net_connect(SOCK_STREAM, host, settings->port, TIMEOUT_NS);

		if (fd >= 0)
			return fd;
		if (net_now() >= deadline) {
			errno = -fd;
			err(1, "connect to %s port %s", host, settings->port);
		}
		usleep(20000);
	}
}

static uint64_t transaction(int fd, const struct settings *settings, char *bytes)
{
	uint64_t before = net_now();
	int result = net_write(fd, bytes, settings->request);

	if (!result) {
		result = net_read(fd, bytes, settings->response);
		if (!result)
			errx(1, "the server closed the connection");
	}
	if (result < 0) {
		errno = -result;
		err(1, "transaction");
	}
	return net_now() - before;
}

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

static void print_result(const struct settings *settings, uint64_t *ns, uint64_t elapsed_ns)
{
	uint64_t count = settings->transactions;
	double mean = 0;

	qsort(ns, count, sizeof(*ns), compare);
	for (uint64_t i = 0; i < count; i++)
		mean += (double)ns[i] / (double)count;

	double rate = (double)count * (double)NET_SECOND / (double)elapsed_ns;
	unsigned long long p50 = ns[(count - 1) / 2], p99 = ns[(count - 1) * 99 / 100];
	if (settings->json)
		printf("{\"request\": %u, \"response\": %u, \"transactions\": %llu, "
		       "\"warmup\": %llu, \"elapsed_ns\": %llu, \"transactions_per_s\": %.1f, "
		       "\"min_ns\": %llu, \"mean_ns\": %.1f, \"p50_ns\": %llu, \"p99_ns\": %llu, "
		       "\"max_ns\": %llu}\n",
		       settings->request, settings->response, (unsigned long long)count,
		       (unsigned long long)settings->warmup, (unsigned long long)elapsed_ns, rate,
		       (unsigned long long)ns[0], mean, p50, p99,
		       (unsigned long long)ns[count - 1]);
	else
		printf("%llu transactions of %u and %u bytes, %.1f a second: "
		       "p50 %llu ns, p99 %llu ns, mean %.0f ns\n",
		       (unsigned long long)count, settings->request, settings->response, rate, p50,
		       p99, mean);
	if (fflush(stdout))
		err(1, "standard output");
}

static int client(const struct settings *settings, const char *host)
{
	struct header header = {
		.magic = htonl(MAGIC),
		.request = htonl(settings->request),
		.response = htonl(settings->response),
	};
	char *bytes = calloc(1, SIZE_MAX_BYTES);
	uint64_t *ns = calloc(settings->transactions, sizeof(*ns));

	if (!bytes || !ns)
		err(1, "memory for %llu transactions", (unsigned long long)settings->transactions);

	/* Page faults belong to no transaction. */
	for (uint64_t i = 0; i < settings->transactions; i++)
		((volatile uint64_t *)ns)[i] = 0;

	int fd = connect_in_time(settings, host);
	set_timeout(fd);
	int result = net_write(fd, &header, sizeof(header));
	if (result) {
		errno = -result;
		err(1, "send the sizes");
	}
	for (uint64_t i = 0; i < settings->warmup; i++)
		transaction(fd, settings, bytes);

	uint64_t start = net_now();
	MARK(MARK_BEGIN);
	for (uint64_t i = 0; i < settings->transactions; i++)
		ns[i] = transaction(fd, settings, bytes);
	MARK(MARK_END);
	print_result(settings, ns, net_now() - start);
	close(fd);
	free(ns);
	free(bytes);
	return 0;
}

/*
 * On one CPU a woken process may take it from the one that woke it, and then the other end never
 * sleeps: transactions of two kinds, mixed as the scheduler's accounts happen to stand. Among
 * batch processes (sched(7)) nobody preempts.
 */
static void preempt_nobody(void)
{
	const struct sched_param parameter = { 0 };

	if (sched_setscheduler(0, SCHED_BATCH, &parameter))
		err(1, "scheduling policy batch");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "bind", required_argument, NULL, 'b' },
		{ "port", required_argument, NULL, 'p' },
		{ "request", required_argument, NULL, 'q' },
		{ "response", required_argument, NULL, 's' },
		{ "transactions", required_argument, NULL, 't' },
		{ "warmup", required_argument, NULL, 'w' },
		{ "wait", required_argument, NULL, 'W' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct settings settings = {
		.port = "5210",
		.request = 100,
		.response = 200,
		.transactions = 10000,
		.warmup = 1000,
		.wait_ns = TIMEOUT_NS,
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'b':
			settings.bind = optarg;
			break;
		case 'p':
			net_number("--port", optarg, 1, 65535);
			settings.port = optarg;
			break;
		case 'q':
			settings.request =
				(uint32_t)net_number("--request", optarg, 1, SIZE_MAX_BYTES);
			break;
		case 's':
			settings.response =
				(uint32_t)net_number("--response", optarg, 1, SIZE_MAX_BYTES);
			break;
		case 't':
			settings.transactions = net_number("--transactions", optarg, 1, 100000000);
			break;
		case 'w':
			settings.warmup = net_number("--warmup", optarg, 0, 100000000);
			break;
		case 'W':
			settings.wait_ns = net_number("--wait", optarg, 0, 3600) * NET_SECOND;
			break;
		case 'j':
			settings.json = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	argc -= optind;
	argv += optind;
	preempt_nobody();
	if (argc == 1 && !strcmp(argv[0], "server"))
		return server(&settings);
	if (argc == 3 && !strcmp(argv[0], "client")) {
		net_number("PORT", argv[2], 1, 65535);
		settings.port = argv[2];
		return client(&settings, argv[1]);
	}
	fputs(usage, stderr);
	return 2;
}
