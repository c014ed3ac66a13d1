// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of a scenario, as a table: what each takes, what it stands for if it
 * is not given, and the sentence if it is wrong. Where that was, the caller knows.
 */
#include <ctype.h>
#include <string.h>

#include "datapath.h"
#include "experiment.h"
#include "policy/memory.h"
#include "scenario_word.h"
#include "topology.h"

#define MEMBER(word, scenario) ((void *)((char *)(scenario) + (word)->offset))

/* ---- names */

static const char *experiment_at(size_t index)
{
	return experiments[index] ? experiments[index]->name : NULL;
}

static const char *datapath_at(size_t index)
{
	return datapaths[index] ? datapaths[index]->name : NULL;
}

static const char *topology_at(size_t index)
{
	return topologies[index] ? topologies[index]->name : NULL;
}

static int unknown(const struct scenario_word *word, const char *text, struct twp_error *error)
{
	char known[512] = "";
	const char *name;

	for (size_t i = 0; (name = word->name_at(i)); i++) {
		size_t length = strlen(known);

		snprintf(known + length, sizeof(known) - length, "%s%s", i ? ", " : "", name);
	}
	return twp_error_set(error, "\"%s\" is unknown; there are %s", text, known);
}

static int take_name(const struct scenario_word *word, struct scenario *scenario, const char *text,
		     struct twp_error *error)
{
	const char ***list = MEMBER(word, scenario), **longer, *name;
	size_t count = 0, index = 0;

	while ((name = word->name_at(index)) && strcmp(name, text))
		index++;
	if (!name)
		return unknown(word, text, error);
	for (; *list && (*list)[count]; count++)
		if ((*list)[count] == name)
			return twp_error_set(error, "\"%s\" stands twice", name);
	longer = reallocarray(*list, count + 2, sizeof(*longer));
	if (!longer)
		return twp_error_set(error, "out of memory");
	longer[count] = name;
	longer[count + 1] = NULL;
	*list = longer;
	return 0;
}

/* ---- numbers */

/* Digits, and k, M or G behind them. Return: is it one that fits? */
static bool number_read(const struct scenario_word *word, const char *text, uint64_t *number)
{
	static const char powers[] = "kmg";
	const char *power;

	*number = 0;
	if (!isdigit((unsigned char)*text))
		return false;
	for (; isdigit((unsigned char)*text); text++) {
		*number = 10 * *number + (uint64_t)(*text - '0');
		if (*number > word->max)
			return false;
	}
	power = *text ? strchr(powers, tolower((unsigned char)*text)) : NULL;
	for (int i = 0; power && i <= power - powers; i++) {
		*number *= word->kilo;
		if (*number > word->max)
			return false;
	}
	return !text[power != NULL] && *number >= word->min;
}

static int number_fail(const struct scenario_word *word, const char *text, struct twp_error *error)
{
	return twp_error_set(error, "\"%s\" is not a number from %llu to %llu, such as 200 or 10k",
			     text, (unsigned long long)word->min, (unsigned long long)word->max);
}

static int take_number(const struct scenario_word *word, struct scenario *scenario,
		       const char *text, struct twp_error *error)
{
	uint64_t number;

	if (!number_read(word, text, &number))
		return number_fail(word, text, error);
	*(unsigned int *)MEMBER(word, scenario) = (unsigned int)number;
	return 0;
}

static int take_bytes(const struct scenario_word *word, struct scenario *scenario, const char *text,
		      struct twp_error *error)
{
	uint64_t number;

	if (!number_read(word, text, &number))
		return number_fail(word, text, error);
	*(uint64_t *)MEMBER(word, scenario) = number;
	return 0;
}

static int take_entries(const struct scenario_word *word, struct scenario *scenario,
			const char *text, struct twp_error *error)
{
	unsigned int *longer;
	size_t count = 0;
	uint64_t number;

	if (!number_read(word, text, &number))
		return number_fail(word, text, error);
	for (; scenario->entries && scenario->entries[count] != SCENARIO_END; count++)
		if (scenario->entries[count] == number)
			return twp_error_set(error, "\"%s\" stands twice", text);
	longer = reallocarray(scenario->entries, count + 2, sizeof(*longer));
	if (!longer)
		return twp_error_set(error, "out of memory");
	longer[count] = (unsigned int)number;
	longer[count + 1] = SCENARIO_END;
	scenario->entries = longer;
	return 0;
}

/* ---- choices */

/* Which of two words it is, 0 or 1; -1 with a sentence. */
static int choice(const char *text, const char *no, const char *yes, struct twp_error *error)
{
	if (!strcmp(text, no) || !strcmp(text, yes))
		return !strcmp(text, yes);
	return twp_error_set(error, "\"%s\" is neither %s nor %s", text, no, yes);
}

static int take_clock(const struct scenario_word *word, struct scenario *scenario, const char *text,
		      struct twp_error *error)
{
	int virtual = choice(text, "real", "virtual", error);

	(void)word;
	scenario->virtual = virtual > 0;
	return virtual < 0 ? -1 : 0;
}

static int take_grid(const struct scenario_word *word, struct scenario *scenario, const char *text,
		     struct twp_error *error)
{
	int full = choice(text, "quick", "full", error);

	(void)word;
	scenario->full = full > 0;
	return full < 0 ? -1 : 0;
}

static int take_truth(const struct scenario_word *word, struct scenario *scenario, const char *text,
		      struct twp_error *error)
{
	int truth = choice(text, "false", "true", error);

