// SPDX-License-Identifier: GPL-2.0-only
/* Anchors that nf_tables must refuse, and transactions that abort. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hostile.h"
#include "hostile_batch.h"

static bool bound(uint32_t *generation)
{
	Twinpath__V1__ModuleStatus *status = hostile_status();
	bool is = status && status->nft && status->nft->bound;

	if (generation)
		*generation = is ? status->nft->generation : 0;
	if (status)
		twinpath__v1__module_status__free_unpacked(status, NULL);
	return is;
}

#define RIGHT .family = NFPROTO_INET, .table = TWP_NFT_TABLE

static const struct wrong right = { "right", 0, RIGHT };

static const struct wrong wrongs[] = {
	{ "another layout", EPROTO, RIGHT, .layout = TWP_LAYOUT + 1 },
	{ "layout 2^32 - 1", EPROTO, RIGHT, .layout = 0xffffffff },
	{ "no layout", EPROTO, RIGHT, .no_layout = true },
	{ "no data", EPROTO, RIGHT, .no_data = true },
	{ "another table", EOPNOTSUPP, .family = NFPROTO_INET, .table = "twinpath2" },
	{ "family ip", ENOENT, .family = NFPROTO_IPV4, .table = TWP_NFT_TABLE },
	{ "family bridge", ENOENT, .family = NFPROTO_BRIDGE, .table = TWP_NFT_TABLE },
	{ "a base chain", EOPNOTSUPP, RIGHT, .place = BASE },
	{ "a chain in a rule", EOPNOTSUPP, RIGHT, .place = BINDING },
	{ "an expression of a set", EOPNOTSUPP, RIGHT, .place = SET_EXPRESSION, .map = 5 },
	{ "an expression of an element", EOPNOTSUPP, RIGHT, .place = ELEMENT_EXPRESSION, .map = 5 },
	{ "in a dynset", EOPNOTSUPP, RIGHT, .place = DYNSET, .map = 5, .flags = NFT_SET_EVAL },
	{ "a short key", EINVAL, RIGHT, .map = 5, .key = (uint32_t)-4 },
	{ "a long key", EINVAL, RIGHT, .map = 1, .key = 4 },
	{ "short data", EINVAL, RIGHT, .map = 2, .data = (uint32_t)-4 },
	{ "long data", EINVAL, RIGHT, .map = 6, .data = 4 },
	{ "a map with timeouts", EINVAL, RIGHT, .map = 5, .flags = NFT_SET_TIMEOUT },
	{ "a map with a timeout", EINVAL, RIGHT, .map = 1, .flags = NFT_SET_TIMEOUT,
	  .timeout = 9999 },
	{ "a map of intervals", EINVAL, RIGHT, .map = 1, .flags = NFT_SET_INTERVAL },
	{ "a map that packets fill", EINVAL, RIGHT, .map = 5, .flags = NFT_SET_EVAL },
	{ "a map with counters", EINVAL, RIGHT, .map = 5, .counter = true },
	{ "a set", EINVAL, RIGHT, .map = 5, .no_map = true },
	{ "no such map", ENOENT, RIGHT, .map = 6, .missing = true },
	{ "no lookups", EINVAL, RIGHT, .lookups = -TWP_TABLE_COUNT },
	{ "a lookup too few", EINVAL, RIGHT, .lookups = -1 },
	{ "a lookup too many", EINVAL, RIGHT, .lookups = 1 },
	{ "lookups of the wrong order", EINVAL, RIGHT, .swapped = true },
	{ "a lookup in another map", EINVAL, RIGHT, .another_map = true },
	{ "lookups that the kernel refuses", EINVAL, RIGHT, .no_register = true },
	{ "nothing that writes the key", EINVAL, RIGHT, .no_payload = true },
	{ "the second expression", EINVAL, RIGHT, .second_first = true },
	{ "twice in a rule", EINVAL, RIGHT, .twice_in_rule = true },
	{ "two anchors", EEXIST, RIGHT, .twice = true },
};

static void expect(const char *what, int err, int want)
{
	if (err != want)
		hostile_complain("%s: %s, not: %s", what, strerror(err), strerror(want));
}

static void expect_bound(const char *what, bool want)
{
	if (bound(NULL) != want)
		hostile_complain("%s: the anchor is %s", what, want ? "lost" : "there");
}

static void all_wrongs(struct mnl_socket *socket, bool is_bound)
{
	struct batch batch;

	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		/* More often than there are places for anchors. */
		for (int times = 0; times < 3; times++) {
			hostile_batch_start(&batch);
			hostile_put_all(&batch, &wrongs[i]);
			expect(wrongs[i].what, hostile_batch_commit(socket, &batch),
			       wrongs[i].want);
		}
		expect_bound(wrongs[i].what, is_bound);
	}
}

