// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prober: one process with sockets in the namespaces of client and server, so that nothing is
 * sent between processes but what is judged. What it finds is in memory that it shares with its parent.
 * The kernel answers a connection while connect() still runs; one that is not there after
 * VERDICT_NS was denied, long before TCP would send it again.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command_process.h"
#include "datapath.h"
#include "prober.h"
#include "stop.h"

#define SECOND_NS 1000000000ULL
#define TICK_NS (SECOND_NS / 1000)
#define VERDICT_NS (SECOND_NS / 5)
#define SOCKETS_MAX 800 /* below the usual limit of a process */

struct prober_shared {
	atomic_bool stop;
	atomic_size_t count;
	struct prober_counts counts;
	struct twp_error error;
	struct probe probe[PROBES_MAX];
};

/* A connection of which the end is not known. */
struct attempt {
	uint64_t at_ns;
	struct probe *probe; /* NULL: to EVAL_PORT */
};

struct state {
	struct prober_shared *shared;
	struct addrinfo *probe_to, *to; /* EVAL_PROBE_PORT, EVAL_PORT */
	int listener[2];
	int sender, receiver; /* UDP */
	struct pollfd poll[SOCKETS_MAX];
	struct attempt attempt[SOCKETS_MAX];
	nfds_t open;
	uint64_t received; /* datagrams */
};

uint64_t prober_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* ---- sockets */

static struct addrinfo *resolve(const char *address, int port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	char text[8];

	snprintf(text, sizeof(text), "%d", port);
	return getaddrinfo(address, text, &hints, &found) ? NULL : found;
}

static int open_socket(const struct addrinfo *to, int type)
{
	return socket(to->ai_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static int listen_at(const struct addrinfo *at, int type)
{
	int fd = open_socket(at, type), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, at->ai_addr, at->ai_addrlen) || (type == SOCK_STREAM && listen(fd, SOMAXCONN)))
		return -1;
	return fd;
}

static int open_all(struct state *state, const struct topology_place *place,
		    struct twp_error *error)
{
	state->probe_to = resolve(place->server_address, EVAL_PROBE_PORT);
	state->to = resolve(place->server_address, EVAL_PORT);
	if (!state->probe_to || !state->to)
		return twp_error_set(error, "%s is no address", place->server_address);
	if (command_enter(place->server_ns))
		return twp_error_set(error, "namespace %s: %s", place->server_ns, strerror(errno));
	state->listener[0] = listen_at(state->probe_to, SOCK_STREAM);
	state->listener[1] = listen_at(state->to, SOCK_STREAM);
	state->receiver = listen_at(state->to, SOCK_DGRAM);
	if (state->listener[0] < 0 || state->listener[1] < 0 || state->receiver < 0)
		return twp_error_set(error, "cannot listen: %s", strerror(errno));
	if (command_enter(place->client_ns))
		return twp_error_set(error, "namespace %s: %s", place->client_ns, strerror(errno));
	state->sender = open_socket(state->to, SOCK_DGRAM);
	if (state->sender < 0 || connect(state->sender, state->to->ai_addr, state->to->ai_addrlen))
		return twp_error_set(error, "cannot send: %s", strerror(errno));
	return 0;
}

/* ---- one tick */

/* By a reset, so that no socket of thousands lingers. */
static void reset(int fd)
{
	struct linger linger = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
}

/* Return: was there a socket for it? */
static bool attempt(struct state *state, const struct addrinfo *to, struct probe *probe)
{
	int fd = state->open < SOCKETS_MAX ? open_socket(to, SOCK_STREAM) : -1;
	uint64_t now = prober_now();

	if (fd < 0)
		return false;
	if (probe)
		*probe = (struct probe){ .at_ns = now };
	else
		state->shared->counts.connections++;
	if (connect(fd, to->ai_addr, to->ai_addrlen) && errno != EINPROGRESS) {
		state->shared->counts.denied += !probe;
		close(fd);
		return true;
	}
	state->poll[state->open] = (struct pollfd){ .fd = fd, .events = POLLOUT };
	state->attempt[state->open++] = (struct attempt){ .at_ns = now, .probe = probe };
	return true;
}

static void send_all(struct state *state)
{
	struct prober_shared *shared = state->shared;
	uint64_t number = shared->counts.sent;

	attempt(state, state->to, NULL);
	if (attempt(state, state->probe_to, &shared->probe[shared->count]))
		shared->count++;
	if (send(state->sender, &number, sizeof(number), MSG_NOSIGNAL) == sizeof(number))
		shared->counts.sent++;
}

/* Servers close and clients reset: a reset by the server could look like a denial. */
static void receive_all(struct state *state)
{
	uint64_t number;
	int fd;

	while (recv(state->receiver, &number, sizeof(number), 0) == sizeof(number))
		state->received++;
	for (int i = 0; i < 2; i++)
		while ((fd = accept4(state->listener[i], NULL, NULL, SOCK_CLOEXEC)) >= 0)
			close(fd);
}

