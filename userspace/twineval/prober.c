// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prober: one process with sockets in the namespaces of client and server, so that nothing is
 * sent between processes but what is judged. What it finds is in memory that it shares with its parent.
 * The kernel answers a connection while connect() still runs. One that comes about after
 * PROBER_LATE_NS was late; one that is not there when TCP gives up, after three seconds, or when the
 * run is over, was denied. What TCP sends again is not what was asked: an answer to that is a denial.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command_process.h"
#include "datapath.h"
#include "prober.h"
#include "stop.h"

#define SECOND_NS 1000000000ULL
#define AGAIN_NS (SECOND_NS - SECOND_NS / 10) /* TCP sends a SYN again after a second */
#define SOCKETS_MAX 8000 /* more than two each tick for three seconds */
#define EVENTS_MAX 256

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
	int fd;
};

struct state {
	struct prober_shared *shared;
	struct addrinfo *probe_to, *to; /* EVAL_PROBE_PORT, EVAL_PORT */
	int listener[2];
	int sender, receiver; /* UDP */
	int events; /* epoll: of the attempts */
	struct attempt attempt[SOCKETS_MAX]; /* without a socket: not in use */
	unsigned int unused[SOCKETS_MAX], free;
	uint64_t received; /* datagrams */
	uint64_t tick_ns;
	bool was_late; /* an answer, since the last tick */
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

/* Return: how many sockets the process may have for attempts. */
static unsigned int raise_limit(void)
{
	struct rlimit limit = { SOCKETS_MAX + 64, SOCKETS_MAX + 64 };

	if (!setrlimit(RLIMIT_NOFILE, &limit))
		return SOCKETS_MAX;
	return getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur < 128 ? 64 :
	       limit.rlim_cur - 64 < SOCKETS_MAX ? (unsigned int)limit.rlim_cur - 64 :
						   SOCKETS_MAX;
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
	state->events = epoll_create1(EPOLL_CLOEXEC);
	if (state->events < 0)
		return twp_error_set(error, "epoll: %s", strerror(errno));
	for (unsigned int i = raise_limit(); i--;)
		state->unused[state->free++] = i;
	state->tick_ns = PROBER_TICK_NS;
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
	const int once = 1;
	unsigned int place = state->free ? state->unused[state->free - 1] : 0;
	struct epoll_event event = { .events = EPOLLOUT, .data.u32 = place };
	int fd = state->free ? open_socket(to, SOCK_STREAM) : -1;
	uint64_t now = prober_now();

	if (fd < 0)
		return false;
	/* What TCP sends again loads the path, and tells nothing. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &once, sizeof(once))) {
		close(fd);
		return false;
	}
	if (probe)
		*probe = (struct probe){ .at_ns = now };
	else
		state->shared->counts.connections++;
	if ((connect(fd, to->ai_addr, to->ai_addrlen) && errno != EINPROGRESS) ||
	    epoll_ctl(state->events, EPOLL_CTL_ADD, fd, &event)) {
		state->shared->counts.denied += !probe;
		close(fd);
		return true;
	}
	state->free--;
	state->attempt[place] = (struct attempt){ .at_ns = now, .probe = probe, .fd = fd };
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

bool prober_first_answered(uint64_t age_ns, uint64_t retransmits, uint64_t rtt_ns,
			   uint64_t answered_ns)
{
	/* TCP took the time from the packet that was answered to its answer. */
	return !retransmits || (rtt_ns && age_ns < rtt_ns + answered_ns + AGAIN_NS);
}

static bool is_connected(const struct attempt *attempt, uint64_t age_ns)
{
	struct tcp_info info = { 0 };
	socklen_t size = sizeof(info), length = sizeof(int);
	int cause = 0;

	if (getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &cause, &length) || cause)
		return false;
	if (age_ns < AGAIN_NS)
		return true;
	if (getsockopt(attempt->fd, IPPROTO_TCP, TCP_INFO, &info, &size))
		return false;
	return prober_first_answered(age_ns, info.tcpi_total_retrans, 1000ull * info.tcpi_rtt,
				     1000000ull * info.tcpi_last_ack_recv);
}

static void settle_one(struct state *state, struct attempt *attempt, uint64_t now)
{
	struct prober_counts *counts = &state->shared->counts;
	uint64_t age_ns = now - attempt->at_ns;
	bool passed = is_connected(attempt, age_ns);
	bool late = passed && age_ns >= PROBER_LATE_NS;

	if (attempt->probe) {
		attempt->probe->late = late;
		attempt->probe->passed = passed;
	} else {
		counts->denied += !passed;
	}
	counts->late += late;
	state->was_late |= late;
	reset(attempt->fd);
	state->unused[state->free++] = (unsigned int)(attempt - state->attempt);
	*attempt = (struct attempt){ 0 };
}

/* The clock is read before the kernel is asked: a starved process must not take its own
 * lateness for that of an answer.
 */
static void settle(struct state *state)
{
	struct epoll_event event[EVENTS_MAX];
	uint64_t now = prober_now();
	int count;

	do {
		count = epoll_wait(state->events, event, EVENTS_MAX, 0);
		for (int i = 0; i < count; i++)
			settle_one(state, &state->attempt[event[i].data.u32], now);
	} while (count == EVENTS_MAX);
}

/* Denied, as far as anybody knows: the run is over. */
static void give_up(struct state *state)
{
	for (size_t i = 0; i < SOCKETS_MAX; i++) {
		const struct attempt *left = &state->attempt[i];

		if (left->fd)
			state->shared->counts.denied += !left->probe;
	}
}

uint64_t prober_tick(uint64_t tick_ns, bool late)
{
	if (late)
		return tick_ns * 2 < PROBER_TICK_MAX_NS ? tick_ns * 2 : PROBER_TICK_MAX_NS;
	tick_ns -= tick_ns / 16;
	return tick_ns > PROBER_TICK_NS ? tick_ns : PROBER_TICK_NS;
}

/* Late ticks are left out, not made up for: probes in a bunch would tell nothing. Who is late, or
 * answered late, has more to do than there is time for: the ticks become longer.
 */
static void pause_until_next(struct state *state, uint64_t *next)
{
	uint64_t now = prober_now();
	struct timespec when;
	bool late;

	*next += state->tick_ns;
	late = *next < now;
	state->tick_ns = prober_tick(state->tick_ns, late || state->was_late);
	state->was_late = false;
	if (late)
		*next = now + state->tick_ns;
	when = (struct timespec){ (time_t)(*next / SECOND_NS), (long)(*next % SECOND_NS) };
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
}

/* What was sent last is waited for until TCP would send it again. */
static void probe(struct state *state)
{
	uint64_t next = prober_now(), last;

	while (!state->shared->stop && state->shared->count < PROBES_MAX) {
		send_all(state);
		settle(state);
		receive_all(state);
		pause_until_next(state, &next);
	}
	for (last = prober_now() + AGAIN_NS; prober_now() < last;) {
		settle(state);
		receive_all(state);
		pause_until_next(state, &next);
	}
	give_up(state);
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
