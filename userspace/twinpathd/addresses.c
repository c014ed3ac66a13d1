// SPDX-License-Identifier: GPL-2.0-only
/*
 * The endpoints by address. Only who reads events asks for it, so a change does
 * not pay for it.
 */
#include <stdlib.h>

#include "addresses.h"
#include "state.h"

static int holder_compare(const void *a, const void *b)
{
	return twp_address_compare(((const struct twp_holder *)a)->address,
				   ((const struct twp_holder *)b)->address);
}

static int make(struct twp_addresses *addresses, const struct twp_state *state)
{
	size_t count = 0;

	for (size_t i = 0; i < state->endpoints; i++)
		count += state->endpoint[i].addresses;
	addresses->holder = calloc(count + 1, sizeof(*addresses->holder));
	if (!addresses->holder)
		return -1;
	for (size_t i = 0; i < state->endpoints; i++)
		for (size_t j = 0; j < state->endpoint[i].addresses; j++)
			addresses->holder[addresses->count++] =
				(struct twp_holder){ &state->endpoint[i].address[j],
						     &state->endpoint[i] };
	qsort(addresses->holder, count, sizeof(*addresses->holder), holder_compare);
	return 0;
}

const struct twp_endpoint *twp_addresses_find(struct twp_state *state,
					      const struct twp_address *address)
{
	struct twp_addresses *addresses = &state->addresses;
	struct twp_holder wanted = { .address = address }, *found;

	if (!addresses->holder && make(addresses, state))
		return NULL;
	found = bsearch(&wanted, addresses->holder, addresses->count, sizeof(wanted),
			holder_compare);
	return found ? found->endpoint : NULL;
}

void twp_addresses_forget(struct twp_addresses *addresses)
{
	free(addresses->holder);
	*addresses = (struct twp_addresses){ 0 };
}
