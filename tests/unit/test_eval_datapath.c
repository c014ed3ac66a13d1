// SPDX-License-Identifier: GPL-2.0-only
/* The table of twineval's datapaths, and the entries that all of them hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "twineval/datapath.h"
#include "twineval/datapath_filter.h"

static const struct topology_place place4 = {
	.hook = TOPOLOGY_FORWARD,
	.family = 4,
	.client_address = "10.1.1.2",
	.server_address = "10.1.2.2",
};

static struct datapath_filter filter_of(enum datapath_shape shape, unsigned int entries)
{
	return (struct datapath_filter){ .place = &place4, .shape = shape, .entries = entries };
}

static bool is_probe(const struct datapath_entry *entry)
{
	return entry->client && entry->port == EVAL_PROBE_PORT &&
	       !strcmp(entry->peer, place4.client_address);
}

/* ---- table */

static void test_each_is_found_by_its_name(void **state)
{
	(void)state;
	for (size_t i = 0; datapaths[i]; i++)
		assert_ptr_equal(datapath_find(datapaths[i]->name), datapaths[i]);
	assert_null(datapath_find("ebtables"));
	assert_null(datapath_find(""));
}

/* What the report and the program ask of each. */
static void test_each_says_what_it_does(void **state)
{
	(void)state;
	for (size_t i = 0; datapaths[i]; i++) {
		const struct datapath *datapath = datapaths[i];

		assert_non_null(datapath->semantics);
		assert_non_null(datapath->matches);
		assert_non_null(datapath->tools);
		assert_non_null(datapath->setup);
		/* Entries are there to deny or to allow something. */
		assert_int_equal(!strcmp(datapath->matches, "nothing"), !datapath->change);
		/* What has entries proves that packets come by. */
		assert_true(!datapath->change || datapath->hits);
	}
}

static void test_the_probe_is_denied_by_entries_or_by_default(void **state)
{
	const struct datapath_filter none = filter_of(DATAPATH_POLICIES, 0);
	const struct datapath_filter one = filter_of(DATAPATH_POLICIES, 1);

	(void)state;
	assert_false(datapath_denies(datapath_find("none"), &one));
	assert_false(datapath_denies(datapath_find("conntrack"), &one));
	assert_false(datapath_denies(datapath_find("nft-set"), &none));
	assert_true(datapath_denies(datapath_find("nft-set"), &one));
	assert_true(datapath_denies(datapath_find("nft-labels"), &none));
	assert_true(datapath_denies(datapath_find("nft-labels"), &one));
}

/* ---- entries */

static void test_peers_are_all_different_and_in_their_prefix(void **state)
{
	uint32_t last4 = 0, last6 = 0;

	(void)state;
	for (unsigned int number = 0; number < 1u << 20; number++) {
		struct in6_addr six;
		struct in_addr four;
		char address[40];

		datapath_peer(4, number, address);
		assert_int_equal(inet_pton(AF_INET, address, &four), 1);
		assert_int_equal(ntohl(four.s_addr) >> 20, 0xac1);
		assert_true(!number || ntohl(four.s_addr) == last4 + 1);
		last4 = ntohl(four.s_addr);

		datapath_peer(6, number, address);
		assert_int_equal(inet_pton(AF_INET6, address, &six), 1);
		assert_int_equal(ntohl(six.s6_addr32[0]), 0xfd000172);
		assert_true(!number || ntohl(six.s6_addr32[3]) == last6 + 1);
		last6 = ntohl(six.s6_addr32[3]);
	}
}

static void test_only_the_last_that_denies_is_the_probe(void **state)
{
	const struct datapath_filter filter = filter_of(DATAPATH_POLICIES, 200);
	struct datapath_entry entry;

	(void)state;
	for (unsigned int i = 0; i < filter.entries; i++) {
		datapath_entry_deny(&filter, i, false, &entry);
		assert_int_equal(is_probe(&entry), i == 199);
		datapath_entry_deny(&filter, i, true, &entry);
		assert_false(is_probe(&entry));
	}
}

static void test_only_the_last_that_allows_is_the_probe_once_changed(void **state)
{
	const struct datapath_filter filter = filter_of(DATAPATH_PORTS, 200);
	struct datapath_entry entry;

	(void)state;
	for (unsigned int i = 0; i < filter.entries; i++) {
		datapath_entry_allow(&filter, i, true, &entry);
		assert_int_equal(is_probe(&entry), i == 199);
		datapath_entry_allow(&filter, i, false, &entry);
		assert_false(is_probe(&entry));
	}
}

/* No two entries are the same, changed or not, and none is the flow. */
static void test_ports_are_all_different(void **state)
{
	const struct datapath_filter filter = filter_of(DATAPATH_PORTS, DATAPATH_PORTS_MAX);
	static bool taken[65536];
	struct datapath_entry entry;

	(void)state;
	for (unsigned int i = 0; i < filter.entries; i++) {
		for (int changed = 0; changed < 2; changed++) {
			datapath_entry_other(&filter, i, changed, &entry);
			assert_in_range(entry.port, 10001, 65535);
			assert_false(taken[entry.port]);
			taken[entry.port] = true;
		}
	}
}

static void test_too_many_ports_are_refused(void **state)
{
	const struct datapath_filter filter = filter_of(DATAPATH_PORTS, DATAPATH_PORTS_MAX + 1);
	const struct datapath_filter most = filter_of(DATAPATH_PORTS, DATAPATH_PORTS_MAX);
	struct twp_error error = { 0 };

	(void)state;
	assert_int_equal(datapath_prepare(&filter, false, &error), -1);
	assert_string_equal(error.text, "27501 entries of one peer: there are ports for 27500");
	assert_int_equal(datapath_prepare(&most, false, &error), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_is_found_by_its_name),
		cmocka_unit_test(test_each_says_what_it_does),
		cmocka_unit_test(test_the_probe_is_denied_by_entries_or_by_default),
		cmocka_unit_test(test_peers_are_all_different_and_in_their_prefix),
		cmocka_unit_test(test_only_the_last_that_denies_is_the_probe),
		cmocka_unit_test(test_only_the_last_that_allows_is_the_probe_once_changed),
		cmocka_unit_test(test_ports_are_all_different),
		cmocka_unit_test(test_too_many_ports_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
