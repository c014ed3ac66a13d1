// SPDX-License-Identifier: GPL-2.0-only
/* The transport: framing of all sizes, and peers that keep to no framing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/control.h"

#define ALL_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static int ends[2];
static size_t open_before;

static size_t open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	size_t count = 0;

	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static int setup(void **state)
{
	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -1;
	open_before = open_descriptors();
	return 0;
}

/* Whatever a peer passes, nothing of it stays open. */
static int teardown(void **state)
{
	size_t now = open_descriptors();

	(void)state;
	close(ends[0]);
	close(ends[1]);
	return now == open_before ? 0 : -1;
}

static void round_trip(size_t length)
{
	struct twp_error error = { "" };
	uint8_t *sent = malloc(length + 1), *got = NULL;
	size_t got_length = 0;

	for (size_t i = 0; i < length; i++)
		sent[i] = (uint8_t)(i * 31 + 1);
	assert_int_equal(twp_control_send(ends[0], sent, length, &error), 0);
	assert_int_equal(twp_control_receive(ends[1], &got, &got_length, &error), 1);
	assert_int_equal(got_length, length);
	assert_memory_equal(got, sent, length);
	free(got);
	free(sent);
}

static void messages_of_all_sizes(void **state)
{
	(void)state;
	round_trip(0);
	round_trip(1);
	round_trip(TWP_CONTROL_INLINE - 1);
	round_trip(TWP_CONTROL_INLINE);
	round_trip(TWP_CONTROL_INLINE + 1);
	round_trip(5u << 20);
}

static void messages_keep_their_order(void **state)
{
	uint8_t *got;
	size_t length;

	(void)state;
	for (int i = 1; i <= 3; i++) {
		static uint8_t large[TWP_CONTROL_INLINE + 1];

		large[0] = (uint8_t)i;
		assert_int_equal(twp_control_send(ends[0], large, i == 2 ? sizeof(large) : 1, NULL),
				 0);
	}
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(twp_control_receive(ends[1], &got, &length, NULL), 1);
		assert_int_equal(got[0], i);
		free(got);
	}
}

static void a_message_has_a_limit(void **state)
{
	struct twp_error error = { "" };

	(void)state;
	/* Only its length is looked at. */
	assert_int_equal(twp_control_send(ends[0], "", (size_t)TWP_CONTROL_MAX + 1, &error), -1);
	assert_int_equal(errno, EMSGSIZE);
}

static void a_peer_that_hung_up(void **state)
{
	uint8_t *got;
	size_t length;

	(void)state;
	shutdown(ends[0], SHUT_RDWR);
	assert_int_equal(twp_control_receive(ends[1], &got, &length, NULL), 0);
	assert_int_equal(twp_control_send(ends[1], "x", 1, NULL), -1);
	assert_int_equal(errno, EPIPE);
}

static void a_full_socket_does_not_wait(void **state)
{
	struct twp_error error;
	uint8_t *got;
	size_t length;
	int sent;

	(void)state;
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(twp_control_receive(ends[0], &got, &length, &error), -1);
	assert_int_equal(errno, EAGAIN);
	for (sent = 0; sent < 100000; sent++)
		if (twp_control_send(ends[0], "event", 5, &error))
			break;
	assert_int_equal(errno, EAGAIN);
	assert_true(sent < 100000);
}

/* Sends @length bytes with @count descriptors beside them, and expects a refusal. */
static void refused(const void *bytes, size_t length, const int *fds, size_t count, const char *why)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(8 * sizeof(int))];
	} control = { 0 };
	struct iovec vector = { .iov_base = (void *)bytes, .iov_len = length };
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	struct twp_error error = { "" };
	uint8_t *got;
	size_t got_length;

	if (count) {
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	} else {
		message.msg_control = NULL;
		message.msg_controllen = 0;
	}
	assert_int_equal(sendmsg(ends[0], &message, MSG_NOSIGNAL), length);
	assert_int_equal(twp_control_receive(ends[1], &got, &got_length, &error), -1);
	assert_int_equal(errno, EPROTO);
	if (!strstr(error.text, why))
		fail_msg("'%s' is not in: %s", why, error.text);
}

static int memfd(off_t size, int seals)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	if (seals)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void a_memfd_that_can_still_change(void **state)
{
	static const int missing[] = { F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE };
	int fd;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		fd = memfd(10, ALL_SEALS & ~missing[i]);
		refused("", 1, &fd, 1, "no sealed memfd");
		close(fd);
	}
	fd = memfd(10, 0);
	refused("", 1, &fd, 1, "no sealed memfd");
	close(fd);
}

static void a_descriptor_that_is_no_memfd(void **state)
{
	int pipes[2], fd;

	(void)state;
	fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	refused("", 1, &fd, 1, "no sealed memfd");
	close(fd);
	assert_int_equal(pipe(pipes), 0);
	refused("", 1, &pipes[0], 1, "no sealed memfd");
	close(pipes[0]);
	close(pipes[1]);
	refused("", 1, &ends[0], 1, "no sealed memfd");
}

static void a_memfd_that_is_too_long(void **state)
{
	int fd = memfd((off_t)TWP_CONTROL_MAX + 1, ALL_SEALS);

	(void)state;
	refused("", 1, &fd, 1, "longer than");
	close(fd);
}

static void several_descriptors(void **state)
{
	int fd = memfd(10, ALL_SEALS);
	int fds[8] = { fd, fd, fd, fd, fd, fd, fd, fd };

	(void)state;
	for (size_t count = 2; count <= 8; count++)
		refused("", 1, fds, count, "more than one");
	close(fd);
}

static void a_descriptor_beside_something_else(void **state)
{
	int fd = memfd(10, ALL_SEALS);

	(void)state;
	refused("x", 1, &fd, 1, "not empty");
	refused("\0", 2, &fd, 1, "not empty");
	close(fd);
}

static void a_packet_that_is_too_long(void **state)
{
	static uint8_t bytes[TWP_CONTROL_INLINE + 1];
	int fd = memfd(10, ALL_SEALS);

	(void)state;
	refused(bytes, sizeof(bytes), NULL, 0, "longer than");
	refused(bytes, sizeof(bytes), &fd, 1, "longer than");
	close(fd);
}

static void nobody_listens(void **state)
{
	struct twp_error error = { "" };
	char path[200];

	(void)state;
	assert_int_equal(twp_control_connect("/nonexistent/control.sock", &error), -1);
	assert_non_null(strstr(error.text, "is twinpathd running?"));
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(twp_control_connect(path, &error), -1);
	assert_int_equal(errno, ENAMETOOLONG);
}

static void the_path_is_of_the_namespace(void **state)
{
	char *path = twp_control_path();

	(void)state;
	assert_int_equal(strncmp(path, "/run/twinpath/", strlen("/run/twinpath/")), 0);
	assert_non_null(strstr(path, "/control.sock"));
	free(path);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(messages_of_all_sizes),	     CASE(messages_keep_their_order),
		CASE(a_message_has_a_limit),	     CASE(a_peer_that_hung_up),
		CASE(a_full_socket_does_not_wait),   CASE(a_memfd_that_can_still_change),
		CASE(a_descriptor_that_is_no_memfd), CASE(a_memfd_that_is_too_long),
		CASE(several_descriptors),	     CASE(a_descriptor_beside_something_else),
		CASE(a_packet_that_is_too_long),     CASE(nobody_listens),
		CASE(the_path_is_of_the_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
