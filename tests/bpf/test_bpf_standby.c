// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of userspace/backend/bpf_standby.c: what an update writes, and what
 * becomes of it when the standby is of no use.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bpf_chain.h"
#include "bpf_folder.h"
#include "fake_module.h"
#include "random_image.h"

static bool differs(const struct twp_image *a, const struct twp_image *b, enum twp_table_id id,
		    const void *key)
{
	const void *x = twp_image_find(a, id, key), *y = twp_image_find(b, id, key);

	return x && y ? memcmp(x, y, twp_table_layouts[id].value_size) : x != y;
}

/* Keys of @last and @now in which they differ, or in which @first and @last do: by whether @now
 * has them.
 */
static void expect(const struct twp_image *first, const struct twp_image *last,
		   const struct twp_image *now, size_t *there, size_t *gone)
{
	const struct twp_image *const images[] = { now, last, first };

	*there = *gone = 0;
	for (int i = 0; i < 3; i++) {
		for (int id = 0; id < TWP_TABLE_COUNT; id++) {
			for (size_t row = 0; row < images[i]->table[id].count; row++) {
				const void *key = twp_row_key(images[i], id, row);
				bool seen = false;

				for (int j = 0; j < i; j++)
					seen |= twp_image_find(images[j], id, key) != NULL;
				if (seen || (!differs(first, last, id, key) &&
					     !differs(last, now, id, key)))
					continue;
				if (i)
					++*gone;
				else
					++*there;
			}
		}
	}
}

static bool one_of(struct random *random, uint32_t of)
{
	return !random_below(random, of);
}

/* The generation after @last: some rows gone, some changed, some more. */
static void random_next(struct random *random, const struct twp_image *last, struct twp_image *next)
{
	struct twp_image other;

	random_image(random, &other, last->generation + 1);
	twp_image_init(next);
	put_generation(next, last->generation + 1);
	for (int id = 0; id < TWP_TABLE_GENERATION; id++) {
		for (size_t row = 0; row < last->table[id].count; row++) {
			const void *key = twp_row_key(last, id, row);
			const void *value = twp_image_find(&other, id, key);

			if (!one_of(random, 10))
				put_row(next, id, key,
					value && one_of(random, 5) ? value :
								     twp_row_value(last, id, row));
		}
		for (size_t row = 0; row < other.table[id].count; row++) {
			const void *key = twp_row_key(&other, id, row);

			if (!twp_image_find(last, id, key) && one_of(random, 8))
				put_row(next, id, key, twp_row_value(&other, id, row));
		}
	}
	assert_int_equal(twp_image_seal(next, NULL), 0);
	twp_image_clean(&other);
}

#define ROUNDS 300

static void only_what_changes_is_written(void **state)
{
	uint32_t program[2] = { 0 };
	struct twp_image image[3];
	struct random random = { 11 };
	int in_place = 0, loads = 0;

	(void)state;
	random_image(&random, &image[0], 1);
	random_next(&random, &image[0], &image[1]);
	bpf_rebuild(&image[0]);
	program[0] = fake.program;
	assert_int_equal(bpf_apply(&image[0], &image[1]), 0);
	program[1] = fake.program;
	for (int i = 2; i < ROUNDS; i++) {
		struct twp_image *first = &image[(i - 2) % 3], *last = &image[(i - 1) % 3],
				 *now = &image[i % 3];
		size_t there, gone;

		random_next(&random, last, now);
		assert_int_equal(bpf_apply(last, now), 0);
		bpf_assert_holds(now);
		if (fake.program == program[0]) {
			expect(first, last, now, &there, &gone);
			assert_int_equal(fake.updated, there);
			assert_int_equal(fake.deleted, gone);
			in_place++;
		} else if (fake.updated !=
			   bpf_rows(now)) { /* the copy that a load is followed by */
			expect(last, last, now, &there, &gone);
			assert_int_equal(fake.updated, there);
			assert_int_equal(fake.deleted, gone);
			in_place++;
		} else {
			assert_int_equal(fake.deleted, 0);
			loads++;
		}
		program[0] = program[1];
		program[1] = fake.program;
		twp_image_clean(first);
	}
	print_message("%d updates in place, %d loads\n", in_place, loads);
	assert_true(in_place > ROUNDS / 2);
	twp_image_clean(&image[(ROUNDS - 1) % 3]);
	twp_image_clean(&image[(ROUNDS - 2) % 3]);
}

