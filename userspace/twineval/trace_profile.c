// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the emulator counted (tests/vm/profile.c): blocks by address, which
 * /proc/kallsyms gives names to.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/memory.h"
#include "trace.h"

struct symbol {
	uint64_t address;
	char name[sizeof(((struct trace_function *)0)->name)];
};

struct symbols {
	struct symbol *symbol;
	size_t count;
};

const char *trace_profile_file(void)
{
	return getenv("TWINEVAL_PROFILE");
}

static int compare(const void *left, const void *right)
{
	uint64_t a = ((const struct symbol *)left)->address;
	uint64_t b = ((const struct symbol *)right)->address;

	return a < b ? -1 : a > b;
}

static int symbol_add(struct symbols *symbols, uint64_t address, const char *name)
{
	/* Doubled at each power of two. */
	if (!(symbols->count & (symbols->count - 1))) {
		size_t room = symbols->count ? 2 * symbols->count : 1;
		struct symbol *grown = realloc(symbols->symbol, room * sizeof(*grown));

		if (!grown)
			return -1;
		symbols->symbol = grown;
	}
	symbols->symbol[symbols->count].address = address;
	snprintf(symbols->symbol[symbols->count].name, sizeof(symbols->symbol->name), "%s", name);
	symbols->count++;
	return 0;
}

/* A BPF program is called bpf_prog_TAG_NAME: the tag changes with each compiler. */
static const char *name_of(const char *name)
{
	static const char prefix[] = "bpf_prog_";
	const char *rest = name + strlen(prefix);

	if (strncmp(name, prefix, strlen(prefix)) || !(rest = strchr(rest, '_')))
		return name;
	return rest + 1;
}

static int symbols_read(struct symbols *symbols, struct twp_error *error)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512];
	int result = 0;

	if (!file)
		return twp_error_set(error, "/proc/kallsyms: %s", strerror(errno));
	while (!result && fgets(line, sizeof(line), file)) {
		uint64_t address;
		char type, name[sizeof(symbols->symbol->name)];

		if (sscanf(line, "%" SCNx64 " %c %63s", &address, &type, name) == 3 &&
		    strchr("tTwW", type))
			result = symbol_add(symbols, address, name_of(name));
	}
	fclose(file);
	if (result)
		return twp_error_set(error, "out of memory");
	if (!symbols->count || !symbols->symbol[symbols->count - 1].address)
		return twp_error_set(error, "/proc/kallsyms hides its addresses");
	qsort(symbols->symbol, symbols->count, sizeof(*symbols->symbol), compare);
	return 0;
}

static const char *symbol_at(const struct symbols *symbols, uint64_t address)
{
	size_t low = 0, high = symbols->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (symbols->symbol[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? symbols->symbol[low - 1].name : "unknown";
}

int trace_profile_read(struct trace *trace, struct twp_error *error)
{
	const char *path = trace_profile_file();
	struct symbols symbols = { 0 };
	uint64_t address, instructions, count;
	int result = -1;
	FILE *file;

	if (!path)
		return twp_error_set(error, "no emulator counts instructions here");
	file = fopen(path, "re");
	if (!file)
		return twp_error_set(error, "%s: %s", path, strerror(errno));
	if (symbols_read(&symbols, error))
		goto out;
	while (fscanf(file, "%" SCNx64 " %" SCNu64 " %" SCNu64, &address, &instructions, &count) ==
	       3) {
		struct trace_function *function =
			trace_function(trace, symbol_at(&symbols, address));

		if (!function) {
			twp_error_set(error, "out of memory");
			goto out;
		}
		function->instructions += (double)instructions * (double)count;
	}
	result = feof(file) ? 0 : twp_error_set(error, "%s is no profile", path);
out:
	free(symbols.symbol);
	fclose(file);
	return result;
}
