// SPDX-License-Identifier: GPL-2.0-only
/*
 * Progress of a run. The width of the terminal is asked for at each line, so that
 * a window that changes its size costs one line at most. Times are shown on a
 * terminal only: elsewhere is mostly a guest, whose seconds are not the reader's.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"

#define SECOND 1000000000ULL /* ns */
#define BAR_MAX 30
#define ERASE "\033[K" /* from the cursor to the line's end */

static struct {
	bool running;
	bool terminal;
	size_t total, done, gaps;
	uint64_t begun; /* ns */
	char name[160];
} progress;

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

void progress_left(char text[40], uint64_t elapsed_ns, size_t done, size_t total)
{
	double seconds, mean;
	unsigned long minutes;

	*text = '\0';
	if (!done || done >= total)
		return;
	mean = (double)elapsed_ns / (double)SECOND / (double)done;
	seconds = mean * (double)(total - done);
	minutes = (unsigned long)(seconds / 60 + 0.5);
	if (seconds < 60)
		strcpy(text, "under a minute left");
	else if (minutes < 60)
		snprintf(text, 40, "%lu min left", minutes);
	else
		snprintf(text, 40, "%lu h %02lu min left", minutes / 60, minutes % 60);
}

/* Columns of a line; the last one stays free, where some terminals begin the next line. */
static size_t columns(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return 79;
	return size.ws_col - 1u;
}

/* Bytes of so many characters. */
static size_t bytes_of(const char *text, size_t characters)
{
	size_t at = 0;

	for (; text[at]; at++)
		if ((text[at] & 0xc0) != 0x80 && !characters--)
			break;
	return at;
}

static void bar_put(char text[BAR_MAX + 4], size_t width)
{
	size_t full = progress.total ? width * progress.done / progress.total : 0;

	memset(text, ' ', width + 2);
	memset(text + 1, '#', full);
	*text = '[';
	strcpy(text + 1 + width, "] ");
}

static void draw(void)
{
	size_t width = columns(), bar = width / 3 < BAR_MAX ? width / 3 : BAR_MAX;
	char line[512], left[40], bars[BAR_MAX + 4] = "";

	/* A narrow line is better used for words. */
	if (bar >= 10)
		bar_put(bars, bar);
	progress_left(left, now() - progress.begun, progress.done, progress.total);
	snprintf(line, sizeof(line), "%s%zu/%zu%s%s%s%s", bars, progress.done, progress.total,
		 *left ? "  " : "", left, *progress.name ? "  " : "", progress.name);
	printf("\r%.*s" ERASE, (int)bytes_of(line, width), line);
	fflush(stdout);
}

void progress_begin(size_t total)
{
	const char *terminal = getenv("TERM");

	memset(&progress, 0, sizeof(progress));
	progress.running = true;
	progress.terminal = terminal && strcmp(terminal, "dumb") && isatty(STDOUT_FILENO);
	progress.total = total;
	progress.begun = now();
	if (progress.terminal)
		draw();
}

void progress_setup(const char *name)
{
	progress_point(name);
	if (!progress.terminal && progress.running) {
		printf("%zu/%zu begin %s\n", progress.done, progress.total, name);
		fflush(stdout);
	}
}

void progress_point(const char *name)
{
	snprintf(progress.name, sizeof(progress.name), "%s", name);
	if (progress.terminal)
		draw();
}

void progress_result(const char *text)
{
	progress.done++;
	if (progress.terminal) {
		draw();
		return;
	}
	printf("%zu/%zu %s: %s\n", progress.done, progress.total, progress.name, text);
	fflush(stdout);
}

void progress_gap(const char *sentence)
{
	progress.done++;
	progress.gaps++;
	if (progress.terminal) {
		printf("\r" ERASE "%s: not measured: %s\n", progress.name, sentence);
		draw();
		return;
	}
	printf("%zu/%zu %s: not measured: %s\n", progress.done, progress.total, progress.name,
	       sentence);
	fflush(stdout);
}

void progress_end(void)
{
	if (!progress.running)
		return;
	progress.running = false;
	if (progress.terminal)
		fputs("\r" ERASE, stdout);
	printf("%zu of %zu points, %zu of them not measured\n", progress.done, progress.total,
	       progress.gaps);
	fflush(stdout);
}
