// SPDX-License-Identifier: GPL-2.0-only
/*
 * traffic - the checker of demo and tests. The server echoes over UDP and TCP;
 * the client (traffic_client.c) says what came back, what was lost, and what
 * came through although it must not.
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"
#include "traffic.h"

static const char usage[] =
	"usage: traffic server [--address ADDRESS] [--port PORT]\n"
	"       traffic client --to ADDRESS [--port PORT] [--udp|--tcp-connects|--tcp-stream]\n"
	"                      [--count N] [--seconds S] [--rate N] [--window N]\n"
	"                      [--deadline MS] [--size BYTES] [--expect pass|deny] [--json]\n"
	"\n"
	"The server echoes UDP and TCP until it is killed. The client sends numbered\n"
	"messages, at most --window unanswered (16) and --rate a second (1000), until\n"
	"--count, --seconds, SIGINT or SIGTERM; what is not answered within --deadline\n"
	"(2000; with --expect deny 300) is lost. --tcp-connects: each message is a\n"
	"connection of its own. --tcp-stream: one connection, and no byte may be missing.\n"
	"Defaults: --udp, port 5220, 64 bytes, --expect pass.\n"
	"\n"
	"Exit status: 0 as expected, 1 not, 2 usage. With --expect pass nothing may be lost,\n"
	"double or different; with --expect deny nothing may come back.\n";

struct options {
	struct traffic_settings traffic;
	bool json;
};

/* ---- server */

static void echo_stream(int fd)
{
	char bytes[65536];
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	for (;;) {
		ssize_t got = recv(fd, bytes, sizeof(bytes), 0);

		if (got <= 0 || net_write(fd, bytes, (size_t)got))
			return;
	}
}

/* A process for each connection: one that is stuck delays no other. */
static void take_connection(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	pid_t parent = getpid();

	if (fd < 0)
		return;
	pid_t child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() == parent)
			echo_stream(fd);
		_exit(0);
	}
	if (child < 0)
		warn("fork");
	close(fd);
}

static void echo_datagrams(int fd)
{
	char bytes[TRAFFIC_MESSAGE_MAX];
	struct sockaddr_storage peer;

	for (;;) {
		socklen_t length = sizeof(peer);
		ssize_t got = recvfrom(fd, bytes, sizeof(bytes), MSG_DONTWAIT,
				       (struct sockaddr *)&peer, &length);

		if (got < 0)
			return;
		if (sendto(fd, bytes, (size_t)got, 0, (struct sockaddr *)&peer, length) < 0)
			warn("answer of %zd bytes", got);
	}
}

static int server(const struct options *options)
{
	const char *address = options->traffic.address, *port = options->traffic.port;
	int udp = net_listen(SOCK_DGRAM, address, port);
	int listener = net_listen(SOCK_STREAM, address, port);
	struct pollfd ready[] = { { .fd = udp, .events = POLLIN },
				  { .fd = listener, .events = POLLIN } };

	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		if (poll(ready, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			err(1, "poll");
		}
		if (ready[0].revents)
			echo_datagrams(udp);
		if (ready[1].revents)
			take_connection(listener);
	}
}

/* ---- client */

static int client(const struct options *options)
{
	static const char *const kinds[] = { "udp", "tcp-connects", "tcp-stream" };
	const struct traffic_settings *settings = &options->traffic;
	struct traffic_counts counts;
	bool ok;

	if (!settings->address)
		errx(2, "client wants --to ADDRESS");
	net_catch_signals();
	traffic_run(settings, &counts);
	ok = counts.sent && !counts.wrong;
	if (!settings->deny)
		ok = ok && !counts.lost && !counts.duplicates && !counts.late;

	const struct {
		const char *name;
		uint64_t value;
	} values[] = {
		{ "sent", counts.sent },
		{ "received", counts.received },
		{ "lost", counts.lost },
		{ "duplicates", counts.duplicates },
		{ "late", counts.late },
		{ "wrong", counts.wrong },
		{ "refused", counts.refused },
		{ "retransmits", counts.retransmits },
		{ "elapsed_ns", counts.elapsed_ns },
	};
	if (options->json)
		printf("{\"kind\": \"%s\", \"expect\": \"%s\", \"ok\": %s", kinds[settings->kind],
		       settings->deny ? "deny" : "pass", ok ? "true" : "false");
	else
		printf("%s to %s, expected to %s: %s", kinds[settings->kind], settings->address,
		       settings->deny ? "fail" : "pass", ok ? "ok" : "not so");
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		printf(options->json ? ", \"%s\": %llu" : ", %s %llu", values[i].name,
		       (unsigned long long)values[i].value);
	puts(options->json ? "}" : "");
	if (fflush(stdout))
		err(1, "standard output");
	return ok ? 0 : 1;
}

static bool expects_deny(const char *text)
{
	if (strcmp(text, "pass") && strcmp(text, "deny"))
		errx(2, "--expect: '%s' is neither pass nor deny", text);
	return !strcmp(text, "deny");
}

static void parse(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {
		{ "address", required_argument, NULL, 'a' },
		{ "to", required_argument, NULL, 'a' },
		{ "port", required_argument, NULL, 'p' },
		{ "udp", no_argument, NULL, 'u' },
		{ "tcp-connects", no_argument, NULL, 'c' },
		{ "tcp-stream", no_argument, NULL, 's' },
		{ "count", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 't' },
		{ "rate", required_argument, NULL, 'r' },
		{ "window", required_argument, NULL, 'w' },
		{ "deadline", required_argument, NULL, 'd' },
		{ "size", required_argument, NULL, 'z' },
		{ "expect", required_argument, NULL, 'e' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct traffic_settings *traffic = &options->traffic;
	int option;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (option) {
		case 'a':
			traffic->address = optarg;
			break;
		case 'p':
			net_number("--port", optarg, 1, 65535);
			traffic->port = optarg;
			break;
		case 'u':
			traffic->kind = TRAFFIC_UDP;
			break;
		case 'c':
			traffic->kind = TRAFFIC_CONNECTS;
			break;
		case 's':
			traffic->kind = TRAFFIC_STREAM;
			break;
		case 'n':
			traffic->count = net_number("--count", optarg, 1, 1000000000);
			break;
		case 't':
			traffic->duration_ns =
				net_number("--seconds", optarg, 1, 86400) * NET_SECOND;
			break;
		case 'r':
			traffic->rate = net_number("--rate", optarg, 1, 10000000);
			break;
		case 'w':
			traffic->window = net_number("--window", optarg, 1, 65536);
			break;
		case 'd':
			traffic->deadline_ns =
				net_number("--deadline", optarg, 1, 600000) * 1000000;
			break;
		case 'z':
			traffic->size = net_number("--size", optarg, TRAFFIC_MESSAGE_MIN,
						   TRAFFIC_MESSAGE_MAX);
			break;
		case 'e':
			traffic->deny = expects_deny(optarg);
			break;
		case 'j':
			options->json = true;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
	if (!traffic->deadline_ns)
		traffic->deadline_ns = (traffic->deny ? 300 : 2000) * 1000000ULL;
}

int main(int argc, char **argv)
{
	struct options options = {
		.traffic = { .port = "5220", .rate = 1000, .window = 16, .size = 64 },
	};

	parse(argc, argv, &options);
	if (argc - optind == 1 && !strcmp(argv[optind], "server"))
		return server(&options);
	if (argc - optind == 1 && !strcmp(argv[optind], "client"))
		return client(&options);
	fputs(usage, stderr);
	return 2;
}
