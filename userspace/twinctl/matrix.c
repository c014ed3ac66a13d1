// SPDX-License-Identifier: GPL-2.0-only
/* twinctl policy matrix: every pair of endpoints and addresses, of every port that is asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "documents.h"

struct matrix {
	struct ctl_documents documents;
	struct ctl_port *port;
	size_t ports;
	struct twp_address *address;
	size_t addresses;
	char **name; /* of each end */
	size_t ends;
	struct twp_oracle *oracle;
};

static void matrix_clean(struct matrix *matrix)
{
	for (size_t i = 0; i < matrix->ends; i++)
		free(matrix->name[i]);
	free(matrix->name);
	free(matrix->port);
	free(matrix->address);
	twp_oracle_close(matrix->oracle);
	ctl_documents_clean(&matrix->documents);
}

static int options_read(struct matrix *matrix, const struct ctl_call *call)
{
	struct twp_error error;
	size_t next = 0;
	const char *text;

	matrix->port = ctl_alloc(NULL, call->givens + 1, sizeof(*matrix->port));
	matrix->address = ctl_alloc(NULL, call->givens + 1, sizeof(*matrix->address));
	while ((text = ctl_option_next(call, "port", &next)))
		if (ctl_port_read(&matrix->port[matrix->ports++], call, text))
			return CTL_USAGE;
	if (!matrix->ports)
		return ctl_usage(call, "matrix wants '--port'");
	next = 0;
	while ((text = ctl_option_next(call, "address", &next)))
		if (ctl_address_read(&matrix->address[matrix->addresses++], text, &error))
			return ctl_usage(call, "option '--address': %s", error.text);
	return CTL_DONE;
}

static void names_make(struct matrix *matrix)
{
	const struct twp_inventory *inventory = &matrix->documents.inventory;

	matrix->name =
		ctl_alloc(NULL, inventory->endpoints + matrix->addresses + 1, sizeof(char *));
	for (size_t i = 0; i < inventory->endpoints + matrix->addresses; i++) {
		bool known = i < inventory->endpoints;
		struct ctl_end end = { known ? &inventory->endpoint[i] : NULL, { 0 }, false };

		if (!known)
			end.address = matrix->address[i - inventory->endpoints];
		matrix->name[matrix->ends++] = ctl_end_text(&end);
	}
}

/* What is outside does not ask itself. */
static bool is_probe(const struct matrix *matrix, size_t from, size_t to)
{
	return from < matrix->documents.inventory.endpoints ||
	       to < matrix->documents.inventory.endpoints;
}

static void print_json(struct matrix *matrix)
{
	const char *between = "\n";

	fputs("{\"probes\": [", stdout);
	for (size_t p = 0; p < matrix->ports; p++) {
		const struct ctl_port *port = &matrix->port[p];

		for (size_t i = 0; i < matrix->ends * matrix->ends; i++) {
			size_t from = i / matrix->ends, to = i % matrix->ends;
			struct twp_answer answer;
			json_t *probe;

			if (!is_probe(matrix, from, to))
				continue;
			twp_oracle_pair(matrix->oracle, from, to, port->protocol, port->port,
					&answer);
			probe = json_pack("{s:s,s:s,s:s,s:i,s:s,s:s,s:s}", "from",
					  matrix->name[from], "to", matrix->name[to], "protocol",
					  ctl_port_protocol(port), "port",
					  (int)ctl_port_number(port), "egress",
					  ctl_verdict_word(answer.direction[TWP_EGRESS]), "ingress",
					  ctl_verdict_word(answer.direction[TWP_INGRESS]),
					  "verdict", ctl_verdict_word(answer.verdict));
			fputs(between, stdout);
			json_dumpf(probe, stdout, JSON_COMPACT);
			json_decref(probe);
			between = ",\n";
		}
	}
	fputs("\n]}\n", stdout);
}

/* Rows ask, columns are asked: both have the numbers that stand before the names. */
static void print_table(struct matrix *matrix, const struct ctl_port *port)
{
	struct ctl_table table CTL_CLEAN(ctl_table_clean);
	char *head CTL_CLEAN(ctl_free) = NULL;
	size_t length;
	FILE *stream = open_memstream(&head, &length);

	if (!stream)
		exit(ctl_fail("out of memory"));
	fprintf(stream, ">|<from \\ to");
	for (size_t i = 0; i < matrix->ends; i++)
		fprintf(stream, "|>%zu", i + 1);
	fclose(stream);
	ctl_table_init(&table, head);
	for (size_t from = 0; from < matrix->ends; from++) {
		ctl_table_add(&table, "%zu", from + 1);
		ctl_table_add(&table, "%s", matrix->name[from]);
		for (size_t to = 0; to < matrix->ends; to++) {
			struct twp_answer answer = { .verdict = TWP_VERDICT_NONE };

			if (is_probe(matrix, from, to))
				twp_oracle_pair(matrix->oracle, from, to, port->protocol,
						port->port, &answer);
			ctl_table_add(&table, "%s",
				      answer.verdict == TWP_VERDICT_NONE ? "" :
				      answer.verdict == TWP_VERDICT_DENY ? "X" :
									   ".");
		}
	}
	printf("%s  (. passes, X is denied)\n", port->text);
	ctl_table_print(&table);
}

int ctl_policy_matrix(const struct ctl_call *call)
{
	struct matrix matrix CTL_CLEAN(matrix_clean) = { 0 };
	int result = options_read(&matrix, call);

	if (!result)
		result = ctl_documents_read(&matrix.documents, call);
	if (result)
		return result;
	names_make(&matrix);
	matrix.oracle = twp_oracle_open(&matrix.documents.input, matrix.address, matrix.addresses);
	if (!matrix.oracle)
		return ctl_fail("out of memory");
	if (call->json) {
		print_json(&matrix);
		return CTL_DONE;
	}
	for (size_t p = 0; p < matrix.ports; p++) {
		if (p)
			putchar('\n');
		print_table(&matrix, &matrix.port[p]);
	}
	return CTL_DONE;
}