/* No map says more than it may: a verdict is an index in the module. */
static void wild_decision(struct mnl_socket *socket)
{
	static const uint32_t host[5] = { 300, TWP_ENFORCED | 1, 0, TWP_ENFORCED | 1, 0 };
	static const uint32_t address = 0x0100000a;
	Twinpath__V1__ClassifyRequest classify = TWINPATH__V1__CLASSIFY_REQUEST__INIT;
	Twinpath__V1__Tuple tuple = TWINPATH__V1__TUPLE__INIT;
	struct hostile_answer answer;
	uint8_t bytes[128];
	struct batch batch;

	tuple.client = tuple.server = (ProtobufCBinaryData){ 4, (uint8_t *)&address };
	tuple.protocol = 6;
	classify.backend = TWINPATH__V1__BACKEND__BACKEND_NFT;
	classify.tuple = &tuple;
	for (uint32_t verdict = 0; verdict < 16; verdict++) {
		const uint32_t decision = TWP_DECISION(verdict, TWP_RULE_NUMBER_MASK);

		hostile_batch_start(&batch);
		hostile_put_all(&batch, &right);
		hostile_put_element(&batch, &right, TWP_TABLE_HOST4, &address, host);
		for (uint32_t direction = 0; direction < TWP_DIRECTIONS; direction++) {
			const struct twp_rule_key key = { TWP_SUBJECT(300, direction), 300,
							  TWP_SHAPE(6, 0), 0, 0 };

			hostile_put_element(&batch, &right, TWP_TABLE_RULES, &key, &decision);
		}
		expect("a wild decision", hostile_batch_commit(socket, &batch), 0);
		hostile_ask(TWP_CMD_CLASSIFY, bytes,
			    twinpath__v1__classify_request__pack(&classify, bytes), &answer);
		if (verdict >= TWP_VERDICT_ALLOW && verdict <= TWP_VERDICT_DENY)
			expect("a decision", answer.err, 0);
		else if (!answer.err || !answer.sentence[0])
			hostile_complain("a decision of verdict %u is judged by", verdict);
	}
}

/* As many as fit into one transaction: the places for anchors are bounded. */
static void replaced_in_one(struct mnl_socket *socket)
{
	struct batch batch;
	int err;

	hostile_batch_start(&batch);
	for (int i = 0; i < 3; i++) {
		hostile_put_rules_delete(&batch);
		hostile_put_rule(&batch, &right);
	}
	err = hostile_batch_commit(socket, &batch);
	if (err && err != EBUSY)
		hostile_complain("replaced thrice in one transaction: %s", strerror(err));
	expect_bound("replaced thrice in one transaction", true);
}

int hostile_anchor(void)
{
	struct mnl_socket *socket = hostile_nft_socket();
	struct batch batch;

	all_wrongs(socket, false);
	hostile_batch_start(&batch);
	hostile_put_all(&batch, &right);
	hostile_put_failure(&batch);
	expect("an aborted first anchor", hostile_batch_commit(socket, &batch), ENOENT);
	expect_bound("an aborted first anchor", false);

	hostile_batch_start(&batch);
	hostile_put_all(&batch, &right);
	expect("the first anchor", hostile_batch_commit(socket, &batch), 0);
	expect_bound("the first anchor", true);
	all_wrongs(socket, true);
	hostile_anchor_alone(EEXIST);
	hostile_swap(5);
	hostile_abort(5);
	replaced_in_one(socket);
	wild_decision(socket);

	hostile_batch_start(&batch);
	hostile_put_table(&batch, &right, false, 0);
	expect("the table deleted", hostile_batch_commit(socket, &batch), 0);
	expect_bound("the table deleted", false);
	return hostile_complained();
}

int hostile_table(uint32_t generation)
{
	static const uint32_t key = TWP_GENERATION_HELD;
	const struct twp_generation_value value = { { generation } };
	struct mnl_socket *socket = hostile_nft_socket();
	struct batch batch;

	hostile_batch_start(&batch);
	hostile_put_all(&batch, &right);
	hostile_put_element(&batch, &right, TWP_TABLE_GENERATION, &key, &value);
	expect("the table", hostile_batch_commit(socket, &batch), 0);
	mnl_socket_close(socket);
	return hostile_complained();
}

int hostile_owner(void)
{
	const struct timespec while_ = { .tv_nsec = 100000000 };
	struct mnl_socket *socket = hostile_nft_socket();
	struct batch batch;

	hostile_batch_start(&batch);
	hostile_put_table(&batch, &right, true, NFT_TABLE_F_OWNER);
	hostile_put_chain(&batch, &right, NULL);
	hostile_put_sets(&batch, &right);
	hostile_put_rule(&batch, &right);
	expect("an owned table", hostile_batch_commit(socket, &batch), 0);
	expect_bound("an owned table", true);
	mnl_socket_close(socket);
	for (int i = 0; i < 50 && bound(NULL); i++)
		nanosleep(&while_, NULL);
	expect_bound("the owner closed", false);
	return hostile_complained();
}

int hostile_anchor_alone(int want)
{
	struct mnl_socket *socket = hostile_nft_socket();
	struct batch batch;

	hostile_batch_start(&batch);
	hostile_put_rule(&batch, &right);
	expect("an anchor alone", hostile_batch_commit(socket, &batch), want);
	mnl_socket_close(socket);
	return hostile_complained();
}

static int swap(unsigned int times, bool abort)
{
	struct mnl_socket *socket = hostile_nft_socket();
	uint32_t before, after;
	struct batch batch;

	bound(&before);
	for (unsigned int i = 0; i < times; i++) {
		hostile_batch_start(&batch);
		hostile_put_rules_delete(&batch);
		hostile_put_rule(&batch, &right);
		if (abort)
			hostile_put_failure(&batch);
		expect(abort ? "aborted" : "swapped", hostile_batch_commit(socket, &batch),
		       abort ? ENOENT : 0);
		expect_bound(abort ? "aborted" : "swapped", true);
	}
	bound(&after);
	if (before != after)
		hostile_complain("nft held generation %u, and now %u", before, after);
	mnl_socket_close(socket);
	return hostile_complained();
}

int hostile_swap(unsigned int times)
{
	return swap(times, false);
}

int hostile_abort(unsigned int times)
{
	return swap(times, true);
}
