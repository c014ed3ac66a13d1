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

#include "../../kmod/uapi/twinpath.h"
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

struct twp_prefix {
	struct twp_address address; /* the bits behind the length are zero */
	uint8_t length;
};

/* Parses "10.0.0.0/8"; a bare address, of its full length, if @bare. Host bits are ignored. */
int twp_prefix_parse(struct twp_prefix *prefix, const char *text, bool bare);
bool twp_prefix_holds(const struct twp_prefix *prefix, const struct twp_address *address);
/* Is @inner the same prefix, or one within? */
bool twp_prefix_contains(const struct twp_prefix *prefix, const struct twp_prefix *inner);
/* The smallest that holds both, which are of one family. */
struct twp_prefix twp_prefix_common(const struct twp_address *a, const struct twp_address *b);
/* By family, address, length: a prefix stands before those that it contains. */
int twp_prefix_compare(const struct twp_prefix *a, const struct twp_prefix *b);
#define TWP_PREFIX_TEXT (INET6_ADDRSTRLEN + 4)
const char *twp_prefix_text(const struct twp_prefix *prefix, char text[TWP_PREFIX_TEXT]);

#define TWP_LABEL_HOST "reserved:host" /* the host itself; needs no address */
#define TWP_LABEL_WORLD "reserved:world" /* whatever has no endpoint */

/* Is @key such a label, or another that Cilium gives to what is no Pod: "reserved:health"? */
bool twp_label_is_reserved(const char *key);

/* Labels that every endpoint has from its namespace, as Cilium calls them. */
#define TWP_LABEL_NAMESPACE "io.kubernetes.pod.namespace"
#define TWP_LABEL_OF_NAMESPACE "io.cilium.k8s.namespace.labels."
#define TWP_LABEL_NAMESPACE_NAME "kubernetes.io/metadata.name"
#define TWP_NAMESPACE_DEFAULT "default" /* of what names none */

/* The labels of the world, and of a host that no endpoint says more about. */
extern const struct twp_labels twp_labels_host;
extern const struct twp_labels twp_labels_world;

#define TWP_ENDPOINT_NAME_MAX 253 /* bytes */
#define TWP_ENDPOINT_ADDRESSES_MAX 16
#define TWP_ENDPOINT_PORTS_MAX 256 /* with a name */

/* A port of a container, by its name. */
struct twp_named_port {
	char *name;
	uint8_t protocol; /* IPPROTO_... */
	uint16_t port; /* host byte order */
};

/* Where an object begins, from 1 on; all 0: not known. */
struct twp_place {
	unsigned int file; /* of an inventory */
	unsigned int line;
	unsigned int column;
};

/* Kubernetes' names are DNS subdomains; those of namespaces DNS labels. */
bool twp_name_is_kubernetes(const char *name, bool label);

struct twp_namespace {
	char *name; /* a DNS label */
	struct twp_labels labels; /* TWP_LABEL_NAMESPACE_NAME is implied */
	struct twp_place place;
};

struct twp_endpoint {
	char *name;
	char *namespace; /* NULL: TWP_NAMESPACE_DEFAULT */
	struct twp_labels labels;
	struct twp_address *address;
	size_t addresses;
	struct twp_named_port *port;
	size_t ports;
	char *bridge_port; /* NULL: any */
	bool audit; /* what would be denied is reported and passes */
	bool audit_asked; /* of it by name; else a selector is why. The daemon's */
	uint32_t identity; /* 0 until allocated */
	struct twp_place place;
};

/* Is this the host itself? It carries the label reserved:host. Its identity is TWP_IDENTITY_HOST. */
bool twp_endpoint_is_host(const struct twp_endpoint *endpoint);
/* What two endpoints that stand for the host must not differ in, and do; NULL: in nothing. */
const char *twp_hosts_differ(const struct twp_endpoint *a, const struct twp_endpoint *b);
/* Fails unless name, labels, addresses and bridge port are such as an endpoint may have. */
int twp_endpoint_check(const struct twp_endpoint *endpoint, struct twp_error *error);
void twp_endpoint_clean(struct twp_endpoint *endpoint);
const char *twp_endpoint_namespace(const struct twp_endpoint *endpoint);
/* The text under which it has its identity: labels, and what else rules can tell apart, which is
 * the namespace and the named ports. The caller frees it.
 */
char *twp_endpoint_identity_text(const struct twp_endpoint *endpoint);
/* Refuses a port twice; @name is copied. */
int twp_endpoint_add_port(struct twp_endpoint *endpoint, const char *name, uint8_t protocol,
			  uint16_t port, struct twp_error *error);