static void one_rule_of_many(void **state)
{
	struct bpf_chain chain;

	(void)state;
	bpf_chain_start(&chain, 20000);
	for (int i = 0; i < 20; i++)
		bpf_chain_in_place(&chain);
	twp_image_clean(&chain.last);
}

static void what_is_outgrown_is_loaded(void **state)
{
	struct twp_image less, more;
	struct bpf_chain chain;
	uint32_t program;

	(void)state;
	bpf_chain_start(&chain, 100);
	large_image(&less, 120, 2); /* within the room for a quarter more */
	assert_int_equal(bpf_apply(&chain.last, &less), 0);
	assert_true(fake.updated < 40);
	large_image(&more, 1000, 3);
	assert_int_equal(bpf_apply(&less, &more), 0);
	assert_int_equal(fake.updated, bpf_rows(&more));
	bpf_assert_holds(&more);
	program = fake.program;
	assert_int_equal(bpf_apply(&more, &less), 0);
	assert_int_equal(fake.deleted, 1000 - 120);
	assert_int_equal(fake.updated, 1);
	assert_int_not_equal(fake.program, program);
	bpf_assert_holds(&less);
	assert_int_equal(bpf_apply(&less, &more), 0);
	assert_int_equal(fake.updated, 1000 - 120 + 1); /* into the one that was loaded */
	assert_int_equal(fake.program, program);
	bpf_assert_holds(&more);
	twp_image_clean(&chain.last);
	twp_image_clean(&less);
	twp_image_clean(&more);
}

static void what_changes_much_is_loaded(void **state)
{
	struct twp_image other;
	struct bpf_chain chain;

	(void)state;
	bpf_chain_start(&chain, 40000);
	bpf_chain_in_place(&chain);
	large_image(&other, 10000, 50);
	assert_int_equal(bpf_apply(&chain.last, &other), 0);
	assert_int_equal(fake.updated, bpf_rows(&other));
	assert_int_equal(fake.deleted, 0);
	bpf_assert_holds(&other);
	twp_image_clean(&other);
	twp_image_clean(&chain.last);
}

/* Each makes the standby useless; the update is in force all the same, and the next is cheap. */
static void without_a_standby_it_is_loaded(void **state)
{
	struct bpf_chain chain;

	(void)state;
	bpf_chain_start(&chain, 1000);
	bpf_chain_in_place(&chain);
	bpf_chain_in_place(&chain);

	fake.fail_write = true;
	bpf_chain_loaded(&chain);
	assert_false(fake.fail_write);
	bpf_chain_in_place(&chain);

	bpf_settle();
	__atomic_store_n(&fake.fail_grace, true, __ATOMIC_RELAXED);
	bpf_chain_in_place(&chain); /* then nobody knows who still reads the other one */
	bpf_settle();
	bpf_chain_loaded(&chain);
	__atomic_store_n(&fake.fail_grace, false, __ATOMIC_RELAXED);
	bpf_chain_in_place(&chain);
	bpf_chain_in_place(&chain);

	__atomic_store_n(&fake.fail_copy, true, __ATOMIC_RELAXED);
	bpf_rebuild(&chain.last);
	bpf_chain_loaded(&chain);
	bpf_chain_loaded(&chain);
	bpf_settle();
	__atomic_store_n(&fake.fail_copy, false, __ATOMIC_RELAXED);
	bpf_chain_loaded(&chain);
	bpf_chain_in_place(&chain);

	bpf_rebuild(&chain.last);
	bpf_assert_holds(&chain.last);
	bpf_chain_in_place(&chain);
	twp_image_clean(&chain.last);
}

