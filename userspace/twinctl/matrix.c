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
	char **quoted; /* the same, as JSON has it */
	size_t ends;
	struct twp_oracle *oracle;
};

static void matrix_clean(struct matrix *matrix)
{
	for (size_t i = 0; i < matrix->ends; i++) {
		free(matrix->name[i]);
		free(matrix->quoted[i]);
	}
	free(matrix->name);
	free(matrix->quoted);
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

static char *quote(const char *name)
{
	json_t *string = json_string(name);
	char *text = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;

	if (!text)
		exit(ctl_fail("out of memory"));
	json_decref(string);
	return text;
}

static void names_make(struct matrix *matrix)
{
	const struct twp_inventory *inventory = &matrix->documents.inventory;
	const size_t ends = inventory->endpoints + matrix->addresses;

	matrix->name = ctl_alloc(NULL, ends + 1, sizeof(char *));
	matrix->quoted = ctl_alloc(NULL, ends + 1, sizeof(char *));
	for (size_t i = 0; i < ends; i++) {
		bool known = i < inventory->endpoints;
		struct ctl_end end = { known ? &inventory->endpoint[i] : NULL, { 0 }, false };

		if (!known)
			end.address = matrix->address[i - inventory->endpoints];
		matrix->name[i] = ctl_end_text(&end);
		matrix->quoted[i] = quote(matrix->name[i]);
		matrix->ends++;
	}
}

/* What is outside does not ask itself. */
static bool is_probe(const struct matrix *matrix, size_t from, size_t to)
{
	return from < matrix->documents.inventory.endpoints ||
	       to < matrix->documents.inventory.endpoints;
}

/* Written by hand: a thousand ends make millions of probes, and a tree of each takes its time. */
static void print_probe(const struct matrix *matrix, size_t from, size_t to,
			const struct ctl_port *port)
{
	struct twp_answer answer;

	twp_oracle_pair(matrix->oracle, from, to, port->protocol, port->port, &answer);
	printf("{\"from\":%s,\"to\":%s,\"protocol\":\"%s\",\"port\":%u,\"egress\":\"%s\","
	       "\"ingress\":\"%s\",\"verdict\":\"%s\"}",
	       matrix->quoted[from], matrix->quoted[to], ctl_port_protocol(port),
	       ctl_port_number(port), ctl_verdict_word(answer.direction[TWP_EGRESS]),
	       ctl_verdict_word(answer.direction[TWP_INGRESS]), ctl_verdict_word(answer.verdict));
}

static void print_json(const struct matrix *matrix)
{
	const char *between = "\n";

	fputs("{\"probes\": [", stdout);
	for (size_t p = 0; p < matrix->ports; p++) {
		for (size_t i = 0; i < matrix->ends * matrix->ends; i++) {
			size_t from = i / matrix->ends, to = i % matrix->ends;

			if (!is_probe(matrix, from, to))
				continue;
			fputs(between, stdout);
			print_probe(matrix, from, to, &matrix->port[p]);
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
	bool audits = false;
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
				      answer.verdict == TWP_VERDICT_NONE  ? "" :
				      answer.verdict == TWP_VERDICT_DENY  ? "X" :
				      answer.verdict == TWP_VERDICT_AUDIT ? "a" :
									    ".");
			audits |= answer.verdict == TWP_VERDICT_AUDIT;
		}
	}
	printf("%s  (. passes, X is denied%s)\n", port->text,
	       audits ? ", a would be denied and passes: audit" : "");
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
