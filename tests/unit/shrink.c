// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes branches out of the trees of the documents, large ones first, and puts
 * back what is needed, until a whole round takes nothing.
 */
#include "shrink.h"

#include <stdlib.h>
#include <string.h>

#include "yaml_tree.h"

struct shrinking {
	struct generated *g;
	unsigned int tries, most;
	shrink_still *still;
	void *context;
	bool took; /* something, in this round */
	/* The file at hand: */
	struct yaml_tree *documents;
	size_t file;
};

static bool still_there(struct shrinking *s)
{
	s->tries++;
	return s->still(s->g, s->context);
}

/* Writes the tree at hand into its file, and asks. */
static bool still_there_written(struct shrinking *s)
{
	char **text = &s->g->file[s->file].text, *before = *text;

	*text = yaml_tree_write(s->documents);
	if (still_there(s)) {
		free(before);
		return true;
	}
	free(*text);
	*text = before;
	return false;
}

/* One after the other, from the last: of a mapping, a key with its value. */
static void branches_take(struct shrinking *s, struct yaml_tree *tree)
{
	const size_t step = tree->kind == YAML_TREE_MAPPING ? 2 : 1;

	for (size_t i = tree->branches; i >= step && s->tries < s->most; i -= step) {
		struct yaml_tree **place = &tree->branch[i - step], *taken[2];
		size_t behind = (tree->branches - i) * sizeof(*place);

		memcpy(taken, place, step * sizeof(*place));
		memmove(place, place + step, behind);
		tree->branches -= step;
		if (still_there_written(s)) {
			for (size_t j = 0; j < step; j++)
				yaml_tree_free(taken[j]);
			s->took = true;
			continue;
		}
		memmove(place + step, place, behind);
		memcpy(place, taken, step * sizeof(*place));
		tree->branches += step;
		branches_take(s, place[step - 1]);
	}
}

static void file_shrink(struct shrinking *s, size_t file)
{
	s->file = file;
	s->documents = yaml_tree_read(s->g->file[file].text);
	if (s->documents)
		branches_take(s, s->documents);
	yaml_tree_free(s->documents);
}

static void files_take(struct shrinking *s)
{
	for (size_t i = s->g->files; i > 0 && s->tries < s->most; i--) {
		struct generated_file taken = s->g->file[i - 1];
		struct generated_file *place = &s->g->file[i - 1];
		size_t behind = (s->g->files - i) * sizeof(*place);

		memmove(place, place + 1, behind);
		s->g->files--;
		if (still_there(s)) {
			free(taken.text);
			s->took = true;
			continue;
		}
		memmove(place + 1, place, behind);
		*place = taken;
		s->g->files++;
	}
}

unsigned int shrink(struct generated *g, unsigned int tries, shrink_still *still, void *context)
{
	struct shrinking s = { .g = g, .most = tries, .still = still, .context = context };

	do {
		s.took = false;
		files_take(&s);
		if (g->default_deny && s.tries < tries) {
			g->default_deny = false;
			g->default_deny = !still_there(&s);
			s.took |= !g->default_deny;
		}
		for (size_t i = 0; i < g->files && s.tries < tries; i++)
			file_shrink(&s, i);
	} while (s.took && s.tries < tries);
	return s.tries;
}
