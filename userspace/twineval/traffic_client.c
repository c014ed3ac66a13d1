// SPDX-License-Identifier: GPL-2.0-only
/*
 * The client of traffic: sends numbered messages and keeps of each whether it
 * was answered. Nothing is sent twice, so a packet that the filter loses is
 * seen. A window of unanswered messages keeps an emulated guest from
 * overflowing its socket buffers.
 */
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <linux/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"
#include "traffic.h"

#define NO_NUMBER UINT64_MAX

enum state { STATE_OUT, STATE_ANSWERED, STATE_LOST };

struct sent {
	uint64_t at; /* ns */
	enum state state;
};

struct run {
	const struct traffic_settings *settings;
	struct traffic_counts *counts;
	uint64_t id; /* tells this run's messages from those of another */
	uint64_t start; /* ns */
	struct sent *message; /* by number */
	uint64_t room; /* messages that are allocated */
	uint64_t oldest; /* all before it are answered or lost */
	uint64_t out;
};

static void make_message(const struct run *run, char *bytes, uint64_t number)
{
	memcpy(bytes, &run->id, 8);
	memcpy(bytes + 8, &number, 8);
	for (size_t i = TRAFFIC_MESSAGE_MIN; i < run->settings->size; i++)
		bytes[i] = (char)(number + i);
}

/* The number of a message of this run that is whole, or NO_NUMBER. */
static uint64_t message_number(const struct run *run, const char *bytes, size_t length)
{
	char expected[TRAFFIC_MESSAGE_MAX];
	uint64_t number;

	if (length != run->settings->size)
		return NO_NUMBER;
	memcpy(&number, bytes + 8, 8);
	if (number >= run->counts->sent)
		return NO_NUMBER;
	make_message(run, expected, number);
	return memcmp(bytes, expected, length) ? NO_NUMBER : number;
}

static bool goes_on(const struct run *run)
{
	const struct traffic_settings *settings = run->settings;

	if (net_stopped || (settings->count && run->counts->sent >= settings->count))
		return false;
	return !settings->duration_ns || net_now() - run->start < settings->duration_ns;
}

/* When the next message is to be sent, ns. */
static uint64_t due(const struct run *run)
{
	return run->start +
	       (uint64_t)((double)run->counts->sent * 1e9 / (double)run->settings->rate);
}

static void pause_until(int fd, uint64_t when)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	uint64_t now = net_now();
	uint64_t left = when > now ? when - now : 0;
	struct timespec timeout = { (time_t)(left / NET_SECOND), (long)(left % NET_SECOND) };

	ppoll(&readable, 1, &timeout, NULL);
}

static void set_timeouts(int fd, uint64_t ns)
{
	struct timeval timeout = { (time_t)(ns / NET_SECOND), (long)(ns % NET_SECOND / 1000) };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
}

/* What the other end reports to have had twice (RFC 2883) was not lost but slow. */
static void count_retransmits(const struct run *run, int fd)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);

	if (!getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) &&
	    info.tcpi_total_retrans > info.tcpi_dsack_dups)
		run->counts->retransmits += info.tcpi_total_retrans - info.tcpi_dsack_dups;
}

/* Return: 0, or -errno if a stream is broken. What UDP does not send is lost. */
static int send_one(struct run *run, int fd)
{
	bool udp = run->settings->kind == TRAFFIC_UDP;
	uint64_t number = run->counts->sent++;
	char bytes[TRAFFIC_MESSAGE_MAX];
	int cause;
	socklen_t length = sizeof(cause);

	if (number == run->room) {
		run->room = run->room ? 2 * run->room : 4096;
		run->message = reallocarray(run->message, run->room, sizeof(*run->message));
		if (!run->message)
			err(1, "memory for %llu messages", (unsigned long long)run->room);
	}
	run->message[number] = (struct sent){ .at = net_now(), .state = STATE_OUT };
	run->out++;
	make_message(run, bytes, number);
	/* An ICMP error for an earlier message must not take the place of this one. */
	if (udp && !getsockopt(fd, SOL_SOCKET, SO_ERROR, &cause, &length) && cause)
		run->counts->refused++;
	int result = net_write(fd, bytes, run->settings->size);
	if (!result || !udp)
		return result;
	run->counts->refused++;
	return 0;
}

static void take_answer(struct run *run, const char *bytes, size_t length)
{
	uint64_t number = message_number(run, bytes, length);

	if (number == NO_NUMBER) {
		run->counts->wrong++;
		return;
	}
	switch (run->message[number].state) {
	case STATE_OUT:
		/* A stream neither skips nor reorders. */
		if (run->settings->kind == TRAFFIC_STREAM && number != run->counts->received)
			run->counts->wrong++;
		run->message[number].state = STATE_ANSWERED;
		run->counts->received++;
		run->out--;
		break;
	case STATE_ANSWERED:
		run->counts->duplicates++;
		break;
	case STATE_LOST:
		run->counts->late++;
		break;
	}
}