void twp_namespace_clean(struct twp_namespace *space);

/* What is there to be selected, as documents tell. */
struct twp_inventory {
	struct twp_namespace *namespace;
	size_t namespaces;
	struct twp_endpoint *endpoint;
	size_t endpoints;
	char **file; /* names; places count from 1 */
	size_t files;
};

/**
 * twp_inventory_seal() - sort namespaces and endpoints by name
 *
 * None may stand twice, nor an address; those that are the host must not differ. Return: 0; -1 and @errors, all that there are.
 */
int twp_inventory_seal(struct twp_inventory *inventory, struct twp_errors *errors);
void twp_inventory_clean(struct twp_inventory *inventory);

enum twp_operator {
	TWP_OPERATOR_IN,
	TWP_OPERATOR_NOT_IN,
	TWP_OPERATOR_EXISTS,
	TWP_OPERATOR_DOES_NOT_EXIST,
};

/* One item of matchExpressions. */
struct twp_requirement {
	char *key;
	enum twp_operator operator;
	char **value; /* of IN and NOT_IN */
	size_t values;
};

/* All of its labels and all of its requirements; with none it selects everything. */
struct twp_selector {
	struct twp_labels labels;
	struct twp_requirement *requirement;
	size_t requirements;
};

bool twp_selector_is_empty(const struct twp_selector *selector);
void twp_requirement_clean(struct twp_requirement *requirement);
int twp_selector_require(struct twp_selector *selector, const char *key,
			 enum twp_operator operator);
void twp_selector_clean(struct twp_selector *selector);

/* A prefix without others that lie in it. */
struct twp_block {
	struct twp_prefix prefix;
	struct twp_prefix *except;
	size_t excepts;
	bool endpoints; /* endpoints count, by their addresses; else what is no endpoint only */
};

/* Whom a rule is about: a selector, or a block. Entities become one or the other. */
struct twp_peer {
	bool is_block;
	bool entity; /* named as such: no namespace limits it */
	bool all_namespaces; /* the selector says which namespace */
	struct twp_selector selector;
	struct twp_block block;
};

/* One protocol, or each that has ports, and a range of ports, every one, or one by its name. */
struct twp_port {
	bool any_protocol; /* TCP, UDP and SCTP */
	uint8_t protocol; /* IPPROTO_... */
	bool any_port;
	uint16_t port; /* host byte order; ICMP: type << 8 */
	uint16_t last; /* of the range, not below @port */
	char *name; /* what the destination calls so; NULL: the range */
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
	unsigned int spec; /* its rule object in the document */
	uint32_t number; /* 0 until allocated; stable over updates */
	bool any_peer; /* no peer was named: everybody, endpoint or not */
	struct twp_peer *peer; /* one of them; with any_peer false and none, nobody */
	size_t peers;
	struct twp_selector *require; /* and each of these, whoever the peer is */
	size_t requires;
	bool nothing; /* an empty rule: selects nobody, but the section is there */
	struct twp_port *port; /* one of them; none: every port */
	size_t ports;
};

/* One rule object of a document: whom it selects, and what they may do. */
struct twp_spec {
	char *object; /* "NetworkPolicy shop/web"; NULL: a plain rule */
	unsigned int number; /* in the object's list, or in the document */
	bool listed; /* the object has a list */
	bool kubernetes; /* a NetworkPolicy: itself and the node are always let in */
	struct twp_selector subject;
	struct twp_rule *rule;
	size_t rules;
	bool has[TWP_SECTIONS]; /* the section is there and not empty */
	bool isolates[TWP_DIRECTIONS]; /* what no rule allows is denied */
	char *description; /* NULL: none */
	struct twp_labels labels; /* of the rule object itself */
	struct twp_place place; /* of the object */
	size_t begin, end; /* of the object, in the document */
	char *key; /* of rule_key.h */
};

struct twp_policy {
	char *name;
	char *text; /* the document, as it was given */
	char *fault; /* why it is not understood: then it has no spec. NULL but in the daemon */
	struct twp_spec *spec;
	size_t specs;
};

void twp_rule_clean(struct twp_rule *rule);
void twp_spec_clean(struct twp_spec *spec);
void twp_policy_clean(struct twp_policy *policy);

/* "ingress[0]"; of the third object of a list "[2].ingress[0]"; of a Kubernetes object
 * "NetworkPolicy shop/web ingress[0]".
 */
#define TWP_RULE_TEXT 640
const char *twp_rule_text(const struct twp_policy *policy, const struct twp_rule *rule,
			  char text[TWP_RULE_TEXT]);

#endif