static void a_bind_that_fails_changes_nothing(void **state)
{
	struct bpf_chain chain;
	uint32_t program;

	(void)state;
	bpf_chain_start(&chain, 1000);
	for (int i = 0; i < 3; i++) {
		bpf_chain_in_place(&chain);
		program = fake.program;
		fake.answer = BIND_REFUSED;
		assert_int_equal(bpf_chain_next(&chain), -1);
		assert_int_equal(bpf_ops->rebuild(bpf_backend, &chain.last, &bpf_error), -1);
		assert_string_equal(bpf_error.text, "refused");
		fake.answer = BIND_DONE;
		assert_int_equal(fake.program, program);
		bpf_assert_holds(&chain.last);
		bpf_chain_loaded(&chain);
	}

	/* It was done, but who asked does not know: what judges is not written. */
	fake.answer = BIND_LOST;
	assert_int_equal(bpf_chain_next(&chain), -1);
	fake.answer = BIND_DONE;
	program = fake.program;
	bpf_rebuild(&chain.last);
	assert_int_not_equal(fake.program, program);
	bpf_assert_holds(&chain.last);
	bpf_chain_in_place(&chain);
	twp_image_clean(&chain.last);
}

static void what_does_not_fit_is_refused(void **state)
{
	struct twp_sizes sizes = twp_sizes_default;
	struct twp_image large;
	struct bpf_chain chain;
	uint32_t program;

	bpf_stop(state);
	sizes.size[TWP_TABLE_RULES] = 1000;
	assert_int_equal(bpf_start_with(&sizes), 0);
	bpf_chain_start(&chain, 1000); /* full: a row can go and another come in one update */
	for (int i = 0; i < 3; i++)
		bpf_chain_in_place(&chain);
	program = fake.program;
	large_image(&large, 1002, 50);
	assert_int_equal(bpf_apply(&chain.last, &large), -1);
	assert_string_equal(bpf_error.text, "table rules needs 1002 entries and has room for 1000");
	assert_int_equal(fake.updated + fake.deleted, 0);
	assert_int_equal(fake.program, program);
	bpf_assert_holds(&chain.last);
	bpf_chain_in_place(&chain);
	twp_image_clean(&chain.last);
	twp_image_clean(&large);
}

static void a_full_table_is_updated(void **state)
{
	struct twp_sizes sizes = twp_sizes_default;
	struct twp_image image[2];

	bpf_stop(state);
	sizes.size[TWP_TABLE_RULES] = 1000;
	assert_int_equal(bpf_start_with(&sizes), 0);
	for (int i = 0; i < 2; i++) {
		struct twp_rule_key *key;

		large_image(&image[i], 1000, 1 + i);
		for (int row = 0; i && row < 500; row++) {
			key = (struct twp_rule_key *)twp_row_key(&image[i], TWP_TABLE_RULES, row);
			key->peer += 1000;
		}
		assert_int_equal(twp_image_seal(&image[i], NULL), 0);
	}
	bpf_rebuild(&image[0]);
	for (int i = 1; i < 6; i++) {
		assert_int_equal(bpf_apply(&image[(i - 1) % 2], &image[i % 2]), 0);
		assert_int_equal(fake.deleted, 500);
		bpf_assert_holds(&image[i % 2]);
	}
	twp_image_clean(&image[0]);
	twp_image_clean(&image[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bpf_start, bpf_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_what_changes_is_written),   TEST(one_rule_of_many),
		TEST(what_is_outgrown_is_loaded),     TEST(what_changes_much_is_loaded),
		TEST(without_a_standby_it_is_loaded), TEST(a_bind_that_fails_changes_nothing),
		TEST(what_does_not_fit_is_refused),   TEST(a_full_table_is_updated),
	};

	return cmocka_run_group_tests(tests, bpf_folder_mount, bpf_folder_unmount);
}
