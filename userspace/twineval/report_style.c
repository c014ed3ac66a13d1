// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a datapath looks in every figure. Kinds of filters share a colour, members of a
 * kind differ by points and dashes; twinpath's lines are broad, and as they often
 * lie on each other the upper one is narrower and dashed.
 */
#include <string.h>

#include "report_style.h"

static const struct style styles[] = {
	{ "none", "#777777", 2, "2 4", 1.5 },
	{ "conntrack", "#777777", 1, "8 4", 1.5 },
	{ "iptables-nomatch", "#D55E00", 5, "", 2 },
	{ "iptables-top", "#D55E00", 4, "8 4", 1.5 },
	{ "iptables-nft", "#E69F00", 5, "2 4", 2 },
	{ "ipset", "#E69F00", 12, "8 4", 1.5 },
	{ "nft-linear", "#CC79A7", 9, "", 2 },
	{ "nft-set", "#CC79A7", 8, "8 4", 1.5 },
	{ "nft-vmap", "#CC79A7", 10, "2 4", 1.5 },
	{ "tc-bpf", "#56B4E9", 13, "8 4", 1.5 },
	{ "nft-labels", "#000000", 11, "", 1.5 },
	{ "nft-labels-established", "#000000", 10, "8 4", 1.5 },
	{ "twinpath-nft", "#0072B2", 7, "", 5 },
	{ "twinpath-bpf", "#009E73", 15, "6 3", 2.5 },
	{ "iptables (study)", "#D55E00", 5, "", 2 },
	{ "eBPF, Cilium (study)", "#56B4E9", 13, "", 2 },
};

static const struct style unknown = { "", "#A09000", 14, "8 2 2 2", 1.5 };

const char *const style_part[STYLE_PARTS] = { "#D55E00", "#56B4E9", "#009E73", "#F0E442",
					      "#0072B2", "#CC79A7", "#E69F00", "#999999",
					      "#8C6BB1", "#A6761D", "#E4E4E4" };

/* By gnuplot's number, from 1; the SVG terminal's own shapes, for a radius of 1. */
#define CIRCLE "M-1,0 a1,1 0 1,0 2,0 a1,1 0 1,0 -2,0 z"
#define SQUARE "M-1,-1 h2 v2 h-2 z"
#define UP "M0,-1.33 L-1.33,0.67 L1.33,0.67 z"
#define DOWN "M0,1.33 L1.33,-0.67 L-1.33,-0.67 z"
#define DIAMOND "M0,-1.41 L1.41,0 L0,1.41 L-1.41,0 z"
#define PENTAGON "M0,-1.33 L-1.265,-0.411 L-0.782,1.067 L0.782,1.076 L1.265,-0.411 z"
static const char *const shapes[] = {
	"M-1,0 h2 M0,-1 v2",
	"M-1,-1 L1,1 M1,-1 L-1,1",
	"M-1,0 L1,0 M0,-1 L0,1 M-1,-1 L1,1 M-1,1 L1,-1",
	SQUARE,
	SQUARE,
	CIRCLE,
	CIRCLE,
	UP,
	UP,
	DOWN,
	DOWN,
	DIAMOND,
	DIAMOND,
	PENTAGON,
	PENTAGON,
};

const struct style *style_of(const char *name)
{
	for (size_t i = 0; i < sizeof(styles) / sizeof(*styles); i++)
		if (!strcmp(styles[i].name, name))
			return &styles[i];
	return &unknown;
}

void style_mark(FILE *out, const struct style *style)
{
	/* Odd numbers from 5 on are filled. */
	const char *fill = style->point >= 5 && style->point % 2 ? style->colour : "#fff";

	fprintf(out,
		"<svg class=\"mark\" viewBox=\"0 0 40 14\" aria-hidden=\"true\">"
		"<path d=\"M1,7 H39\" stroke=\"%s\" stroke-width=\"%g\" stroke-dasharray=\"%s\"/>"
		"<path d=\"%s\" transform=\"translate(20 7) scale(4.4)\" stroke=\"%s\" fill=\"%s\" "
		"stroke-width=\".3\"/></svg>",
		style->colour, style->width, *style->dash ? style->dash : "none",
		shapes[style->point - 1], style->colour, fill);
}

bool style_dark(size_t part)
{
	return !strcmp(style_part[part], "#0072B2") || !strcmp(style_part[part], "#8C6BB1");
}
