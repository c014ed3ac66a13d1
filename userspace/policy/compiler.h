/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the compiler share: the files compile*.c, nobody else. */
#ifndef TWP_POLICY_COMPILER_H
#define TWP_POLICY_COMPILER_H

#include "compile.h"
#include "selector.h"

/*
 * Whatever rules cannot tell apart: addresses of endpoints with the same labels,
 * namespace and named ports, that lie in the same prefixes; or what is no
 * endpoint and lies in the same prefixes. It has an identity.
 */
struct twp_class {
	uint32_t identity;
	uint32_t base; /* identity that its endpoints came with; 0: they are none */
	const struct twp_labels *labels;
	const struct twp_named_port *port;
	size_t ports;
	const struct twp_prefix *place; /* the smallest prefix that holds them; NULL: none does */
	const char *alone; /* the only endpoint, which has several addresses; NULL: there are more */
	const char *text; /* under which the compiler got the identity; NULL: it did not */
	void *own; /* holds what the above point to; NULL: nothing */
	size_t members; /* addresses of endpoints */
	bool is_host;
	bool dirty; /* in an update: its rows are compiled anew */
	bool touched; /* in an update: another class came or went among its peers */
	bool selected[TWP_DIRECTIONS]; /* by a policy */
	bool isolated[TWP_DIRECTIONS]; /* and what no rule allows is denied */
	bool kubernetes[TWP_DIRECTIONS]; /* by a NetworkPolicy */
	struct twp_rules_in_use dir[TWP_DIRECTIONS];
};

/* What a class is made of. */
struct twp_member {
	const struct twp_endpoint *endpoint;
	const struct twp_prefix *place;
	bool alone; /* nobody else is of its class */
	size_t number; /* of the address, among all */
};

/* What a rule's key leaves open, and its port. */
struct twp_opening {
	uint32_t shape;
	__be16 port;
};

/* A namespace as its endpoints' labels know it. */
struct twp_space {
	const char *name;
	struct twp_labels labels; /* keys owned, values not */
};

/* What a compilation leaves to the next one. Never changed after that. */
struct twp_compiled {
	struct twp_image image;
	struct twp_prefix *prefix; /* of all blocks, in order */
	struct twp_prefix *pod_prefix; /* of those that count for endpoints */
	size_t prefixes, pod_prefixes;
	struct twp_class *class; /* the world, the host, those of prefixes, those of endpoints */
	size_t classes, first_endpoint;
	struct twp_label_index index; /* of the classes */
	bool kubernetes; /* there is a NetworkPolicy */
	bool default_deny;
	bool host_audit; /* of the host itself */
	bool is_update; /* not all was compiled */
	/* Prefixes are shared with it, and classes as @map says, until one of both is freed. */
	struct twp_compiled *before;
	struct twp_compiled *after; /* which shares with this one */
	uint32_t *map; /* of a class before: its number now, TWP_CLASS_GONE */
	size_t shared; /* the first class that is not shared */
};

/* A class of endpoints in a scope, and the prefix of blocks for endpoints that holds it. */
struct twp_placed {
	const struct twp_prefix *place; /* in pod_prefix */
	uint32_t number; /* in the scope */
};

/* Among whom a rule chooses: some of the classes. */
struct twp_scope {
	struct twp_label_index *index;
	const uint32_t *class; /* their numbers; NULL: all, in order */
	struct twp_selection chosen; /* numbers in the scope */
	struct twp_placed *placed; /* sorted; NULL: not asked for yet */
	size_t placeds;
};

struct twp_compiler {
	const struct twp_compile_input *input;
	const struct twp_sizes *sizes;
	struct twp_error *error;
	struct twp_compiled out;
	struct twp_space *space; /* by name */
	size_t spaces;
	uint32_t *host; /* the classes of the host */
	size_t hosts;
	uint32_t *class_of; /* of each address of each endpoint */
	struct twp_scope subjects, peers; /* of the rules at hand */
	struct twp_opening *opening; /* of the rule at hand */
	size_t openings;
	uint64_t tried; /* rows that were made, equal ones too */
};

#define TWP_CLASS_GONE UINT32_MAX

enum { TWP_CLASS_WORLD, TWP_CLASS_HOST, TWP_CLASS_FIRST };

static inline uint32_t twp_scope_class(const struct twp_scope *scope, size_t number)
{
	return scope->class ? scope->class[number] : (uint32_t)number;
}

static inline uint32_t twp_scope_chosen(const struct twp_scope *scope, size_t i)
{
	return twp_scope_class(scope, scope->chosen.set[i]);
}

static inline int twp_compile_memory(const struct twp_compiler *c)
{
	return twp_error_set(c->error, "out of memory");
}

