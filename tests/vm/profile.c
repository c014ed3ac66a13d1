// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin of QEMU's emulator: counts how often each block of the guest kernel's
 * instructions runs between the marks of userspace/twineval/mark.h. With the end mark
 * it writes the file named by its argument out=FILE, anew each time, a line for each
 * block that ran: address of the first instruction (hexadecimal), instructions in it,
 * times it ran.
 *
 * Counting takes no time of the guest in virtual time: what it measures stays as it is.
 * Debian has no header for plugins; declared is what QEMU's qemu-plugin.h says, API
 * version 1 and later.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "twineval/mark.h"

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

enum { QEMU_PLUGIN_INLINE_ADD_U64 };
enum { QEMU_PLUGIN_CB_NO_REGS };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
					   void (*function)(qemu_plugin_id_t id,
							    struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *counter,
					      uint64_t amount);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*function)(unsigned int cpu, void *data),
					    int flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);

/* Kept for good: a block that is translated again goes on counting. */
struct block {
	struct block *next;
	uint64_t address;
	uint64_t instructions;
	uint64_t count;
};

static struct block *table[1 << 16];
static const char *path;

static void for_each(void (*function)(struct block *block, void *context), void *context)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		for (struct block *block = table[i]; block; block = block->next)
			function(block, context);
}

static void clear(struct block *block, void *context)
{
	(void)context;
	block->count = 0;
}

static void print(struct block *block, void *context)
{
	if (block->count)
		fprintf(context, "%" PRIx64 " %" PRIu64 " %" PRIu64 "\n", block->address,
			block->instructions, block->count);
}

/* The file is whole once it has its name. */
static void marked(unsigned int cpu, void *what)
{
	char part[4096];
	FILE *file;

	(void)cpu;
	if ((uintptr_t)what == MARK_BEGIN) {
		for_each(clear, NULL);
		return;
	}
	snprintf(part, sizeof(part), "%s.part", path);
	file = fopen(part, "w");
	if (!file)
		return;
	for_each(print, file);
	if (!fclose(file))
		rename(part, path);
}

static bool is_kernel(uint64_t address)
{
	return address >> 63;
}

static struct block *block_find(uint64_t address, uint64_t instructions)
{
	struct block **head = &table[(address ^ address >> 16) & 0xffff], *block;

	for (block = *head; block; block = block->next)
		if (block->address == address && block->instructions == instructions)
			return block;
	block = calloc(1, sizeof(*block));
	if (!block)
		abort();
	*block = (struct block){ *head, address, instructions, 0 };
	return *head = block;
}

static void find_marks(const struct qemu_plugin_tb *tb, size_t instructions)
{
	static const unsigned char nopl[4] = { 0x0f, 0x1f, 0x84, 0 };

	for (size_t i = 0; i < instructions; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const unsigned char *data = qemu_plugin_insn_data(insn);
		uint32_t displacement;

		if (qemu_plugin_insn_size(insn) != 8 || memcmp(data, nopl, sizeof(nopl)))
			continue;
		memcpy(&displacement, data + 4, sizeof(displacement));
		if ((displacement & ~1u) == MARK_DISPLACEMENT)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, marked, QEMU_PLUGIN_CB_NO_REGS,
							       (void *)(uintptr_t)(displacement &
										   1));
	}
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	const size_t instructions = qemu_plugin_tb_n_insns(tb);
	const uint64_t address = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));

	(void)id;
	if (is_kernel(address))
		qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64,
							 &block_find(address, instructions)->count,
							 1);
	else
		find_marks(tb, instructions);
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++)
		if (!strncmp(argv[i], "out=", 4))
			path = strdup(argv[i] + 4);
	if (!path) {
		fprintf(stderr, "profile: out=FILE is missing\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
