/* SPDX-License-Identifier: GPL-2.0-only */
/* Documents of policies and inventory that commands without a daemon work on. */
#ifndef TWP_TWINCTL_DOCUMENTS_H
#define TWP_TWINCTL_DOCUMENTS_H

#include "policy/oracle.h"
#include "print.h"

struct ctl_documents {
	struct twp_policy *policy; /* a file each, also if it holds none */
	size_t policies;
	struct twp_inventory inventory;
	size_t rules;
	struct twp_compile_input input; /* of both */
};

/*
 * Reads what --file and the words of the command line name: files, folders with
 * all below them that ends in .yaml, .yml or .json, and standard input. Says
 * every error that it finds. Return: exit status.
 */
int ctl_documents_read(struct ctl_documents *documents, const struct ctl_call *call);
void ctl_documents_clean(struct ctl_documents *documents);

/* Says each sentence, and forgets it. */
void ctl_errors_say(struct twp_errors *errors);

/* One end of a question. */
struct ctl_end {
	const struct twp_endpoint *endpoint; /* NULL: an address, or the host */
	struct twp_address address;
	bool local;
};

/* "shop/web", "web", "10.0.0.1", "host". Return: exit status. */
int ctl_end_read(struct ctl_end *end, const struct ctl_documents *documents,
		 const struct ctl_call *call, const char *option);
/* "shop/web", "10.0.0.1", "host". The caller frees it. */
char *ctl_end_text(const struct ctl_end *end);

/* A protocol and a port, or a type of ICMP. */
struct ctl_port {
	uint8_t protocol;
	uint16_t port; /* as of struct twp_flow */
	const char *text; /* "80/tcp" */
};

int ctl_port_read(struct ctl_port *port, const struct ctl_call *call, const char *text);
/* "TCP"; and the number that a person wrote, of a port or of a type. */
const char *ctl_port_protocol(const struct ctl_port *port);
unsigned int ctl_port_number(const struct ctl_port *port);

/* "allow", "audit", "deny" */
const char *ctl_verdict_word(enum twp_verdict verdict);

#endif