/* compile.c: the parts that a full compilation shares with an update. */
int twp_compile_host(struct twp_compiler *c, const struct twp_address *address,
		     const struct twp_class *class, bool audit);
/* The rows of the host itself. */
int twp_compile_host_self(struct twp_compiler *c);
int twp_compile_generation(struct twp_compiler *c);
/* The classes of @class, of all if that is NULL, become a scope. */
int twp_scope_init(struct twp_scope *scope, const struct twp_compiler *c,
		   struct twp_label_index *index, const uint32_t *class);
void twp_compiler_clean(struct twp_compiler *c);
void twp_compiled_clean(struct twp_compiled *compiled);

/* compile_prefixes.c: the prefixes of all blocks, which fit their tables. */
int twp_compile_prefixes(struct twp_compiler *c);
/* The smallest of @prefix that holds @address, or NULL. */
const struct twp_prefix *twp_prefix_place(const struct twp_prefix *prefix, size_t prefixes,
					  const struct twp_address *address);
/* Chooses the peers in scope that @block covers. */
int twp_compile_block(struct twp_compiler *c, const struct twp_block *block);

/* compile_labels.c: what @endpoints of a namespace are known by. */
int twp_compile_spaces(struct twp_compiler *c, const struct twp_endpoint *endpoint,
		       size_t endpoints);
/* @to is overwritten; its array is to be freed, its texts are not. */
int twp_compile_labels(const struct twp_compiler *c, const struct twp_endpoint *endpoint,
		       struct twp_labels *to);

/* compile_class.c: one class, and its identity. */
/* The identity of what is no endpoint. */
int twp_class_of_prefix(const struct twp_compiler *c, struct twp_class *class);
/* The text for an identity of its own; NULL if it is that of its labels. */
int twp_class_text(const struct twp_compiler *c, const struct twp_member *member, char **text);
/* Fills a zeroed class, all but its identity; @text may be NULL. */
int twp_class_fill(const struct twp_compiler *c, struct twp_class *class,
		   const struct twp_member *member, const char *text);
/* A new identity, or the one that @text has. */
int twp_class_identify(const struct twp_compiler *c, int kind, const char *text,
		       uint32_t *identity);

/* compile_classes.c */
int twp_compile_classes(struct twp_compiler *c);
/* Could the endpoint have the identity that it came with? */
int twp_compile_endpoint_check(const struct twp_compiler *c, const struct twp_endpoint *endpoint);
/* Does an endpoint's own address have to be told from those of others? */
bool twp_compile_is_alone(const struct twp_compiler *c, const struct twp_endpoint *endpoint);
bool twp_compile_has_kubernetes(const struct twp_compile_input *input);

/* compile_rows.c: table rules. */
/* What a row makes its subject look up. */
void twp_in_use_add(struct twp_rules_in_use *in_use, const struct twp_rule_key *key,
		    uint32_t decision);
/* One row of a subject, and what it makes the subject look up. */
int twp_compile_row(struct twp_compiler *c, struct twp_class *subject, enum twp_direction d,
		    uint32_t peer, const struct twp_opening *opening, uint32_t decision);
/* Sorts the rows and leaves one for each key: deny wins, then the lowest rule number. */
void twp_compile_merge(struct twp_image *image);

/* compile_rules.c: fills table rules, and the words of the subjects in scope. */
int twp_compile_rules(struct twp_compiler *c);
/* Rows for subjects that are not dirty: of the peers in scope, and of no others. */
int twp_compile_new_peers(struct twp_compiler *c);
/* Are both of one endpoint, which has several addresses? */
bool twp_class_is_itself(const struct twp_class *a, const struct twp_class *b);

/* compile_update.c: @c->out from @before. Return: 0; -1: only a full compilation will do. */
int twp_compile_update(struct twp_compiler *c, struct twp_compiled *before,
		       const struct twp_compile_change *change);

/* compile_tables.c: joins new rows in @c->out with what stays of tables before. */
struct twp_leaving {
	const uint8_t *leaves; /* by identity up to TWP_IDENTITY_LABELS_MAX */
	const uint32_t *class_of; /* likewise: number of the class now */
	bool any; /* does an identity leave? */
	const struct twp_address *address; /* sorted; of which no host is left */
	size_t addresses;
};

enum { TWP_LEAVES_AS_SUBJECT = 1, TWP_LEAVES_AS_PEER = 2 };

int twp_compile_join_rules(struct twp_compiler *c, const struct twp_image *before,
			   const struct twp_leaving *leaving);
int twp_compile_join_hosts(struct twp_compiler *c, const struct twp_image *before,
			   const struct twp_leaving *leaving);

/* compile_ports.c: the shapes and ports of @port, NULL: of everything; appended to c->opening. */
int twp_compile_openings(struct twp_compiler *c, const struct twp_port *port);

#endif
