/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The oracle: says from the policy model, slowly and plainly, what must happen
 * to a flow. Shares nothing with the compiler but the model.
 */
#ifndef TWP_POLICY_ORACLE_H
#define TWP_POLICY_ORACLE_H

#include "compile.h"

struct twp_flow {
	struct twp_address client;
	struct twp_address server;
	bool client_local; /* the host itself */
	bool server_local;
	uint8_t protocol;
	uint16_t port; /* host byte order; ICMP: type << 8 */
	/* In place of an address: the endpoint, with all it has, or has not. */
	const struct twp_endpoint *client_endpoint;
	const struct twp_endpoint *server_endpoint;
};

/* Why a direction is as it is. */
enum twp_why {
	TWP_WHY_NOT_ISOLATED, /* no policy denies by default: allowed */
	TWP_WHY_RULE,
	TWP_WHY_SELF, /* an endpoint reaches itself */
	TWP_WHY_NODE, /* the node reaches its endpoints */
	TWP_WHY_DEFAULT_DENY,
};

struct twp_answer {
	enum twp_verdict verdict;
	enum twp_verdict direction[TWP_DIRECTIONS];
	enum twp_why why[TWP_DIRECTIONS];
	/* A rule that decided, NULL for none; one of several where several say the same. */
	const struct twp_rule *rule[TWP_DIRECTIONS];
	const struct twp_policy *policy[TWP_DIRECTIONS];
	bool audit[TWP_DIRECTIONS]; /* a denial is reported only */
};

void twp_oracle_ask(const struct twp_compile_input *input, const struct twp_flow *flow,
		    struct twp_answer *answer);

/* Each rule that says what was decided, not only the one that the answer names. */
typedef void twp_oracle_visit(const struct twp_policy *policy, const struct twp_rule *rule,
			      void *context);
void twp_oracle_rules(const struct twp_compile_input *input, const struct twp_flow *flow,
		      enum twp_direction d, const struct twp_answer *answer,
		      twp_oracle_visit *visit, void *context);

/* Is the endpoint a subject of what has this selector? */
bool twp_oracle_selects_endpoint(const struct twp_compile_input *input,
				 const struct twp_selector *selector,
				 const struct twp_endpoint *endpoint);

/*
 * The same question asked of many pairs: what each policy selects is looked up
 * once. An end is an endpoint of the input, by its number, or an address.
 */
struct twp_oracle;

struct twp_oracle *twp_oracle_open(const struct twp_compile_input *input,
				   const struct twp_address *address, size_t addresses);
void twp_oracle_close(struct twp_oracle *oracle);
/* Ends are numbered: endpoints first, then the addresses. */
void twp_oracle_pair(struct twp_oracle *oracle, size_t client, size_t server, uint8_t protocol,
		     uint16_t port, struct twp_answer *answer);

#endif
