// SPDX-License-Identifier: GPL-2.0-only
/* Files and programs in the file system, those of /proc included, which tell no size. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "policy/memory.h"

#define READ_MAX (1u << 30) /* bytes */

bool command_exists(const char *name)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX];
	struct stat stat_of;

	for (path = path ? path : "/usr/bin:/bin"; *path;) {
		int length = (int)strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/%s", length, path, name);
		if (!access(file, X_OK) && !stat(file, &stat_of) && S_ISREG(stat_of.st_mode))
			return true;
		path += length;
		path += *path == ':';
	}
	return false;
}

/* All of it, ended by 0; NULL with errno. */
static char *read_all(int fd)
{
	TWP_AUTOFREE char *text = NULL;
	size_t length = 0, room = 0;

	for (;;) {
		if (length + 1 >= room) {
			room = room ? 2 * room : 4096;
			char *more = room > READ_MAX ? NULL : realloc(text, room);

			if (!more) {
				errno = ENOMEM;
				return NULL;
			}
			text = more;
		}
		ssize_t got = read(fd, text + length, room - length - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return NULL;
		if (!got)
			break;
		length += (size_t)got;
	}
	text[length] = '\0';
	char *whole = text;
	text = NULL;
	return whole;
}

char *command_read_file(const char *path, struct twp_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : read_all(fd);

	if (!text)
		twp_error_set(error, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return text;
}

int command_write_file(const char *path, const char *text, struct twp_error *error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	size_t left = strlen(text);
	int result = 0;

	if (fd < 0)
		return twp_error_set(error, "%s: %s", path, strerror(errno));
	/* A file of /proc takes a command by one call. */
	while (left && !result) {
		ssize_t wrote = write(fd, text, left);

		if (wrote < 0 && errno != EINTR)
			result = twp_error_set(error, "%s: %s", path, strerror(errno));
		if (wrote > 0) {
			text += wrote;
			left -= (size_t)wrote;
		}
	}
	if (close(fd) && !result)
		result = twp_error_set(error, "%s: %s", path, strerror(errno));
	return result;
}
