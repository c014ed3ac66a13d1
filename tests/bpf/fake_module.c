// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is bound is the one entry of a program array, which a program in front
 * of it calls: one pointer, read within one rcu_read_lock(), as the module does.
 */
#include "fake_module.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "hold.skel.h"
#include "judge_run.h"

struct fake_module fake;
static pthread_t owner;
static int programs = -1, front = -1;
static struct hold *hold;

#define INSN(c, dst, src, o, i) \
	((struct bpf_insn){     \
		.code = (c), .dst_reg = (dst), .src_reg = (src), .off = (o), .imm = (i) })

struct twp_module *fake_module_open(void)
{
	struct bpf_insn code[6];
	LIBBPF_OPTS(bpf_prog_load_opts, options);

	fake = (struct fake_module){ 0 };
	owner = pthread_self();
	programs = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "bound", 4, 4, 1, NULL);
	assert_true(programs >= 0);
	code[0] = INSN(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_2, BPF_PSEUDO_MAP_FD, 0, programs);
	code[1] = INSN(0, 0, 0, 0, 0);
	/* 0, which the verifier does not know: or the kernel makes it a jump, and patches code. */
	code[2] = INSN(BPF_LDX | BPF_W | BPF_MEM, BPF_REG_3, BPF_REG_1,
		       offsetof(struct __sk_buff, mark), 0);
	code[3] = INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_tail_call);
	code[4] = INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, TWP_VERDICT_NONE);
	code[5] = INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	front = bpf_prog_load(BPF_PROG_TYPE_LWT_OUT, "front", "GPL", code, 6, &options);
	assert_true(front >= 0);
	hold = hold__open_and_load();
	assert_non_null(hold);
	return (struct twp_module *)&fake;
}

void fake_module_close(void)
{
	hold__destroy(hold);
	hold = NULL;
	close(front);
	close(programs);
	front = programs = -1;
}

uint32_t fake_module_judge(const struct twp_tuple *tuple, struct twp_judgement *judgement)
{
	return judge_run(front, tuple, judgement);
}

void fake_module_hold(uint32_t rounds)
{
	const struct twp_tuple tuple = { .family = TWP_FAMILY_NONE };
	struct twp_judgement judgement;

	hold->bss->rounds = rounds;
	judge_run(bpf_program__fd(hold->progs.hold), &tuple, &judgement);
}

uint32_t fake_module_holds(void)
{
	return __atomic_load_n(&hold->bss->begun, __ATOMIC_SEQ_CST);
}

bool fake_module_held(void)
{
	return hold && __atomic_load_n(&hold->bss->ended, __ATOMIC_SEQ_CST) != fake_module_holds();
}

static Twinpath__V1__ModuleStatus *status(void)
{
	Twinpath__V1__ModuleStatus *status = calloc(1, sizeof(*status));

	assert_non_null(status);
	twinpath__v1__module_status__init(status);
	status->program_id = fake.program;
	return status;
}

int __real_bpf_map_update_elem(int map, const void *key, const void *value, __u64 flags);
int __real_bpf_map_delete_elem(int map, const void *key);
int __real_bpf_map_update_batch(int map, const void *keys, const void *values, __u32 *count,
				const struct bpf_map_batch_opts *options);

Twinpath__V1__ModuleStatus *__wrap_twp_module_bind_program(struct twp_module *module, int program,
							   struct twp_error *error);
Twinpath__V1__ModuleStatus *__wrap_twp_module_status(struct twp_module *module,
						     struct twp_error *error);
int __wrap_bpf_map_update_elem(int map, const void *key, const void *value, __u64 flags);
int __wrap_bpf_map_delete_elem(int map, const void *key);
int __wrap_bpf_map_update_batch(int map, const void *keys, const void *values, __u32 *count,
				const struct bpf_map_batch_opts *options);

Twinpath__V1__ModuleStatus *__wrap_twp_module_bind_program(struct twp_module *module, int program,
							   struct twp_error *error)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info), key = 0;

	assert_ptr_equal(module, &fake);
	if (fake.answer == BIND_REFUSED) {
		twp_error_set(error, "refused");
		return NULL;
	}
	assert_int_equal(bpf_obj_get_info_by_fd(program, &info, &size), 0);
	assert_int_equal(__real_bpf_map_update_elem(programs, &key, &program, BPF_ANY), 0);
	fake.program = info.id;
	if (fake.answer == BIND_LOST) {
		twp_error_set(error, "no answer");
		return NULL;
	}
	return status();
}

Twinpath__V1__ModuleStatus *__wrap_twp_module_status(struct twp_module *module,
						     struct twp_error *error)
{
	(void)error;
	assert_ptr_equal(module, &fake);
	return status();
}

/* The load that follows upon a write that fails is to succeed. */
static bool fails_once(bool *on_demand)
{
	const bool fails = *on_demand;

	*on_demand = false;
	errno = ENOMEM;
	return fails;
}

static bool fails(const bool *on_demand)
{
	errno = ENOMEM;
	return __atomic_load_n(on_demand, __ATOMIC_RELAXED);
}

/* The backend writes single elements to wait for a grace period only. */
int __wrap_bpf_map_update_elem(int map, const void *key, const void *value, __u64 flags)
{
	if (fails(&fake.fail_grace))
		return -ENOMEM;
	return __real_bpf_map_update_elem(map, key, value, flags);
}

int __wrap_bpf_map_delete_elem(int map, const void *key)
{
	fake.deleted++;
	fake.overlapped |= fake_module_held();
	if (fails_once(&fake.fail_write))
		return -ENOMEM;
	return __real_bpf_map_delete_elem(map, key);
}

int __wrap_bpf_map_update_batch(int map, const void *keys, const void *values, __u32 *count,
				const struct bpf_map_batch_opts *options)
{
	if (!owner || pthread_equal(pthread_self(), owner)) {
		fake.updated += *count;
		fake.overlapped |= fake_module_held();
		if (fails_once(&fake.fail_write))
			return -ENOMEM;
	} else if (fails(&fake.fail_copy)) {
		return -ENOMEM;
	}
	return __real_bpf_map_update_batch(map, keys, values, count, options);
}
