// SPDX-License-Identifier: GPL-2.0-only
/* What a figure depends on, as the kernel tells it; "unknown" where it does not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "command.h"
#include "machine.h"
#include "policy/memory.h"

#define UNKNOWN "unknown"

static void read_cpu(char *cpu, size_t size)
{
	TWP_AUTOFREE char *text = command_read_file("/proc/cpuinfo", NULL);
	const char *model = text ? strstr(text, "model name") : NULL;

	model = model ? strchr(model, ':') : NULL;
	if (!model)
		return;
	model++;
	model += strspn(model, " \t");
	snprintf(cpu, size, "%.*s", (int)strcspn(model, "\n"), model);
}

/* "Mitigation: Retpolines; STIBP: disabled; ..." up to its first clause. */
static void read_mitigations(char *mitigations, size_t size)
{
	static const char prefix[] = "Mitigation: ";
	TWP_AUTOFREE char *text =
		command_read_file("/sys/devices/system/cpu/vulnerabilities/spectre_v2", NULL);
	const char *said = text;

	if (!said)
		return;
	if (!strncmp(said, prefix, strlen(prefix)))
		said += strlen(prefix);
	snprintf(mitigations, size, "%.*s", (int)strcspn(said, ";,\n"), said);
}

/* Without the file there is no compiler. */
static void read_jit(char *jit, size_t size)
{
	TWP_AUTOFREE char *text = command_read_file("/proc/sys/net/core/bpf_jit_enable", NULL);

	snprintf(jit, size, "%s", text && *text != '0' ? "on" : "off");
}

void machine_read(struct machine *machine, bool virtual)
{
	struct utsname name;

	memset(machine, 0, sizeof(*machine));
	snprintf(machine->clock, sizeof(machine->clock), "%s", virtual ? "virtual" : "real");
	snprintf(machine->kernel, sizeof(machine->kernel), "%.63s",
		 uname(&name) ? UNKNOWN : name.release);
	snprintf(machine->cpu, sizeof(machine->cpu), UNKNOWN);
	snprintf(machine->mitigations, sizeof(machine->mitigations), UNKNOWN);
	read_cpu(machine->cpu, sizeof(machine->cpu));
	read_mitigations(machine->mitigations, sizeof(machine->mitigations));
	read_jit(machine->jit, sizeof(machine->jit));
}
