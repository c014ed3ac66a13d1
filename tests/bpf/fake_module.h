/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's part for backend bpf, without the module: a program is bound in
 * one swap of a pointer, and runs under rcu_read_lock(). And a look at what the
 * backend writes, with errors on demand (--wrap of the linker).
 */
#ifndef TWP_TESTS_FAKE_MODULE_H
#define TWP_TESTS_FAKE_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "module/module.h"
#include "twinpath.h"

enum bind_answer {
	BIND_DONE,
	BIND_REFUSED,
	BIND_LOST, /* done, and nobody hears of it */
};

struct fake_module {
	enum bind_answer answer;
	uint32_t program; /* number of the one that is bound; 0: none */
	size_t updated, deleted; /* elements, by the thread that opened it */
	bool overlapped; /* some of it while fake_module_hold() ran */
	bool fail_write; /* the next one by this thread */
	bool fail_copy; /* all by other threads */
	bool fail_grace; /* each wait for a grace period */
};

extern struct fake_module fake;

/* To open a backend with. */
struct twp_module *fake_module_open(void);
void fake_module_close(void);

/* Judges by what is bound. Return: the verdict. */
uint32_t fake_module_judge(const struct twp_tuple *tuple, struct twp_judgement *judgement);

/* A packet that takes long, some @rounds times 10 ms; how many have begun; whether there is one. */
void fake_module_hold(uint32_t rounds);
uint32_t fake_module_holds(void);
bool fake_module_held(void);

#endif
