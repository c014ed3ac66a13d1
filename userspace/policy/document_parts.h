/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files document*.c share, and nobody else. */
#ifndef TWP_POLICY_DOCUMENT_PARTS_H
#define TWP_POLICY_DOCUMENT_PARTS_H

#include "document.h"
#include "grammar.h"

/* What a mapping is, by its fields: known before it is read, in whatever order they stand. */
enum twp_object_kind {
	TWP_OBJECT_RULE, /* a plain rule of Cilium */
	TWP_OBJECT_ENDPOINT, /* one of twinpath's own */
	TWP_OBJECT_ENDPOINTS, /* what 'endpoint list --json' prints */
	TWP_OBJECT_CILIUM, /* CiliumNetworkPolicy */
	TWP_OBJECT_CILIUM_CLUSTERWIDE,
	TWP_OBJECT_KUBERNETES, /* NetworkPolicy */
	TWP_OBJECT_NAMESPACE,
	TWP_OBJECT_POD,
	TWP_OBJECT_LIST, /* of objects that say their kind, or are of @items */
};

struct twp_object_form {
	enum twp_object_kind kind;
	enum twp_object_kind items; /* of a list */
};

/* Objects in the order in which they begin. */
struct twp_forms {
	struct twp_object_form *form;
	size_t count;
	size_t next; /* to be read */
};

/* document_scan.c: the forms of all objects of a file. */
int twp_forms_scan(struct twp_forms *forms, struct twp_source *source);

/* A file, as it is read. */
struct twp_reader {
	struct twp_source *source;
	struct twp_forms forms;
	struct twp_policy *policy; /* NULL: inventory only */
	struct twp_inventory *inventory; /* NULL: policies only */
	size_t skipped; /* bytes before the source's text: a byte order mark */
};

/* metadata of a Kubernetes object. */
struct twp_metadata {
	char *name, *namespace; /* NULL: not given */
	struct twp_labels labels;
	size_t place, name_place;
};

extern const struct twp_mapping twp_metadata_mapping;
/* Fails unless there is a name, and a good one. */
int twp_metadata_check(struct twp_source *source, const struct twp_metadata *metadata,
		       const char *kind);
void twp_metadata_clean(struct twp_metadata *metadata);

/* Each reads the mapping at hand, an object of its kind. */
int twp_rule_object_read(struct twp_source *source, struct twp_reader *reader);
int twp_cilium_object_read(struct twp_source *source, struct twp_reader *reader, bool clusterwide);
int twp_kubernetes_object_read(struct twp_source *source, struct twp_reader *reader);
int twp_namespace_object_read(struct twp_source *source, struct twp_reader *reader);
int twp_pod_object_read(struct twp_source *source, struct twp_reader *reader);
int twp_endpoint_object_read(struct twp_source *source, struct twp_reader *reader);

/* Takes what is in @spec, whose rules then know where it stands. */
int twp_spec_add(struct twp_source *source, struct twp_policy *policy, struct twp_spec *spec);
int twp_rule_add(struct twp_source *source, struct twp_spec *spec, struct twp_rule *rule);
/* Takes what is in @endpoint, and checks it. */
int twp_endpoint_add(struct twp_source *source, struct twp_reader *reader, size_t place,
		     struct twp_endpoint *endpoint);
/* Labels of our own documents, and of Kubernetes' metadata; into struct twp_labels. */
twp_grammar_reader twp_label_mapping_read;
twp_grammar_reader twp_metadata_labels_read;

/* document_names.c: what Kubernetes accepts as names and labels. */
bool twp_label_key_is_kubernetes(const char *key);
bool twp_label_value_is_kubernetes(const char *value);

/* document_selector.c; into struct twp_selector. */
twp_grammar_reader twp_cilium_selector_read;
twp_grammar_reader twp_pod_selector_read;
twp_grammar_reader twp_namespace_selector_read;
/* Does @selector ask for a label whose key is @key or, with @begins, begins so? */
bool twp_selector_names(const struct twp_selector *selector, const char *key, bool begins);
/* The same, and wants it to be there. */
bool twp_selector_wants(const struct twp_selector *selector, const char *key, bool begins);
int twp_selector_limit(struct twp_source *source, size_t place, struct twp_selector *selector,
		       const char *namespace);
/* Refuses what cannot be a key of a label in a document of Cilium, and takes its source off. */
int twp_label_key_check(struct twp_source *source, size_t place, char *key);

/* document_ports.c; into struct twp_rule. */
twp_grammar_reader twp_to_ports_read;
twp_grammar_reader twp_icmps_read;
twp_grammar_reader twp_kubernetes_ports_read;
/* A number from @least to 65535 without leading zeros. */
int twp_port_number_read(struct twp_source *source, unsigned int least, uint16_t *number);
#define TWP_PORT_NAME_MAX 15
bool twp_port_name_is_good(const struct twp_event *event);
/* In place of *@name, in lower case. */
int twp_port_name_read(struct twp_source *source, char **name);
/* The same; what is not of lower case is refused. */
int twp_kubernetes_port_name_read(struct twp_source *source, char **name);
int twp_port_protocol_read(struct twp_source *source, uint8_t *protocol);

/* document_peers.c; into struct twp_rule. */
twp_grammar_reader twp_endpoints_peers_read;
twp_grammar_reader twp_cidr_peers_read;
twp_grammar_reader twp_cidr_set_peers_read;
twp_grammar_reader twp_entities_read;
twp_grammar_reader twp_requires_read;
twp_grammar_reader twp_kubernetes_peers_read;

int twp_document_no_memory(const struct twp_source *source);

#endif