/* Return: 1 connected, 0 not, -1 not known yet */
static int verdict(const struct pollfd *poll, const struct attempt *attempt, uint64_t now)
{
	int cause = 0;
	socklen_t length = sizeof(cause);

	if (poll->revents)
		return !getsockopt(poll->fd, SOL_SOCKET, SO_ERROR, &cause, &length) && !cause;
	return now - attempt->at_ns < VERDICT_NS ? -1 : 0;
}

/* The clock is read before the kernel is asked: a starved process must not take its own
 * lateness for a denial.
 */
static void settle(struct state *state)
{
	uint64_t now = prober_now();
	nfds_t left = 0;

	if (poll(state->poll, state->open, 0) < 0)
		return;
	for (nfds_t i = 0; i < state->open; i++) {
		struct attempt *attempt = &state->attempt[i];
		int passed = verdict(&state->poll[i], attempt, now);

		if (passed < 0) {
			state->attempt[left] = *attempt;
			state->poll[left++] = state->poll[i];
			continue;
		}
		if (attempt->probe)
			attempt->probe->passed = passed;
		else
			state->shared->counts.denied += !passed;
		reset(state->poll[i].fd);
	}
	state->open = left;
}

/* Late ticks are left out, not made up for: probes in a bunch would tell nothing. */
static void pause_until_next(uint64_t *next)
{
	uint64_t now = prober_now();
	struct timespec when;

	*next += TICK_NS;
	if (*next < now)
		*next = now + TICK_NS / 10;
	when = (struct timespec){ (time_t)(*next / SECOND_NS), (long)(*next % SECOND_NS) };
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
}

static void probe(struct state *state)
{
	uint64_t next = prober_now(), last;

	while (!state->shared->stop && state->shared->count < PROBES_MAX) {
		send_all(state);
		settle(state);
		receive_all(state);
		pause_until_next(&next);
	}
	for (last = prober_now() + 2 * VERDICT_NS; prober_now() < last;) {
		settle(state);
		receive_all(state);
		pause_until_next(&next);
	}
	state->shared->counts.lost = state->shared->counts.sent - state->received;
}

/* ---- the parent's side */

static _Noreturn void child(struct prober_shared *shared, const struct topology_place *place)
{
	static struct state state;

	state.shared = shared;
	if (open_all(&state, place, &shared->error))
		_exit(1);
	probe(&state);
	_exit(0);
}

int prober_start(struct prober *prober, const struct topology_place *place, struct twp_error *error)
{
	const int allowed = PROT_READ | PROT_WRITE, kind = MAP_SHARED | MAP_ANONYMOUS;
	/* cppcheck-suppress invalidFunctionArg */
	void *memory = mmap(NULL, sizeof(*prober->shared), allowed, kind, -1, 0);

	*prober = (struct prober){ .process = -1 };
	if (memory == MAP_FAILED)
		return twp_error_set(error, "prober: memory: %s", strerror(errno));
	prober->shared = memory;
	prober->process = command_fork(error);
	if (!prober->process)
		child(prober->shared, place);
	return prober->process < 0 ? -1 : 0;
}

size_t prober_probes(const struct prober *prober, const struct probe **probe)
{
	*probe = prober->shared->probe;
	return prober->shared->count;
}

static int ended(const struct prober *prober, struct twp_error *error)
{
	const char *sentence = prober->shared->error.text;

	return twp_error_set(error, "prober: %s", *sentence ? sentence : "it ended by itself");
}

/* Counted in tries: in virtual time seconds leap while everything waits. */
int prober_wait(const struct prober *prober, size_t more, struct twp_error *error)
{
	size_t until = prober->shared->count + more;

	for (int tries = 0; prober->shared->count < until; tries++) {
		siginfo_t end = { 0 };

		if (stop_requested())
			return twp_error_set(error, "stopped");
		if (waitid(P_PID, (id_t)prober->process, &end, WEXITED | WNOHANG | WNOWAIT) ||
		    end.si_pid)
			return ended(prober, error);
		if (tries > 10000)
			return twp_error_set(error, "the prober sends nothing");
		usleep(2000);
	}
	return 0;
}

int prober_stop(struct prober *prober, struct prober_counts *counts, struct twp_error *error)
{
	int status;

	prober->shared->stop = true;
	status = command_reap(prober->process);
	prober->process = -1;
	if (status)
		return ended(prober, error);
	*counts = prober->shared->counts;
	return 0;
}

void prober_clean(struct prober *prober)
{
	if (prober->process > 0) {
		kill(prober->process, SIGKILL);
		command_reap(prober->process);
	}
	if (prober->shared)
		munmap(prober->shared, sizeof(*prober->shared));
	*prober = (struct prober){ .process = -1 };
}
