// SPDX-License-Identifier: GPL-2.0-only
#include "judge_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <bpf/bpf.h>
#include <cmocka.h>
#include <linux/if_ether.h>

/* The kernel takes a frame, and shows a program of this type what is behind the Ethernet header. */
__u32 judge_run_data(int program, const void *tuple, size_t length, int repeat, __u32 *ns,
		     struct twp_judgement *judgement)
{
	unsigned char frame[ETH_HLEN + sizeof(struct twp_tuple)] = { 0 };
	struct __sk_buff before = { 0 }, after = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = ETH_HLEN + length,
		    .ctx_in = &before, .ctx_size_in = sizeof(before), .ctx_out = &after,
		    .ctx_size_out = sizeof(after), .repeat = repeat);

	memcpy(frame + ETH_HLEN, tuple, length);
	assert_int_equal(bpf_prog_test_run_opts(program, &opts), 0);
	memcpy(judgement, after.cb, sizeof(*judgement));
	if (ns)
		*ns = opts.duration;
	return opts.retval;
}

__u32 judge_run(int program, const struct twp_tuple *tuple, struct twp_judgement *judgement)
{
	return judge_run_data(program, tuple, sizeof(*tuple), 1, NULL, judgement);
}
