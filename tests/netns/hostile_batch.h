/* SPDX-License-Identifier: GPL-2.0-only */
/* A transaction of nf_tables with an anchor in it that may be wrong in one way or another. */
#ifndef TWP_TESTS_HOSTILE_BATCH_H
#define TWP_TESTS_HOSTILE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef NFT_TABLE_F_OWNER
#define NFT_TABLE_F_OWNER 2
#endif

struct mnl_socket;

enum place { REGULAR, BASE, BINDING, SET_EXPRESSION, ELEMENT_EXPRESSION, DYNSET };

/* What is wrong with an anchor, its table or its maps; zero is right. */
struct wrong {
	const char *what;
	int want; /* errno */
	uint32_t layout; /* of the expression; 0: the right one */
	bool no_layout, no_data;
	const char *table;
	uint8_t family;
	enum place place;
	/* the map that differs */
	int map; /* number + 1; 0: none */
	uint32_t key, data, flags; /* added to what is right */
	uint32_t timeout;
	bool no_map, counter, missing;
	/* the rule */
	int lookups; /* too many, or too few */
	bool swapped, no_register, second_first, twice_in_rule, another_map;
	bool no_payload;
	bool twice; /* two rules */
};

struct batch {
	uint8_t *bytes, *last;
	size_t used;
	uint32_t sequence;
};

/* Ends the program if there is none. */
struct mnl_socket *hostile_nft_socket(void);
void hostile_batch_start(struct batch *batch);
/* Return: the errno of the first message that was refused, or 0. */
int hostile_batch_commit(struct mnl_socket *socket, struct batch *batch);

void hostile_put_table(struct batch *batch, const struct wrong *w, bool add, uint32_t flags);
/* @name: NULL is the anchor's */
void hostile_put_chain(struct batch *batch, const struct wrong *w, const char *name);
void hostile_put_sets(struct batch *batch, const struct wrong *w);
void hostile_put_rule(struct batch *batch, const struct wrong *w);
void hostile_put_element(struct batch *batch, const struct wrong *w, int id, const void *key,
			 const void *value);
/* All of a table, as it should be but for what is wrong. */
void hostile_put_all(struct batch *batch, const struct wrong *w);
/* A message that cannot be carried out, so that all before it is undone. */
void hostile_put_failure(struct batch *batch);
void hostile_put_rules_delete(struct batch *batch);

#endif
