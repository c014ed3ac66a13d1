/* SPDX-License-Identifier: GPL-2.0-only */
/* The keys of eval_tc.bpf.c, as userspace writes them. */
#ifndef TWP_BPF_EVAL_TC_H
#define TWP_BPF_EVAL_TC_H

#include <linux/types.h>

/* Of a packet from client to server; network byte order. */
struct eval_tc_key4 {
	__u32 source;
	__u16 port;
	__u8 protocol;
	__u8 pad;
};

struct eval_tc_key6 {
	__u32 source[4];
	__u16 port;
	__u8 protocol;
	__u8 pad;
};

_Static_assert(sizeof(struct eval_tc_key4) == 8, "a hash key has no padding");
_Static_assert(sizeof(struct eval_tc_key6) == 20, "a hash key has no padding");

#endif
