// SPDX-License-Identifier: GPL-2.0-only
/*
 * ask - many flows at once, between network namespaces, each by sockets that are opened in
 * the namespaces of its two ends: says of which it was wrong what became of them. TCP, SCTP,
 * UDP and echo requests want a whole exchange, other types of ICMP only to arrive.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"

static const char usage[] =
	"usage: ask <QUESTIONS\n"
	"\n"
	"A question is a line: FROM ADDRESS TO ADDRESS PROTOCOL PORT pass|deny [DIAL]\n"
	"FROM and TO are network namespaces below /run/netns, or - for the own one. PROTOCOL is\n"
	"tcp, udp, sctp, icmp or icmpv6, of which PORT is the type. DIAL is the address that\n"
	"the client is told, if not the server's.\n"
	"What must pass has 25 seconds to do so, all of them together; what must not has 0.3\n"
	"seconds more than those. TIME_SCALE=N in the environment multiplies both.\n"
	"\n"
	"Exit status: 0 all as expected, 1 not, with a line for each; 2 usage.\n";

static int own_namespace;

/* Sockets that are opened from now on are in the namespace. */
static void enter(const char *namespace)
{
	static char current[64] = "-";
	char path[128];
	int fd = own_namespace;

	if (!strcmp(current, namespace))
		return;
	if (strcmp(namespace, "-")) {
		snprintf(path, sizeof(path), "/run/netns/%s", namespace);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			err(2, "%s", path);
	}
	if (setns(fd, CLONE_NEWNET))
		err(2, "enter %s", namespace);
	if (fd != own_namespace)
		close(fd);
	snprintf(current, sizeof(current), "%s", namespace);
}

static int server_find(struct ask *ask, const struct question *question)
{
	for (int i = 0; i < ask->servers; i++) {
		const struct server *server = &ask->server[i];

		if (!strcmp(server->namespace, question->to) &&
		    !strcmp(server->address, question->server) && server->kind == question->kind &&
		    (ask_kind_is_icmp(question->kind) || server->port == question->port))
			return i;
	}
	return -1;
}

static void server_open(struct ask *ask, struct question *question)
{
	int found = server_find(ask, question);
	struct server *server = &ask->server[ask->servers];

	question->at = found >= 0 ? found : ask->servers;
	if (found >= 0)
		return;
	*server = (struct server){ .kind = question->kind, .port = question->port };
	snprintf(server->namespace, sizeof(server->namespace), "%s", question->to);
	snprintf(server->address, sizeof(server->address), "%s", question->server);
	enter(question->to);
	server->fd = ask_listen(question);
	ask->servers++;
}

static void question_read(struct ask *ask, const char *line, unsigned int number)
{
	struct question *question = &ask->question[ask->questions];
	char protocol[16], verdict[8];
	unsigned int port;
	int words;

	if (ask->questions == QUESTIONS_MAX)
		errx(2, "more than %d questions", QUESTIONS_MAX);
	*question = (struct question){ .fd = -1 };
	words = sscanf(line, "%31s %63s %31s %63s %15s %u %7s %63s", question->from,
		       question->client, question->to, question->server, protocol, &port, verdict,
		       question->dial);
	if (words < 7 || port > 65535 || ask_kind_read(protocol, &question->kind) ||
	    (strcmp(verdict, "pass") && strcmp(verdict, "deny")))
		errx(2, "line %u is no question: %s", number, line);
	if (words < 8)
		strcpy(question->dial, question->server);
	question->port = (uint16_t)port;
	question->pass = !strcmp(verdict, "pass");
	question->token = ask->run + (uint64_t)ask->questions++;
}

static uint64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool is_waited_for(const struct ask *ask)
{
	for (int i = 0; i < ask->questions; i++)
		if (ask->question[i].pass && !ask->question[i].answered)
			return true;
	return false;
}

/* All sockets that may have something to say. */
static void poll_once(struct ask *ask, int timeout)
{
	static struct pollfd ready[2 * QUESTIONS_MAX + CONNECTIONS_MAX];
	nfds_t count = 0;
	int clients, servers;

	for (int i = 0; i < ask->questions; i++)
		ready[count++] =
			(struct pollfd){ ask->question[i].fd, ask_wants(&ask->question[i]), 0 };
	clients = (int)count;
	for (int i = 0; i < ask->servers; i++)
		ready[count++] = (struct pollfd){ ask->server[i].fd, POLLIN, 0 };
	servers = (int)count;
	for (int i = 0; i < ask->connections; i++)
		ready[count++] = (struct pollfd){ ask->connection[i], POLLIN, 0 };
	if (poll(ready, count, timeout) < 0)
		err(2, "poll");
	for (int i = 0; i < (int)count; i++) {
		if (!ready[i].revents)
			continue;
		if (i < clients)
			ask_client_ready(&ask->question[i]);
		else if (i < servers)
			ask_server_ready(ask, &ask->server[i - clients]);
		else
			ask_connection_ready(ask, i - servers);
	}
}

/* How many times as long all may take as on a quiet machine with a distribution's kernel. */
static unsigned int time_scale(void)
{
	const char *text = getenv("TIME_SCALE");

	return text ? (unsigned int)strtoul(text, NULL, 10) : 1;
}

static void exchange(struct ask *ask)
{
	const unsigned int scale = time_scale();
	uint64_t begin = milliseconds(), end = begin + 25000 * scale;
	bool waited = true;

	for (uint64_t now = begin; now < end; now = milliseconds()) {
		/* What must not pass has had as long as everything else took, and more. */
		if (waited && !is_waited_for(ask)) {
			waited = false;
			end = now + 300 * scale;
		}
		poll_once(ask, (int)(end - now));
	}
}

static bool question_is_right(const struct question *question)
{
	return question->pass ? question->arrived && question->answered :
				!question->arrived && !question->answered;
}

static void question_say(const struct question *question)
{
	printf("%s %s to %s %s %s/%u: expected to %s, ", question->from, question->client,
	       question->to, question->dial, ask_kind_word(question->kind), question->port,
	       question->pass ? "pass" : "be denied");
	if (question->answered)
		printf("was answered");
	else
		printf("%s", question->arrived ? "arrived, no answer came" : "did not arrive");
	printf("%s%s\n", question->error ? ": " : "",
	       question->error ? strerror(question->error) : "");
}

int main(int argc, char **argv)
{
	static struct ask ask;
	char line[512];
	int wrong = 0;

	(void)argv;
	if (argc != 1) {
		fputs(usage, stderr);
		return 2;
	}
	own_namespace = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own_namespace < 0 || getrandom(&ask.run, sizeof(ask.run), 0) != sizeof(ask.run))
		err(2, "start");
	for (unsigned int number = 1; fgets(line, sizeof(line), stdin); number++)
		question_read(&ask, line, number);
	for (int i = 0; i < ask.questions; i++)
		server_open(&ask, &ask.question[i]);
	for (int i = 0; i < ask.questions; i++) {
		enter(ask.question[i].from);
		ask_call(&ask.question[i]);
	}
	exchange(&ask);
	for (int i = 0; i < ask.questions; i++) {
		if (question_is_right(&ask.question[i]))
			continue;
		question_say(&ask.question[i]);
		wrong++;
	}
	printf("%d questions, %d wrong\n", ask.questions, wrong);
	return wrong || !ask.questions;
}
