// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's socket: after whatever comes over it, the next real request is
 * answered.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "control/control.h"
#include "hostile.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static const char *the_path;

static int dial(void)
{
	const char *scale = getenv("TIME_SCALE");
	const struct timeval patience = { .tv_sec = 10 * (scale ? atoi(scale) : 1) };
	struct twp_error error;
	int fd = twp_control_connect(the_path, &error);

	if (fd < 0) {
		hostile_complain("connect: %s", error.text);
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return fd;
}

/* What is asked for matters less than that it is answered. */
static void answered(const char *after_what)
{
	static const uint8_t status[] = { 0x0a, 0x00 };
	Twinpath__V1__Response *response = NULL;
	struct twp_error error = { "hung up" };
	int fd = dial(), got = -1;
	uint8_t *bytes = NULL;
	size_t length;

	if (fd < 0 || twp_control_send(fd, status, sizeof(status), &error) ||
	    (got = twp_control_receive(fd, &bytes, &length, &error)) <= 0)
		hostile_complain("after %s: no answer: %s", after_what, error.text);
	else
		response = twinpath__v1__response__unpack(NULL, length, bytes);
	if (response && (*response->error || !response->status || !response->status->module_loaded))
		hostile_complain("after %s: %s", after_what, response->error);
	else if (got > 0 && !response)
		hostile_complain("after %s: the answer is no response", after_what);
	if (response)
		twinpath__v1__response__free_unpacked(response, NULL);
	free(bytes);
	if (fd >= 0)
		close(fd);
}

/* Sends a packet with @count times @passed, and reads until the daemon answers with a refusal or
 * hangs up.
 */
static void send_packet(const char *what, const void *bytes, size_t length, int passed,
			size_t count)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(253 * sizeof(int))];
	} control = { 0 };
	struct iovec vector = { .iov_base = (void *)bytes, .iov_len = length };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };
	Twinpath__V1__Response *response = NULL;
	struct twp_error error;
	int fd = dial(), size = 1 << 20;
	uint8_t *answer = NULL;
	size_t got;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	if (count) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
		for (size_t i = 0; i < count; i++)
			memcpy(CMSG_DATA(&control.header) + i * sizeof(int), &passed, sizeof(int));
	}
	if (sendmsg(fd, &message, MSG_NOSIGNAL) < 0)
		hostile_complain("%s: send: %s", what, strerror(errno));
	else if (twp_control_receive(fd, &answer, &got, &error) > 0)
		response = twinpath__v1__response__unpack(NULL, got, answer);
	if (response && !*response->error)
		hostile_complain("%s: not refused", what);
	if (response)
		twinpath__v1__response__free_unpacked(response, NULL);
	free(answer);
	close(fd);
}

static int memfd(const void *bytes, size_t length, off_t size, int seals)
{
	int fd = memfd_create("hostile", MFD_ALLOW_SEALING);

	if (fd < 0 || write(fd, bytes, length) != (ssize_t)length || ftruncate(fd, size) ||
	    (seals && fcntl(fd, F_ADD_SEALS, seals)))
		hostile_complain("memfd: %s", strerror(errno));
	return fd;
}

static void packets(void)
{
	static uint8_t bytes[200000];

	for (int i = 0; i < 100; i++) {
		size_t length = i % 10 ? hostile_random() % 200 + 1 : hostile_random() % 65536 + 1;

		for (size_t j = 0; j < length; j++)
			bytes[j] = (uint8_t)(hostile_random() >> 8);
		/* Often the tag of a request, and then noise; but not of one that is right. */
		if (i % 2)
			bytes[0] = (uint8_t)((hostile_random() % 14 + 1) << 3 | 2);
		bytes[length - 1] = 0xff;
		send_packet("noise", bytes, length, -1, 0);
	}
	answered("noise");
	memset(bytes, 0x0a, sizeof(bytes));
	send_packet("200 kB", bytes, sizeof(bytes), -1, 0);
	send_packet("64 KiB and one", bytes, 65537, -1, 0);
	send_packet("64 KiB", bytes, 65536, -1, 0);
	memset(bytes, 0, sizeof(bytes));
	send_packet("a zero byte", bytes, 1, -1, 0);
	send_packet("200 kB of zeroes", bytes, sizeof(bytes), -1, 0);
	answered("large packets");
}

