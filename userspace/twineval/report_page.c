// SPDX-License-Identifier: GPL-2.0-only
/* The page as HTML: its frame, paragraphs, figures with their legends and captions. */
#include <stdlib.h>
#include <string.h>

#include "policy/memory.h"
#include "report_page.h"
#include "report_style.h"

/* The first line says where, the others what. */
static void write_lines(FILE *out, char *text)
{
	char *rest = NULL, *line = strtok_r(text, "\n", &rest);

	/* Nothing is said of that place. */
	if (!line || !*rest)
		return;
	fputs("<div class=\"words\"><p class=\"where\">", out);
	format_html(out, line);
	fputs("</p>\n<ul class=\"shows\">\n", out);
	while ((line = strtok_r(NULL, "\n", &rest))) {
		fputs("<li>", out);
		format_html(out, line);
		fputs("</li>\n", out);
	}
	fputs("</ul></div>\n", out);
}

void page_sentences(const struct page *page, void (*say)(FILE *out, const struct grid *grid),
		    const struct grid *grid)
{
	char *text TWP_AUTOFREE = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	say(out, grid);
	fclose(out);
	write_lines(page->out, text);
}

struct figure page_figure(struct page *page, const char *title, const char *x_label,
			  const char *y_label)
{
	snprintf(page->id, sizeof(page->id), "figure%u", ++page->figures);
	return (struct figure){
		.id = page->id, .title = title, .x_label = x_label, .y_label = y_label
	};
}

static void write_legend(FILE *out, const struct figure *figure)
{
	fputs("<ul class=\"legend\">", out);
	for (size_t i = 0; i < figure->count; i++) {
		bool ours = !strncmp(figure->series[i].name, "twinpath-", 9);

		fprintf(out, "<li%s>", ours ? " class=\"ours\"" : "");
		style_mark(out, style_of(figure->series[i].name));
		format_html(out, figure->series[i].name);
		fputs("</li>", out);
	}
	fputs("</ul>\n", out);
}

void page_figure_begin(const struct page *page, const struct figure *figure, const char *svg,
		       const struct twp_error *error, const char *heading)
{
	FILE *out = page->out;

	fputs("<figure>\n<h3>", out);
	format_html(out, heading);
	fputs("</h3>\n", out);
	if (svg) {
		fputs(svg, out);
		write_legend(out, figure);
	} else {
		fputs("<p class=\"note\">No figure: ", out);
		format_html(out, error->text);
		fputs("</p>\n", out);
	}
}

void page_caption_begin(const struct page *page)
{
	fputs("<figcaption>", page->out);
}

void page_note(const struct page *page, const char *note)
{
	if (!note)
		return;
	format_html(page->out, note);
	fputc(' ', page->out);
}

void page_figure_end(const struct page *page)
{
	fputs("</figcaption>\n</figure>\n", page->out);
}

void page_place(FILE *out, const struct grid *grid)
{
	format_html(out, grid->topology);
	fprintf(out, ", offloads %s", grid->offloads ? "on" : "off");
	if (grid->axis == GRID_CHANGED) {
		fputs(", ", out);
		format_count(out, grid->entries);
		fputs(" entries", out);
	}
}

static void write_machine(FILE *out, const struct machine *machine)
{
	fputs("Clock: ", out);
	format_html(out, machine->clock);
	if (!strcmp(machine->clock, "virtual"))
		fputs(" (a guest instruction is a nanosecond; no cache, branch or retpoline cost)",
		      out);
	fputs(". Kernel ", out);
	format_html(out, machine->kernel);
	fputs(", BPF JIT ", out);
	format_html(out, machine->jit);
	fputs(", mitigations: ", out);
	format_html(out, machine->mitigations);
	fputs(", CPU: ", out);
	format_html(out, machine->cpu);
	fputs(". ", out);
}

static bool is_bridged(const struct grid *grid, const char *datapath)
{
	for (size_t i = 0; i < grid->rows->count; i++) {
		const struct row *row = &grid->rows->row[i];

		if (grid_has(grid, row) && row->bridge_netfilter &&
		    !strcmp(row->datapath, datapath))
			return true;
	}
	return false;
}

static void write_bridged(FILE *out, const struct grid *grid)
{
	struct grid_names names = grid_datapaths(grid);
	size_t count = 0;

	for (size_t i = 0; i < names.count; i++) {
		if (!is_bridged(grid, names.name[i]))
			continue;
		if (count++) {
			fputs(", ", out);
		} else {
			fputs("On ", out);
			format_html(out, grid->topology);
			fputs(" through br_netfilter, which itself costs every packet: ", out);
		}
		format_html(out, names.name[i]);
	}
	if (count)
		fputs(". ", out);
	free(names.name);
}

bool page_same_machine(const struct machine *a, const struct machine *b)
{
	return !strcmp(a->clock, b->clock) && !strcmp(a->kernel, b->kernel) &&
	       !strcmp(a->cpu, b->cpu) && !strcmp(a->jit, b->jit) &&
	       !strcmp(a->mitigations, b->mitigations);
}

static bool any_has(const struct grid *grid, size_t count, const struct row *row)
{
	for (size_t i = 0; i < count; i++)
		if (grid_has(&grid[i], row))
			return true;
	return false;
}

static void write_machines(FILE *out, const struct grid *grid, size_t count)
{
	const struct rows *rows = grid->rows;

	for (size_t i = 0; i < rows->count; i++) {
		bool said = !any_has(grid, count, &rows->row[i]);

		for (size_t j = 0; j < i && !said; j++)
			said = any_has(grid, count, &rows->row[j]) &&
			       page_same_machine(&rows->row[j].machine, &rows->row[i].machine);
		if (!said)
			write_machine(out, &rows->row[i].machine);
	}
}

void page_circumstances(const struct page *page, const struct grid *grid, size_t count)
{
	fprintf(page->out, "Topolog%s: ", count > 1 ? "ies" : "y");
	for (size_t i = 0; i < count; i++) {
		if (i)
			fputs("; ", page->out);
		page_place(page->out, &grid[i]);
	}
	fputs(". ", page->out);
	write_machines(page->out, grid, count);
	for (size_t i = 0; i < count; i++)
		write_bridged(page->out, &grid[i]);
}
