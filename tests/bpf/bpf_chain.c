// SPDX-License-Identifier: GPL-2.0-only
#include "bpf_chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "bpf_folder.h"
#include "fake_module.h"
#include "random_image.h"

const struct twp_backend_ops *const bpf_ops = &twp_backend_bpf;
struct twp_error bpf_error;
void *bpf_backend;

int bpf_start_with(const struct twp_sizes *sizes)
{
	bpf_backend = bpf_ops->open(fake_module_open(), bpf_folder, sizes, &bpf_error);
	return bpf_backend ? 0 : -1;
}

int bpf_start(void **state)
{
	(void)state;
	return bpf_start_with(&twp_sizes_default);
}

int bpf_stop(void **state)
{
	(void)state;
	bpf_ops->destroy(bpf_backend, &bpf_error);
	bpf_ops->close(bpf_backend);
	fake_module_close();
	return 0;
}

void bpf_assert_holds(const struct twp_image *image)
{
	struct twp_image got;

	twp_image_init(&got);
	assert_int_equal(bpf_ops->read(bpf_backend, &got, &bpf_error), 1);
	assert_images_equal(&got, image);
	twp_image_clean(&got);
}

void bpf_rebuild(const struct twp_image *image)
{
	assert_int_equal(bpf_ops->rebuild(bpf_backend, image, &bpf_error), 0);
}

int bpf_apply(const struct twp_image *before, const struct twp_image *after)
{
	struct twp_diff diff;
	int ret;

	fake.updated = fake.deleted = 0;
	assert_int_equal(twp_diff_make(&diff, before, after), 0);
	ret = bpf_ops->apply(bpf_backend, after, &diff, &bpf_error);
	twp_diff_clean(&diff);
	return ret;
}

void bpf_settle(void)
{
	struct twp_backend_usage usage;

	assert_int_equal(bpf_ops->usage(bpf_backend, &usage, &bpf_error), 0);
}

size_t bpf_rows(const struct twp_image *image)
{
	size_t rows = 0;

	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		rows += image->table[id].count;
	return rows;
}

/* In each generation another rule denies. */
static void chain_image(struct twp_image *image, uint32_t rules, uint32_t generation)
{
	struct twp_rule_value *value;

	large_image(image, rules, generation);
	value = (struct twp_rule_value *)twp_row_value(image, TWP_TABLE_RULES, generation % rules);
	value->decision = TWP_DECISION(TWP_VERDICT_DENY, 1000 + generation);
}

void bpf_chain_start(struct bpf_chain *chain, uint32_t rules)
{
	chain->rules = rules;
	chain_image(&chain->last, rules, 1);
	bpf_rebuild(&chain->last);
}

int bpf_chain_next(struct bpf_chain *chain)
{
	struct twp_image next;
	int ret;

	chain_image(&next, chain->rules, chain->last.generation + 1);
	ret = bpf_apply(&chain->last, &next);
	if (ret) {
		twp_image_clean(&next);
		return ret;
	}
	twp_image_clean(&chain->last);
	chain->last = next;
	return 0;
}

void bpf_chain_in_place(struct bpf_chain *chain)
{
	assert_int_equal(bpf_chain_next(chain), 0);
	assert_int_equal(fake.deleted, 0);
	/* Two rules and the generation; of two updates, three and the generation. */
	assert_true(fake.updated == 3 || fake.updated == 4);
	bpf_assert_holds(&chain->last);
}

void bpf_chain_loaded(struct bpf_chain *chain)
{
	assert_int_equal(bpf_chain_next(chain), 0);
	assert_true(fake.updated >= bpf_rows(&chain->last));
	bpf_assert_holds(&chain->last);
}
