/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy model: what the documents said, before anything is compiled.
 * The compiler and the oracle both start from here, and share nothing else.
 */
#ifndef TWP_POLICY_POLICY_H
#define TWP_POLICY_POLICY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "label.h"

struct twp_address {
	uint8_t family; /* TWP_FAMILY_IPV4 or TWP_FAMILY_IPV6 */
	uint8_t bytes[16]; /* network byte order; IPv4 in the first four, the others zero */
};

int twp_address_parse(struct twp_address *address, const char *text);
/* Takes 4 or 16 bytes. */
int twp_address_set(struct twp_address *address, const void *bytes, size_t length);
size_t twp_address_length(const struct twp_address *address);
const char *twp_address_text(const struct twp_address *address, char text[INET6_ADDRSTRLEN]);
int twp_address_compare(const struct twp_address *a, const struct twp_address *b);

#define TWP_LABEL_HOST "reserved:host" /* the host itself; needs no address */
#define TWP_LABEL_WORLD "reserved:world" /* whatever has no endpoint */

/* The labels of the world, and of a host that no endpoint says more about. */
extern const struct twp_labels twp_labels_host;
extern const struct twp_labels twp_labels_world;

#define TWP_ENDPOINT_NAME_MAX 253 /* bytes */
#define TWP_ENDPOINT_ADDRESSES_MAX 16

struct twp_endpoint {
	char *name;
	struct twp_labels labels;
	struct twp_address *address;
	size_t addresses;
	char *bridge_port; /* NULL: any */
	uint32_t identity; /* 0 until allocated */
};

/* Is this the host itself? It carries the label reserved:host. Its identity is TWP_IDENTITY_HOST. */
bool twp_endpoint_is_host(const struct twp_endpoint *endpoint);
/* Fails unless name, labels, addresses and bridge port are such as an endpoint may have. */
int twp_endpoint_check(const struct twp_endpoint *endpoint, struct twp_error *error);
void twp_endpoint_clean(struct twp_endpoint *endpoint);

/* Empty labels select everything. */
struct twp_selector {
	struct twp_labels labels;
};

/* One protocol, or every one, and one port, or every one. */
struct twp_port {
	bool any_protocol;
	uint8_t protocol; /* IPPROTO_... */
	bool any_port;
	uint16_t port; /* host byte order */
};

enum twp_section {
	TWP_SECTION_INGRESS,
	TWP_SECTION_INGRESS_DENY,
	TWP_SECTION_EGRESS,
	TWP_SECTION_EGRESS_DENY,
	TWP_SECTIONS,
};

/* "ingress", "ingressDeny", "egress", "egressDeny" */
extern const char *const twp_section_names[TWP_SECTIONS];

/* One entry of a section. */
struct twp_rule {
	enum twp_section section;
	unsigned int index; /* in the section */
	unsigned int spec; /* in the document, where it holds a list */
	uint32_t number; /* 0 until allocated; stable over updates */
	bool any_peer; /* no peer was named: everybody, endpoint or not */
	struct twp_selector *peer; /* one of them; with any_peer false and none, nobody */
	size_t peers;
	bool nothing; /* an empty rule: selects nobody, but the section is there */
	struct twp_port *port; /* one of them; none: every port */
	size_t ports;
};

/* One rule object of a document: whom it selects, and what they may do. */
struct twp_spec {
	struct twp_selector subject;
	struct twp_rule *rule;
	size_t rules;
	bool has[TWP_SECTIONS]; /* the section is there and not empty */
};

struct twp_policy {
	char *name;
	char *text; /* the document, as it was given */
	struct twp_spec *spec;
	size_t specs;
};

void twp_rule_clean(struct twp_rule *rule);
void twp_spec_clean(struct twp_spec *spec);
void twp_policy_clean(struct twp_policy *policy);

/* "ingress[0]"; of the third object of a list "[2].ingress[0]". */
const char *twp_rule_text(const struct twp_policy *policy, const struct twp_rule *rule,
			  char text[64]);

#endif