	*(bool *)MEMBER(word, scenario) = truth > 0;
	return truth < 0 ? -1 : 0;
}

static int take_offloads(const struct scenario_word *word, struct scenario *scenario,
			 const char *text, struct twp_error *error)
{
	(void)word;
	if (strcmp(text, "off") && strcmp(text, "on") && strcmp(text, "both"))
		return twp_error_set(error, "\"%s\" is none of off, on, both", text);
	scenario->offloads[0] = strcmp(text, "on");
	scenario->offloads[1] = strcmp(text, "off");
	return 0;
}

static int take_folder(const struct scenario_word *word, struct scenario *scenario,
		       const char *text, struct twp_error *error)
{
	char *copy;

	(void)word;
	if (!*text)
		return twp_error_set(error, "the name of a folder is missing");
	copy = strdup(text);
	if (!copy)
		return twp_error_set(error, "out of memory");
	free(scenario->folder);
	scenario->folder = copy;
	return 0;
}

/* ---- the table */

#define OF(member) offsetof(struct scenario, member)

const struct scenario_word scenario_words[SCENARIO_WORDS] = {
	{ .name = "clock",
	  .argument = "real|virtual",
	  .description = "virtual: in a guest in which an instruction is a nanosecond",
	  .offset = OF(virtual),
	  .take = take_clock,
	  .real = "real",
	  .virtual = "real" },
	{ .name = "grid",
	  .argument = "quick|full",
	  .description = "of points to measure",
	  .offset = OF(full),
	  .take = take_grid,
	  .real = "quick",
	  .virtual = "quick" },
	{ .name = "experiments",
	  .argument = "NAME,...",
	  .description = "of twineval list (all)",
	  .offset = OF(experiments),
	  .take = take_name,
	  .list = true,
	  .name_at = experiment_at },
	{ .name = "datapaths",
	  .argument = "NAME,...",
	  .description = "of twineval list (those of the experiment)",
	  .offset = OF(datapaths),
	  .take = take_name,
	  .list = true,
	  .name_at = datapath_at },
	{ .name = "topologies",
	  .argument = "NAME,...",
	  .description = "of twineval list (those of the grid)",
	  .offset = OF(topologies),
	  .take = take_name,
	  .list = true,
	  .name_at = topology_at },
	{ .name = "entries",
	  .argument = "N,...",
	  .description = "that the datapaths hold (those of the grid)",
	  .offset = OF(entries),
	  .take = take_entries,
	  .list = true,
	  .max = 1000000,
	  .kilo = 1000 },
	{ .name = "offloads",
	  .argument = "off|on|both",
	  .description = "of every device, for segments (those of the grid)",
	  .offset = OF(offloads),
	  .take = take_offloads },
	{ .name = "runs",
	  .argument = "N",
	  .description = "of each point",
	  .offset = OF(runs),
	  .take = take_number,
	  .min = 1,
	  .max = 1000,
	  .kilo = 1000,
	  .real = "10",
	  .virtual = "1" },
	{ .name = "transactions",
	  .argument = "N",
	  .description = "of a request/response run",
	  .offset = OF(work.transactions),
	  .take = take_number,
	  .min = 1,
	  .max = 10000000,
	  .kilo = 1000,
	  .real = "20k",
	  .virtual = "1000" },
	{ .name = "warmup",
	  .argument = "N",
	  .description = "transactions before them that are not counted",
	  .offset = OF(work.warmup),
	  .take = take_number,
	  .max = 10000000,
	  .kilo = 1000,
	  .real = "2000",
	  .virtual = "500" },
	{ .name = "bytes",
	  .argument = "N",
	  .description = "of a throughput run; k is 1024",
	  .offset = OF(work.bytes),
	  .take = take_bytes,
	  .min = 1,
	  .max = 1ull << 40,
	  .kilo = 1024,
	  .real = "1G",
	  .virtual = "16M" },
	{ .name = "packets",
	  .argument = "N",
	  .description = "of a run of packets per second",
	  .offset = OF(work.packets),
	  .take = take_number,
	  .min = 1,
	  .max = 1000000000,
	  .kilo = 1000,
	  .real = "1M",
	  .virtual = "20k" },
	{ .name = "out",
	  .argument = "FOLDER",
	  .description = "for results and report",
	  .offset = OF(folder),
	  .take = take_folder,
	  .real = "twineval-results",
	  .virtual = "twineval-results" },
	{ .name = "resume",
	  .description = "measure only what FOLDER does not have yet",
	  .offset = OF(resume),
	  .take = take_truth },
	{ .name = "no-report",
	  .description = "write no report at the end",
	  .offset = OF(no_report),
	  .take = take_truth },
};

const struct scenario_word *scenario_word_find(const char *name, size_t length)
{
	for (size_t i = 0; i < SCENARIO_WORDS; i++)
		if (strlen(scenario_words[i].name) == length &&
		    !memcmp(scenario_words[i].name, name, length))
			return &scenario_words[i];
	return NULL;
}

void scenario_word_clear(const struct scenario_word *word, struct scenario *scenario)
{
	void *list;

	if (!word->list)
		return;
	/* Whatever type it points to: no aliasing. */
	memcpy(&list, MEMBER(word, scenario), sizeof(list));
	free(list);
	memset(MEMBER(word, scenario), 0, sizeof(list));
}

int scenario_word_default(const struct scenario_word *word, struct scenario *scenario,
			  struct twp_error *error)
{
	const char *text = scenario->virtual ? word->virtual : word->real;

	return text ? word->take(word, scenario, text, error) : 0;
}
