/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The documents of the twinpath datapaths: endpoints, and policies by label. Each peer
 * has a policy of its own, which allows its entries.
 */
#ifndef TWP_TWINEVAL_TWINPATH_DOCUMENTS_H
#define TWP_TWINEVAL_TWINPATH_DOCUMENTS_H

#include "datapath.h"

/* Policies that hold the entries; a file each. */
unsigned int twinpath_documents(const struct datapath_filter *filter);

/* FOLDER/NAME, valid until the next call but one. */
const char *twinpath_file(const struct datapath_filter *filter, const char *name);
const char *twinpath_policy_file(const struct datapath_filter *filter, unsigned int document);

/* Return of each: 0, or -1 with a sentence. */

/* endpoints.json: client, server and the peers. */
int twinpath_write_endpoints(const struct datapath_filter *filter, struct twp_error *error);

/* flow.json: what is measured passes in both directions, both of which are enforced. */
int twinpath_write_flow(const struct datapath_filter *filter, struct twp_error *error);

/**
 * twinpath_write_policy() - the policy of one peer
 * @filter: whose entries
 * @document: below twinpath_documents()
 * @changed: the last entries so many are as they are once they are changed
 * @error: filled on failure
 */
int twinpath_write_policy(const struct datapath_filter *filter, unsigned int document,
			  unsigned int changed, struct twp_error *error);

#endif
