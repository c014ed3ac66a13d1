// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport between twinctl and twinpathd. See control.h for the framing.
 *
 * What a peer sends is bounded before it is believed: a packet by
 * TWP_CONTROL_INLINE, a memfd by TWP_CONTROL_MAX, and a memfd is read only if
 * nobody can change or shorten it any more.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* The packet that a memfd travels beside. */
static const uint8_t beside[1];

/* @told: is it known whether this is the network namespace of process 1? */
static char *folder_make(bool *told)
{
	struct stat own, first;
	char *folder;

	*told = true;
	if (stat("/proc/self/ns/net", &own))
		return strdup(TWP_CONTROL_FOLDER);
	*told = !stat("/proc/1/ns/net", &first);
	if (*told && own.st_ino == first.st_ino)
		return strdup(TWP_CONTROL_FOLDER);
	if (asprintf(&folder, TWP_CONTROL_FOLDER "/%ju", (uintmax_t)own.st_ino) < 0)
		return NULL;
	return folder;
}

char *twp_control_folder(void)
{
	bool told;

	return folder_make(&told);
}

char *twp_control_path(void)
{
	bool told;
	char *folder = folder_make(&told), *path = NULL;

	if (folder && asprintf(&path, "%s/control.sock", folder) < 0)
		path = NULL;
	free(folder);
	/* Who may not look at process 1 goes by what is there. */
	if (path && !told && access(path, F_OK)) {
		free(path);
		path = strdup(TWP_CONTROL_FOLDER "/control.sock");
	}
	return path;
}

int twp_control_connect(const char *path, struct twp_error *error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, saved;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return twp_error_set(error, "%s: longer than a socket's name may be", path);
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return twp_error_set(error, "socket: %s", strerror(errno));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		saved = errno;
		if (saved == ENOENT || saved == ECONNREFUSED)
			twp_error_set(error, "%s: %s; is twinpathd running?", path,
				      strerror(saved));
		else
			twp_error_set(error, "%s: %s", path, strerror(saved));
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static int memfd_make(const void *bytes, size_t length)
{
	size_t done = 0;
	ssize_t now;
	int fd, saved;

	fd = memfd_create("twinpath", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -1;
	while (done < length) {
		now = write(fd, (const char *)bytes + done, length - done);
		if (now < 0 && errno == EINTR)
			continue;
		if (now < 0)
			goto fail;
		done += (size_t)now;
	}
	if (fcntl(fd, F_ADD_SEALS, SEALS))
		goto fail;
	return fd;
fail:
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static ssize_t packet_send(int fd, const void *bytes, size_t length, int passed)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec vector = { .iov_base = (void *)bytes, .iov_len = length };
	struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };
	struct cmsghdr *header;
	ssize_t sent;

	if (passed >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &passed, sizeof(int));
	}
	do
		sent = sendmsg(fd, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent;
}

int twp_control_send(int fd, const void *bytes, size_t length, struct twp_error *error)
{
	ssize_t sent;
	int memfd, saved;

	if (length > TWP_CONTROL_MAX) {
		errno = EMSGSIZE;
		return twp_error_set(error, "a message of %zu bytes is longer than %u", length,
				     TWP_CONTROL_MAX);
	}
	/* An empty packet would look as if the sender hung up. */
	if (length && length <= TWP_CONTROL_INLINE) {
		sent = packet_send(fd, bytes, length, -1);
	} else {
		memfd = memfd_make(bytes, length);
		if (memfd < 0) {
			saved = errno;
			twp_error_set(error, "memfd of %zu bytes: %s", length, strerror(saved));
			errno = saved;
			return -1;
		}
		sent = packet_send(fd, beside, sizeof(beside), memfd);
		saved = errno;
		close(memfd);
		errno = saved;
	}
	if (sent < 0) {
		saved = errno;
		twp_error_set(error, "send: %s", strerror(saved));
		errno = saved;
		return -1;
	}
	return 0;
}

/* Return: the one descriptor of @message, or -1 for none; -2 for several, all closed. */
static int descriptor_take(struct msghdr *message)
{
	struct cmsghdr *header;
	size_t count, i;
	int taken = -1, fd;
	bool several = message->msg_flags & MSG_CTRUNC;

	for (header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < count; i++) {
			memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
			if (taken < 0) {
				taken = fd;
			} else {
				close(fd);
				several = true;
			}
		}
	}
	if (!several)
		return taken;
	if (taken >= 0)
		close(taken);
	return -2;
}

static int memfd_read(int fd, uint8_t **bytes, size_t *length, struct twp_error *error)
{
	struct stat status;
	uint8_t *room;
	size_t size, done = 0;
	ssize_t now;
	int seals;

	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || (seals & SEALS) != SEALS)
		return twp_error_set(error, "the file descriptor is no sealed memfd");
	if (fstat(fd, &status) || status.st_size < 0 || status.st_size > TWP_CONTROL_MAX)
		return twp_error_set(error, "the memfd is longer than %u bytes", TWP_CONTROL_MAX);
	size = (size_t)status.st_size;
	room = malloc(size + 1);
	if (!room)
		return twp_error_set(error, "no memory for a message of %zu bytes", size);
	while (done < size) {
		now = pread(fd, room + done, size - done, (off_t)done);
		if (now < 0 && errno == EINTR)
			continue;
		if (now <= 0) {
			free(room);
			return twp_error_set(error, "the memfd cannot be read");
		}
		done += (size_t)now;
	}
	*bytes = room;
	*length = size;
	return 0;
}

int twp_control_receive(int fd, uint8_t **bytes, size_t *length, struct twp_error *error)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec vector = { .iov_len = TWP_CONTROL_INLINE };
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t got;
	uint8_t *room;
	int passed, failed, saved;

	room = malloc(TWP_CONTROL_INLINE);
	if (!room)
		return twp_error_set(error, "no memory");
	vector.iov_base = room;
	do
		got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0) {
		saved = errno;
		free(room);
		twp_error_set(error, "receive: %s", strerror(saved));
		errno = saved;
		return saved == ECONNRESET ? 0 : -1;
	}
	passed = descriptor_take(&message);
	if (got == 0 && passed == -1) {
		free(room);
		return 0;
	}
	if (passed == -1 && !(message.msg_flags & MSG_TRUNC)) {
		*bytes = room;
		*length = (size_t)got;
		return 1;
	}
	if (passed == -2) {
		failed = twp_error_set(error, "a packet carries more than one file descriptor");
	} else if (message.msg_flags & MSG_TRUNC) {
		failed = twp_error_set(error, "a packet is longer than %u bytes",
				       TWP_CONTROL_INLINE);
	} else if (got != sizeof(beside) || room[0]) {
		failed =
			twp_error_set(error, "a file descriptor beside a packet that is not empty");
	} else {
		failed = memfd_read(passed, bytes, length, error);
	}
	if (passed >= 0)
		close(passed);
	free(room);
	if (!failed)
		return 1;
	errno = EPROTO;
	return -1;
}
