/* SPDX-License-Identifier: GPL-2.0-only */
/* Whose address is it: an index of the state, made when it is first asked. */
#ifndef TWP_TWINPATHD_ADDRESSES_H
#define TWP_TWINPATHD_ADDRESSES_H

#include "policy/policy.h"

struct twp_state;

struct twp_addresses {
	struct twp_holder {
		const struct twp_address *address;
		const struct twp_endpoint *endpoint;
	} * holder; /* by address; NULL: to be made */
	size_t count;
};

/* The endpoint that has the address, or NULL. */
const struct twp_endpoint *twp_addresses_find(struct twp_state *state,
					      const struct twp_address *address);
/* The endpoints have changed. */
void twp_addresses_forget(struct twp_addresses *addresses);

#endif
