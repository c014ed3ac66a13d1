/* SPDX-License-Identifier: GPL-2.0-only */
/* The page as HTML: its frame, paragraphs, figures with their legends and captions. */
#ifndef TWP_TWINEVAL_REPORT_PAGE_H
#define TWP_TWINEVAL_REPORT_PAGE_H

#include "report_figure.h"
#include "report_format.h"
#include "report_grid.h"

struct page {
	FILE *out;
	const struct rows *rows;
	bool gnuplot; /* false: no figures */
	unsigned int figures; /* so far: their ids */
	char id[16];
};

void page_begin(const struct page *page);
void page_end(const struct page *page);

/* What a function of report_text.h writes, as a list. */
void page_sentences(const struct page *page, void (*say)(FILE *out, const struct grid *grid),
		    const struct grid *grid);

/* A figure without its series, with an id of its own; strings are the caller's. */
struct figure page_figure(struct page *page, const char *title, const char *x_label,
			  const char *y_label);

/**
 * page_figure_begin() - put a figure's drawing and legend into the page
 * @page: page
 * @figure: that was drawn
 * @svg: or NULL
 * @error: why there is no @svg
 * @heading: above it
 *
 * What is written then stands below it, and after page_caption_begin() in its caption.
 */
void page_figure_begin(const struct page *page, const struct figure *figure, const char *svg,
		       const struct twp_error *error, const char *heading);
void page_caption_begin(const struct page *page);
void page_figure_end(const struct page *page);

/* A sentence of the caption; @note may be NULL. */
void page_note(const struct page *page, const char *note);

/* Where, on what machine, by which clock: what every figure has to say, of all @count grids. */
void page_circumstances(const struct page *page, const struct grid *grid, size_t count);

bool page_same_machine(const struct machine *a, const struct machine *b);

/* "routed, offloads off" */
void page_place(FILE *out, const struct grid *grid);

#endif
