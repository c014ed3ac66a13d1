/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marks in a program's instructions: where the emulator that runs the guest begins and
 * ends to count (tests/vm/profile.c). Anywhere else each is an instruction that does
 * nothing, a nopl whose displacement nobody uses.
 */
#ifndef TWP_TWINEVAL_MARK_H
#define TWP_TWINEVAL_MARK_H

#define MARK_DISPLACEMENT 0x74777000 /* "twp", and what is marked: */
#define MARK_BEGIN 0
#define MARK_END 1

#ifdef __x86_64__
#define MARK(what)                                         \
	__asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0\n"     \
			 ".long %c0"                       \
			 :                                 \
			 : "i"(MARK_DISPLACEMENT | (what)) \
			 : "memory")
#else
#define MARK(what) ((void)0)
#endif

#endif
