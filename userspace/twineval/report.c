// SPDX-License-Identifier: GPL-2.0-only
/* The report of a run: what its page holds, and in which order. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "experiment.h"
#include "policy/memory.h"
#include "report.h"
#include "report_draw.h"
#include "report_headline.h"
#include "report_section.h"
#include "report_table.h"

static const char usage[] =
	"usage: twineval report FOLDER\n"
	"\n"
	"Writes FOLDER/report/index.html and FOLDER/results.csv from FOLDER/results.jsonl.\n";

static void write_numbers(const struct page *page)
{
	struct headline_number number[HEADLINE_NUMBERS];
	size_t count = headline_numbers(page->rows, number);

	if (!count)
		return;
	fputs("<div class=\"tiles\">\n", page->out);
	for (size_t i = 0; i < count; i++) {
		fputs("<div class=\"tile\"><b>", page->out);
		format_html(page->out, number[i].value);
		fputs("</b><span>", page->out);
		format_html(page->out, number[i].label);
		fputs("</span></div>\n", page->out);
	}
	fputs("</div>\n", page->out);
}

static void write_nav(const struct page *page)
{
	fputs("<nav>", page->out);
	for (size_t i = 0; experiments[i]; i++)
		fprintf(page->out, "<a href=\"#%s\">%s</a>", experiments[i]->name,
			experiments[i]->title);
	fputs("<a href=\"#missing\">What is missing</a><a href=\"#datapaths\">Datapaths</a>"
	      "<a href=\"#repeat\">Machine</a></nav>\n",
	      page->out);
}

static void write_top(struct page *page)
{
	char *sentence TWP_AUTOFREE = NULL;
	size_t size;
	FILE *out = open_memstream(&sentence, &size);

	fputs("<h1>twinpath beside iptables, ipset, nftables and tc BPF</h1>\n", page->out);
	if (out) {
		headline_text(out, page->rows);
		fclose(out);
		fputs("<p class=\"headline\">", page->out);
		format_html(page->out,
			    size ? sentence : "The run holds too little for a headline.");
		fputs("</p>\n", page->out);
	}
	write_nav(page);
	if (!page->gnuplot)
		fputs("<p><b>gnuplot was not found: this report has tables and text, but no "
		      "figures.</b></p>\n",
		      page->out);
	fputs("<div class=\"top\">\n", page->out);
	draw_headline(page);
	write_numbers(page);
	fputs("</div>\n<p class=\"note\">N is the number of entries that a datapath holds: rules, or "
	      "elements of a set or map. ",
	      page->out);
	headline_spread(page->out, page->rows);
	fputs("</p>\n", page->out);
}

/* Experiments that only the rows know come last. */
static void write_sections(struct page *page)
{
	for (size_t i = 0; experiments[i]; i++)
		section_write(page, experiments[i]->name);
	for (size_t i = 0; i < page->rows->count; i++) {
		const char *name = page->rows->row[i].experiment;
		bool said = experiment_find(name) != NULL;

		for (size_t j = 0; j < i && !said; j++)
			said = !strcmp(page->rows->row[j].experiment, name);
		if (!said)
			section_write(page, name);
	}
}

static void write_about(const struct page *page)
{
	fputs("<section id=\"datapaths\">\n<h2>Datapaths</h2>\n<p class=\"question\">What each filter "
	      "does: figures compare like with like only where these agree.</p>\n",
	      page->out);
	table_datapaths(page);
	fputs("<h3>Topologies</h3>\n", page->out);
	table_topologies(page);
	fputs("</section>\n", page->out);
}

static void write_repeat(const struct page *page, const char *command)
{
	FILE *out = page->out;

	fputs("<section id=\"repeat\">\n<h2>The machine, and how to repeat this</h2>\n", out);
	table_machines(page);
	if (command) {
		fputs("<pre>", out);
		format_html(out, command);
		fputs("</pre>\n", out);
	} else {
		fputs("<p>The command of this run was not kept.</p>\n", out);
	}
	fputs("<p>Every value is a line of <code>results.jsonl</code>, with the proof that the filter "
	      "was in the path, and of <code>results.csv</code>. <code>twineval compare A B</code> "
	      "says what changed between two runs; <code>twineval report FOLDER</code> writes this "
	      "page again.</p>\n</section>\n",
	      out);
}

static int write_page(const char *path, const struct rows *rows, const char *command,
		      struct twp_error *error)
{
	char *text TWP_AUTOFREE = NULL;
	size_t size;
	struct page page = {
		.out = open_memstream(&text, &size),
		.rows = rows,
		.gnuplot = command_exists("gnuplot"),
	};

	if (!page.out)
		return twp_error_set(error, "%s: %s", path, strerror(errno));
	if (!page.gnuplot)
		fputs("twineval: gnuplot was not found: the report has no figures\n", stderr);
	page_begin(&page);
	write_top(&page);
	write_sections(&page);
	missing_write(&page);
	write_about(&page);
	write_repeat(&page, command);
	page_end(&page);
	if (fclose(page.out))
		return twp_error_set(error, "%s: %s", path, strerror(errno));
	return command_write_file(path, text, error);
}

static int write_csv(const char *path, const struct rows *rows, struct twp_error *error)
{
	char *text TWP_AUTOFREE = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return twp_error_set(error, "%s: %s", path, strerror(errno));
	int status = rows_write_csv(out, rows);
	if (fclose(out) || status)
		return twp_error_set(error, "%s: %s", path, strerror(errno));
	return command_write_file(path, text, error);
}

/* The command of a run is kept beside its rows, for when its report is written again. */
static int keep_command(const char *path, const char *command, char **kept, struct twp_error *error)
{
	if (command) {
		*kept = strdup(command);
		return *kept ? command_write_file(path, command, error) :
			       twp_error_set(error, "out of memory");
	}
	*kept = command_read_file(path, NULL);
	if (*kept)
		(*kept)[strcspn(*kept, "\n")] = '\0';
	return 0;
}

int report_write(const char *folder, const struct rows *rows, const char *command,
		 struct twp_error *error)
{
	char path[4096];
	char *kept TWP_AUTOFREE = NULL;

	if (strlen(folder) > sizeof(path) - 32)
		return twp_error_set(error, "the folder's name has more than %zu characters",
				     sizeof(path) - 32);
	snprintf(path, sizeof(path), "%s/command", folder);
	if (keep_command(path, command, &kept, error))
		return -1;
	snprintf(path, sizeof(path), "%s/results.csv", folder);
	if (write_csv(path, rows, error))
		return -1;
	snprintf(path, sizeof(path), "%s/report", folder);
	if (mkdir(path, 0777) && errno != EEXIST)
		return twp_error_set(error, "%s: %s", path, strerror(errno));
	snprintf(path, sizeof(path), "%s/report/index.html", folder);
	return write_page(path, rows, kept, error);
}

int report_main(int argc, char **argv)
{
	struct rows rows = { 0 };
	struct twp_error error;
	char path[4096];

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc != 2 || *argv[1] == '-') {
		fputs(usage, stderr);
		return 2;
	}
	snprintf(path, sizeof(path), "%s/results.jsonl", argv[1]);
	int status = rows_read(&rows, path, &error);
	if (!status) {
		status = report_write(argv[1], &rows, NULL, &error);
		rows_clean(&rows);
	}
	if (status) {
		fprintf(stderr, "twineval: %s\n", error.text);
		return 1;
	}
	printf("%s/report/index.html\n", argv[1]);
	return 0;
}
