// SPDX-License-Identifier: GPL-2.0-only
/* The table of datapaths, and the addresses of those who are not measured. */
#include "datapath.h"

#include <stdio.h>
#include <string.h>

#include "datapath_iptables.h"
#include "datapath_nft.h"
#include "datapath_none.h"
#include "datapath_tc.h"
#include "datapath_twinpath.h"

const struct datapath *const datapaths[] = {
	&datapath_none,		&datapath_conntrack,	&datapath_iptables_nomatch,
	&datapath_iptables_top, &datapath_iptables_nft, &datapath_ipset,
	&datapath_nft_linear,	&datapath_nft_set,	&datapath_nft_vmap,
	&datapath_tc,		&datapath_nft_labels,	&datapath_nft_labels_established,
	&datapath_twinpath_nft, &datapath_twinpath_bpf, NULL,
};

const struct datapath *datapath_find(const char *name)
{
	for (size_t i = 0; datapaths[i]; i++)
		if (!strcmp(datapaths[i]->name, name))
			return datapaths[i];
	return NULL;
}

bool datapath_denies(const struct datapath *datapath, const struct datapath_filter *filter)
{
	return datapath->default_deny || (datapath->change && filter->entries);
}

void datapath_peer(int family, unsigned int number, char address[40])
{
	if (family == 6)
		snprintf(address, 40, "fd00:172::%x:%x", number >> 16, number & 0xffff);
	else
		snprintf(address, 40, "172.%u.%u.%u", 16 + (number >> 16), (number >> 8) & 0xff,
			 number & 0xff);
}
