// SPDX-License-Identifier: GPL-2.0-only
/* Tables of what is compared, and of what the study states. */
#include <string.h>

#include "datapath.h"
#include "report_metric.h"
#include "report_table.h"
#include "study.h"
#include "topology.h"

static void write_words(FILE *out, const char *first, const char *second)
{
	fputs("<tr><th scope=\"row\">", out);
	format_html(out, first);
	fputs("</th><td>", out);
	format_html(out, second);
	fputs("</td>", out);
}

void table_datapaths(const struct page *page)
{
	fputs("<div class=\"scroll\" tabindex=\"0\"><table class=\"words\">\n<tr><th scope=\"col\">datapath"
	      "</th><th scope=\"col\">what it does</th><th scope=\"col\">matches</th>"
	      "<th scope=\"col\">state</th></tr>\n",
	      page->out);
	for (size_t i = 0; datapaths[i]; i++) {
		write_words(page->out, datapaths[i]->name, datapaths[i]->semantics);
		fputs("<td data-word=\"matches\">", page->out);
		format_html(page->out, datapaths[i]->matches);
		fprintf(page->out, "</td><td>%s</td></tr>\n",
			datapaths[i]->stateful ? "stateful" : "stateless");
	}
	fputs("</table></div>\n", page->out);
}

void table_topologies(const struct page *page)
{
	fputs("<div class=\"scroll\" tabindex=\"0\"><table class=\"words\">\n<tr><th scope=\"col\">topology"
	      "</th><th scope=\"col\">what it is</th></tr>\n",
	      page->out);
	for (size_t i = 0; topologies[i]; i++) {
		write_words(page->out, topologies[i]->name, topologies[i]->description);
		fputs("</tr>\n", page->out);
	}
	fputs("</table></div>\n", page->out);
}

static void write_machine(FILE *out, const struct machine *machine)
{
	const struct {
		const char *name, *value;
	} facts[] = {
		{ "clock",
		  !strcmp(machine->clock, "virtual") ?
			  "virtual: a guest instruction is a nanosecond; no cache, branch or "
			  "retpoline cost" :
			  machine->clock },
		{ "kernel", machine->kernel },
		{ "CPU", machine->cpu },
		{ "BPF JIT", machine->jit },
		{ "mitigations", machine->mitigations },
	};

	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		write_words(out, facts[i].name, facts[i].value);
		fputs("</tr>\n", out);
	}
}

void table_machines(const struct page *page)
{
	fputs("<div class=\"scroll\" tabindex=\"0\"><table class=\"words\">\n", page->out);
	for (size_t i = 0; i < page->rows->count; i++) {
		bool known = false;

		for (size_t j = 0; j < i && !known; j++)
			known = page_same_machine(&page->rows->row[j].machine,
						  &page->rows->row[i].machine);
		if (!known)
			write_machine(page->out, &page->rows->row[i].machine);
	}
	fputs("</table></div>\n", page->out);
}

static const char *unit_of(const struct study_point *point)
{
	const char *last = strrchr(point->metric, '_');

	return last ? last + 1 : point->metric;
}

void table_study(const struct page *page, const char *experiment)
{
	FILE *out = page->out;
	bool any = false;

	for (const struct study_point *point = study; point->experiment; point++) {
		if (strcmp(point->experiment, experiment))
			continue;
		if (!any)
			fputs("<details><summary>All that the study's text states of this</summary>"
			      "<div class=\"scroll\" tabindex=\"0\"><table>\n<tr><th scope=\"col\">datapath</th>"
			      "<th scope=\"col\">topology</th><th scope=\"col\">offloads</th>"
			      "<th scope=\"col\">N</th><th scope=\"col\">value</th></tr>\n",
			      out);
		any = true;
		fprintf(out, "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td>%u</td><td>",
			point->datapath, point->topology, point->offloads ? "on" : "off",
			point->entries);
		format_value(out, unit_of(point), "real", point->value);
		fputs("</td></tr>\n", out);
	}
	if (any)
		fputs("</table></div></details>\n", out);
}
