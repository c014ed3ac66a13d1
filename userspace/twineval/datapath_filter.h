/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the datapaths share: their entries, the programs that load them, and
 * br_netfilter.
 */
#ifndef TWP_TWINEVAL_DATAPATH_FILTER_H
#define TWP_TWINEVAL_DATAPATH_FILTER_H

#include <stdio.h>

#include "datapath.h"

/* TCP from a peer to a port of the server. */
struct datapath_entry {
	char peer[40];
	unsigned int number; /* of the peer, if it is not the client */
	bool client;
	unsigned int port;
};

/**
 * datapath_entry_other() - an entry that stands for somebody else
 * @filter: whose entry
 * @number: from 0
 * @changed: as it is once it is changed
 * @entry: filled
 */
void datapath_entry_other(const struct datapath_filter *filter, unsigned int number, bool changed,
			  struct datapath_entry *entry);

/* TCP from the client to EVAL_PROBE_PORT. */
void datapath_entry_probe(const struct datapath_filter *filter, struct datapath_entry *entry);

/* An entry of those that deny: the last of them is the probe's, until it is changed. */
void datapath_entry_deny(const struct datapath_filter *filter, unsigned int number, bool changed,
			 struct datapath_entry *entry);

/* An entry of those that allow: the last of them is the probe's once it is changed. */
void datapath_entry_allow(const struct datapath_filter *filter, unsigned int number, bool changed,
			  struct datapath_entry *entry);

/*
 * Datapaths that match labels: each peer is somebody, with an identity. The entries have up to
 * DATAPATH_PEERS of them, and beyond that further ports of the same: no machine has more label
 * sets than there are identities (65,280).
 */
#define DATAPATH_PEERS 1000u

/* How many peers there are beside the client. */
unsigned int datapath_peers(const struct datapath_filter *filter);

/* As datapath_entry_allow(); the number of the peer is below datapath_peers(). */
void datapath_entry_allow_label(const struct datapath_filter *filter, unsigned int number,
				bool changed, struct datapath_entry *entry);

/* Text that a program is to read. */
struct datapath_text {
	FILE *file; /* to be written to */
	char *bytes;
	size_t length;
};

int datapath_text_open(struct datapath_text *text, struct twp_error *error);
/* Runs a program in the filter's namespace with the text as its input, and frees the text. */
int datapath_text_run(struct datapath_text *text, const struct datapath_filter *filter,
		      struct twp_error *error, const char *const argv[]);

/* Can a program that only sees IP packets filter there? Not on a bridge without br_netfilter. */
int datapath_able_ip(const struct datapath_filter *filter, struct twp_error *error);

/**
 * datapath_prepare() - what comes first in each setup()
 * @filter: whose entries are checked
 * @ip: on a bridge, what is bridged shall pass the hooks of IP; br_netfilter costs every packet
 *	some microseconds, so it is off for whom does without
 * @error: filled on failure
 *
 * Return: 0 or -1.
 */
int datapath_prepare(const struct datapath_filter *filter, bool ip, struct twp_error *error);

/* The teardown() after datapath_prepare() with @ip: no other point meets a module it loaded. */
void datapath_unprepare(const struct datapath_filter *filter);

#endif