static void descriptors(void)
{
	static const uint8_t zero, one = 1;
	const int file = open("/dev/zero", O_RDONLY), folder = open("/", O_RDONLY | O_DIRECTORY);
	const struct {
		const char *what;
		int fd;
	} wrong[] = {
		{ "no memfd", file },
		{ "a folder", folder },
		{ "an unsealed memfd", memfd("\x0a\x00", 2, 2, 0) },
		{ "a memfd that can grow", memfd("\x0a\x00", 2, 2, SEALS & ~F_SEAL_GROW) },
		{ "a memfd that can be written", memfd("\x0a\x00", 2, 2, SEALS & ~F_SEAL_WRITE) },
		{ "an empty memfd", memfd("", 0, 0, SEALS) },
		{ "a memfd of noise", memfd("\xff\xff\xff", 3, 3, SEALS) },
		{ "a memfd of 256 MiB and one", memfd("x", 1, (256 << 20) + 1, SEALS) },
		{ "a memfd of a terabyte", memfd("x", 1, (off_t)1 << 40, SEALS) },
		{ "a memfd of zeroes", memfd("", 0, 1 << 20, SEALS) },
	};
	const int good = memfd("\x0a\x00", 2, 2, SEALS);

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		send_packet(wrong[i].what, &zero, 1, wrong[i].fd, 1);
		answered(wrong[i].what);
		close(wrong[i].fd);
	}
	send_packet("two memfds", &zero, 1, good, 2);
	send_packet("253 memfds", &zero, 1, good, 253);
	send_packet("a memfd beside a byte", &one, 1, good, 1);
	send_packet("a memfd beside a request", "\x0a\x00", 2, good, 1);
	close(good);
	answered("descriptors");
}

/* Connections that say nothing, half of something, or hang up before the answer. */
static void half_open(void)
{
	static const uint8_t status[] = { 0x0a, 0x00 }, monitor[] = { 0x72, 0x00 };
	int fd[60];

	for (size_t i = 0; i < 60; i++) {
		fd[i] = dial();
		if (i % 5 == 1)
			shutdown(fd[i], SHUT_WR);
		if (i % 5 == 2)
			shutdown(fd[i], SHUT_RD);
		if (i % 5 == 2 || i % 5 == 3)
			send(fd[i], status, sizeof(status), MSG_NOSIGNAL);
		/* Never reads what it monitors. */
		if (i % 5 == 4)
			send(fd[i], monitor, sizeof(monitor), MSG_NOSIGNAL);
	}
	answered("60 silent connections");
	/* Asks and asks, and reads nothing. */
	for (int i = 0; i < 2000; i++) {
		if (send(fd[0], status, sizeof(status), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
	}
	answered("requests whose answers nobody reads");
	for (size_t i = 0; i < 60; i++)
		close(fd[i]);
	answered("60 that hung up");
}

int hostile_socket(const char *path)
{
	the_path = path;
	answered("nothing");
	packets();
	descriptors();
	half_open();
	for (int i = 0; i < 500; i++)
		close(dial());
	answered("500 connections");
	return hostile_complained();
}

int hostile_crowd(const char *path, unsigned int connections)
{
	const struct timespec while_ = { .tv_nsec = 300000000 };
	int *fd = calloc(connections, sizeof(*fd));

	the_path = path;
	for (unsigned int i = 0; fd && i < connections; i++)
		fd[i] = dial();
	nanosleep(&while_, NULL);
	answered("a crowd that holds its connections");
	free(fd);
	return hostile_complained();
}