/* Return: 0, or -errno if a stream is broken. */
static int receive_all(struct run *run, int fd)
{
	bool stream = run->settings->kind == TRAFFIC_STREAM;
	size_t size = run->settings->size;
	char bytes[TRAFFIC_MESSAGE_MAX];

	for (;;) {
		ssize_t got = recv(fd, bytes, stream ? size : sizeof(bytes),
				   MSG_DONTWAIT | (stream ? MSG_PEEK : 0));

		if (got < 0 && errno == EAGAIN)
			return 0;
		if (got < 0 && !stream) {
			run->counts->refused++;
			return 0;
		}
		if (stream && got <= 0)
			return got ? -errno : -ECONNRESET;
		if (stream && (size_t)got < size)
			return 0;
		if (stream && net_read(fd, bytes, size) != 1)
			return -ECONNRESET;
		take_answer(run, bytes, (size_t)got);
	}
}

static void give_up(struct run *run, bool all)
{
	uint64_t now = net_now();

	for (; run->oldest < run->counts->sent; run->oldest++) {
		struct sent *oldest = &run->message[run->oldest];

		if (oldest->state != STATE_OUT)
			continue;
		if (!all && now - oldest->at < run->settings->deadline_ns)
			return;
		oldest->state = STATE_LOST;
		run->counts->lost++;
		run->out--;
	}
}

/* Many messages out at a time: UDP, or one long stream. */
static void exchange(struct run *run, int fd)
{
	int size = (int)run->settings->size;
	bool more;

	set_timeouts(fd, run->settings->deadline_ns);
	if (run->settings->kind == TRAFFIC_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &size, sizeof(size));
	while ((more = goes_on(run)) || run->out) {
		uint64_t wake = UINT64_MAX;
		int result = 0;

		if (more && run->out < run->settings->window && net_now() >= due(run))
			result = send_one(run, fd);
		if (!result)
			result = receive_all(run, fd);
		give_up(run, result);
		if (result) {
			run->counts->refused++;
			break;
		}
		if (run->out)
			wake = run->message[run->oldest].at + run->settings->deadline_ns;
		if (more && run->out < run->settings->window && due(run) < wake)
			wake = due(run);
		if (wake != UINT64_MAX)
			pause_until(fd, wake);
	}
	if (run->settings->kind == TRAFFIC_STREAM)
		count_retransmits(run, fd);
}

/* Return: 1 answered rightly, 0 answered otherwise, or -errno. */
static int connection(const struct run *run)
{
	const struct traffic_settings *settings = run->settings;
	char bytes[TRAFFIC_MESSAGE_MAX], answer[TRAFFIC_MESSAGE_MAX];
	int fd = net_connect(SOCK_STREAM, settings->address, settings->port, settings->deadline_ns);

	if (fd < 0)
		return fd;
	set_timeouts(fd, settings->deadline_ns);
	make_message(run, bytes, run->counts->sent);
	int result = net_write(fd, bytes, settings->size);
	if (!result)
		result = net_read(fd, answer, settings->size) == 1 ? 1 : -ECONNRESET;
	if (result == 1)
		result = !memcmp(bytes, answer, settings->size);
	count_retransmits(run, fd);
	close(fd);
	/* A handshake that was finished came through, whatever followed. */
	return result < 0 && settings->deny ? 0 : result;
}

static void connect_repeatedly(struct run *run)
{
	while (goes_on(run)) {
		if (net_now() < due(run)) {
			pause_until(-1, due(run));
			continue;
		}
		int result = connection(run);
		run->counts->sent++;
		if (result == 1)
			run->counts->received++;
		else if (!result)
			run->counts->wrong++;
		else
			run->counts->lost++;
		if (result < 0 && result != -ETIMEDOUT)
			run->counts->refused++;
	}
}

void traffic_run(const struct traffic_settings *settings, struct traffic_counts *counts)
{
	struct run run = { .settings = settings, .counts = counts, .start = net_now() };
	int type = settings->kind == TRAFFIC_UDP ? SOCK_DGRAM : SOCK_STREAM;

	*counts = (struct traffic_counts){ 0 };
	if (getrandom(&run.id, sizeof(run.id), 0) != sizeof(run.id))
		err(1, "getrandom");
	if (settings->kind == TRAFFIC_CONNECTS) {
		connect_repeatedly(&run);
	} else {
		int fd =
			net_connect(type, settings->address, settings->port, settings->deadline_ns);

		if (fd < 0) {
			/* One message that could not even be sent. */
			counts->sent = counts->lost = 1;
			counts->refused = fd != -ETIMEDOUT;
		} else {
			exchange(&run, fd);
			close(fd);
		}
	}
	if (settings->deny)
		counts->wrong += counts->received + counts->late + counts->duplicates;
	counts->elapsed_ns = net_now() - run.start;
	free(run.message);
}
