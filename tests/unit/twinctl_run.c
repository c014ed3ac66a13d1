// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the sanitized twinctl as a user does, in a process of its own. The
 * daemon is a process too: it keeps the last request in a memfd that the test
 * reads when twinctl has ended.
 */
#include "twinctl_run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/control.h"

#define PATIENCE_MS 20000

static char folder[PATH_MAX], program[PATH_MAX];

const char *run_folder(void)
{
	return folder;
}

int run_setup(void **state)
{
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

	(void)state;
	if (length < 0)
		return -1;
	program[length] = '\0';
	/* build/tests/unit/test_NAME, build/san/twinctl */
	for (int up = 0; up < 3; up++)
		*strrchr(program, '/') = '\0';
	strncat(program, "/san/twinctl", sizeof(program) - strlen(program) - 1);
	snprintf(folder, sizeof(folder), "%s/twinctl.XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	return mkdtemp(folder) ? 0 : -1;
}

int run_teardown(void **state)
{
	char command[PATH_MAX + 16];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

const char *run_file(const char *name, const void *bytes, size_t length)
{
	static char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
	return path;
}

/* ---- the daemon */

struct shared {
	size_t asked;
	size_t length; /* of the last request, which follows in the file */
};

static void answer(int fd, const Twinpath__V1__Response *response)
{
	size_t length = twinpath__v1__response__get_packed_size(response);
	uint8_t *bytes = malloc(length + 1);

	twinpath__v1__response__pack(response, bytes);
	twp_control_send(fd, bytes, length, NULL);
	free(bytes);
}

static void serve(int listener, const struct answers *answers, int keep)
{
	struct shared shared = { 0 };

	for (;;) {
		int fd = accept(listener, NULL, NULL);
		struct twp_error error;
		uint8_t *bytes = NULL;

		if (fd < 0 || twp_control_receive(fd, &bytes, &shared.length, &error) != 1)
			_exit(1);
		if (pwrite(keep, bytes, shared.length, sizeof(shared)) < 0)
			_exit(1);
		free(bytes);
		size_t at = shared.asked++;
		if (pwrite(keep, &shared, sizeof(shared), 0) != sizeof(shared))
			_exit(1);
		if (answers->bytes)
			send(fd, answers->bytes, strlen(answers->bytes), MSG_NOSIGNAL);
		else if (answers->stream)
			for (size_t i = 0; i < answers->count; i++)
				answer(fd, answers->answer[i]);
		else if (at < answers->count)
			answer(fd, answers->answer[at]);
		if (answers->stream)
			pause();
		close(fd);
	}
}

static pid_t start_daemon(const struct answers *answers, int keep)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_true(strlen(folder) + 6 < sizeof(address.sun_path));
	snprintf(address.sun_path, sizeof(address.sun_path), "%.90s/sock", folder);
	unlink(address.sun_path);
	if (!answers) {
		close(listener);
		return 0;
	}
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 8), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(listener, answers, keep);
	}
	close(listener);
	return pid;
}

/* ---- twinctl */

static int temporary(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static char *content(int fd, size_t *length)
{
	struct stat stat;

	assert_int_equal(fstat(fd, &stat), 0);
	char *text = calloc(1, (size_t)stat.st_size + 1);
	assert_non_null(text);
	assert_int_equal(pread(fd, text, (size_t)stat.st_size, 0), stat.st_size);
	if (length)
		*length = (size_t)stat.st_size;
	return text;
}

static pid_t start_twinctl(const char *line, int input, int out, int err)
{
	char *words[RUN_WORDS + 4] = { program }, *rest = strdup(line), *text = rest, *word;
	char socket[PATH_MAX + 16];
	int count = 1;

	snprintf(socket, sizeof(socket), "--socket=%s/sock", folder);
	words[count++] = socket;
	while ((word = strsep(&rest, " ")))
		if (*word && count < RUN_WORDS + 2)
			words[count++] = word;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(input, STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		execv(program, words);
		_exit(127);
	}
	free(text);
	return pid;
}

static size_t lines_in(int fd)
{
	char *text = content(fd, NULL);
	size_t lines = 0;

	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	free(text);
	return lines;
}

static int wait_for(pid_t pid, size_t lines, int out)
{
	const struct timespec pause = { 0, 5000000 };
	int status;

	for (int waited = 0; waited < PATIENCE_MS; waited += 5) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (lines && lines_in(out) >= lines) {
			kill(pid, SIGTERM);
			lines = 0;
		}
		nanosleep(&pause, NULL);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return 255;
}

static void read_request(struct run *run, int keep)
{
	struct shared shared;

	if (pread(keep, &shared, sizeof(shared), 0) != sizeof(shared))
		return;
	uint8_t *bytes = (uint8_t *)content(keep, NULL);
	run->asked = shared.asked;
	run->request = twinpath__v1__request__unpack(NULL, shared.length, bytes + sizeof(shared));
	free(bytes);
}

static struct run run_all(const struct answers *answers, const char *input, const char *line,
			  size_t lines)
{
	int in = temporary("input"), out = temporary("output"), err = temporary("errors");
	int keep = temporary("request");
	struct run run = { 0 };

	if (input) {
		assert_int_equal(write(in, input, strlen(input)), strlen(input));
		lseek(in, 0, SEEK_SET);
	}
	pid_t daemon = start_daemon(answers, keep);
	pid_t pid = start_twinctl(line, in, out, err);
	run.status = wait_for(pid, lines, out);
	if (daemon) {
		kill(daemon, SIGKILL);
		waitpid(daemon, NULL, 0);
	}
	run.out = content(out, NULL);
	run.err = content(err, NULL);
	read_request(&run, keep);
	close(in);
	close(out);
	close(err);
	close(keep);
	return run;
}

struct run run_twinctl(const struct answers *answers, const char *input, const char *line)
{
	return run_all(answers, input, line, 0);
}

struct run run_twinctl_until(const struct answers *answers, size_t lines, const char *line)
{
	return run_all(answers, NULL, line, lines);
}

void run_clean(struct run *run)
{
	free(run->out);
	free(run->err);
	if (run->request)
		twinpath__v1__request__free_unpacked(run->request, NULL);
	*run = (struct run){ 0 };
}
