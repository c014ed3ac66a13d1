// SPDX-License-Identifier: GPL-2.0-only
/*
 * twineval list: datapaths, topologies and experiments, and of each whether this machine can run it. The
 * networks are made for that, and each datapath is asked in the routed one: a table of kernel
 * options would tell less. Only twinpath's module is not loaded for it, but looked for.
 */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"
#include "list.h"
#include "need.h"
#include "plan.h"
#include "stop.h"

#define INDENT 26

/* ---- text */

static int width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col < 2 * INDENT)
		return 100;
	return size.ws_col;
}

/* Words in a column of their own; the first line has @name before it. */
static void print_item(const char *name, const char *text)
{
	int column = printf("  %-*s", INDENT - 3, name), end = width();

	while (*text) {
		int length = (int)strcspn(text, " ");

		if (column > INDENT && column + 1 + length > end) {
			printf("\n%*s", INDENT - 1, "");
			column = INDENT - 1;
		}
		column += printf(" %.*s", length, text);
		text += length;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static void print_here(int result, const struct twp_error *error)
{
	char text[sizeof(error->text) + 16];

	if (!result)
		return;
	snprintf(text, sizeof(text), "not here: %s", error->text);
	print_item("", text);
}

/* ---- datapaths and topologies */

/* Without a place only tools are looked for. */
static int is_able(const struct datapath *datapath, const struct topology_place *place,
		   struct twp_error *error)
{
	struct datapath_filter filter = { .place = place, .entries = 1 };

	if (need_tools(datapath->tools, error))
		return -1;
	if (!strncmp(datapath->name, "twinpath-", 9) && access("/sys/module/twinpath", F_OK))
		return command_line(NULL, error, "modprobe --dry-run twinpath");
	return filter.place && datapath->able ? datapath->able(&filter, error) : 0;
}

static void list_datapaths(const struct topology_place *place)
{
	puts("Datapaths");
	for (size_t i = 0; datapaths[i] && !stop_requested(); i++) {
		const struct datapath *datapath = datapaths[i];
		struct twp_error error = { "" };
		char text[160];

		print_item(datapath->name, datapath->semantics);
		snprintf(text, sizeof(text), "matches %s, %s", datapath->matches,
			 datapath->stateful ? "stateful" : "stateless");
		if (datapath->max_entries)
			snprintf(text + strlen(text), sizeof(text) - strlen(text),
				 ", up to %u entries", datapath->max_entries);
		print_item("", text);
		print_here(is_able(datapath, place, &error), &error);
	}
}

static void list_topologies(bool root)
{
	puts("\nTopologies");
	for (size_t i = 0; topologies[i] && !stop_requested(); i++) {
		struct twp_error error = { "" };

		print_item(topologies[i]->name, topologies[i]->description);
		if (!root)
			continue;
		print_here(topology_setup(topologies[i], false, &error), &error);
		topology_teardown();
	}
}

/* ---- experiments */

static void append(char *text, size_t size, const char *word)
{
	snprintf(text + strlen(text), size - strlen(text), "%s%s", *text ? " " : "", word);
}

static void append_names(char *text, size_t size, const char *const *names)
{
	for (; *names; names++)
		append(text, size, *names);
}

static void list_grid(const struct experiment_grid *grid, const char *name)
{
	static const char *const offloads[] = { "", "off", "on", "off and on" };
	char text[1024] = "", number[16];

	append_names(text, sizeof(text), grid->topologies);
	append(text, sizeof(text), "| offloads");
	append(text, sizeof(text), offloads[grid->offloads & 3]);
	append(text, sizeof(text), "| entries");
	for (const unsigned int *entries = grid->entries; *entries != SCENARIO_END; entries++) {
		snprintf(number, sizeof(number), "%u", *entries);
		append(text, sizeof(text), number);
	}
	append(text, sizeof(text), "|");
	if (grid->datapaths)
		append_names(text, sizeof(text), grid->datapaths);
	else
		append(text, sizeof(text), "every datapath");
	print_item(name, text);
}

static void list_experiments(void)
{
	static const char *const grids[] = { "  quick", "  full" };

	puts("\nExperiments");
	for (size_t i = 0; experiments[i]; i++) {
		const struct experiment *experiment = experiments[i];
		const char *names[] = { experiment->name, NULL };
		struct twp_error error = { "" };

		print_item(experiment->name, experiment->title);
		print_item("", experiment->question);
		for (int full = 0; full < 2; full++) {
			struct scenario scenario = { .virtual = true,
						     .full = full,
						     .experiments = names };
			char name[32], count[32];
			struct plan plan;

			if (plan_make(&plan, &scenario, &error))
				continue;
			snprintf(count, sizeof(count), ", %zu points", plan.count);
			snprintf(name, sizeof(name), "%s%s", grids[full], count);
			for (const struct experiment_grid *grid = experiment->grid[full];
			     grid->topologies; grid++)
				list_grid(grid, grid == experiment->grid[full] ? name : "");
			plan_clean(&plan);
		}
		print_here(need_experiment(experiment, &error), &error);
	}
}

/* For a shell that completes words. */
static void list_names(void)
{
	for (size_t i = 0; experiments[i]; i++)
		printf("experiments %s\n", experiments[i]->name);
	for (size_t i = 0; datapaths[i]; i++)
		printf("datapaths %s\n", datapaths[i]->name);
	for (size_t i = 0; topologies[i]; i++)
		printf("topologies %s\n", topologies[i]->name);
}

static int list_here(void)
{
	struct topology *routed = topology_find("routed");
	struct twp_error error = { "" };
	bool root = !geteuid();

	stop_catch_signals();
	if (root && topology_setup(routed, false, &error))
		root = false;
	list_datapaths(root ? &routed->place : NULL);
	topology_teardown();
	list_topologies(root);
	list_experiments();
	if (*error.text)
		printf("\nNo network could be made: %s\n", error.text);
	else if (!root)
		puts("\nOnly tools were looked for: root can also tell what the kernel lacks.");
	return stop_requested() ? 130 : 0;
}

int list_main(int argc, char **argv)
{
	static const char usage[] =
		"usage: twineval list [--names]\n\n"
		"Prints datapaths, topologies and experiments, and what of them cannot be measured\n"
		"here. Root is needed to find out more than which tools are missing. With --names\n"
		"only the names, a line each.\n";

	if (argc == 1)
		return list_here();
	if (argc == 2 && !strcmp(argv[1], "--names")) {
		list_names();
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage, stdout);
		return 0;
	}
	fputs(usage, stderr);
	return 2;
}
