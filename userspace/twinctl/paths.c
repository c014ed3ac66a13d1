// SPDX-License-Identifier: GPL-2.0-only
/* Walks the files and folders that a command names. */
#include <errno.h>
#include <fts.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "paths.h"

static bool is_document(const FTSENT *entry)
{
	static const char *const ends[] = { ".yaml", ".yml", ".json" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t length = strlen(ends[i]);

		if (entry->fts_namelen > length &&
		    !strcasecmp(entry->fts_name + entry->fts_namelen - length, ends[i]))
			return true;
	}
	return false;
}

static int name_compare(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/*
 * Is it a document's file? A link to one is; a link to a folder is not followed, so that
 * the walk ends. Return: 1, 0, or -1 after a sentence.
 */
static int file_check(const FTSENT *entry)
{
	struct stat status;

	if (!is_document(entry))
		return 0;
	if (entry->fts_info == FTS_F)
		return 1;
	if (entry->fts_info != FTS_SL)
		return 0;
	if (!stat(entry->fts_accpath, &status))
		return S_ISREG(status.st_mode);
	ctl_fail("%s: %s", entry->fts_path, strerror(errno));
	return -1;
}

/* All files of a folder; one error does not hide those of the next file. */
static int folder_walk(const char *path, ctl_path_visit *visit, void *context)
{
	char *const paths[] = { (char *)path, NULL };
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, name_compare);
	int result = CTL_DONE;
	size_t files = 0;
	int found;
	FTSENT *entry;

	if (!walk)
		return ctl_fail("%s: %s", path, strerror(errno));
	while ((entry = fts_read(walk))) {
		if (entry->fts_info == FTS_ERR || entry->fts_info == FTS_DNR)
			result = ctl_fail("%s: %s", entry->fts_path, strerror(entry->fts_errno));
		/* Where Kubernetes keeps what the links of a mounted ConfigMap lead to. */
		if (entry->fts_level && !strncmp(entry->fts_name, "..", 2)) {
			fts_set(walk, entry, FTS_SKIP);
			continue;
		}
		found = file_check(entry);
		files += found > 0;
		if (found < 0 || (found && visit(entry->fts_path, context)))
			result = CTL_FAILED;
	}
	fts_close(walk);
	if (!files && result == CTL_DONE)
		return ctl_fail("%s: no file in it ends in .yaml, .yml or .json", path);
	return result;
}

static int path_walk(const char *path, ctl_path_visit *visit, void *context)
{
	struct stat status;

	if (strcmp(path, "-") && !stat(path, &status) && S_ISDIR(status.st_mode))
		return folder_walk(path, visit, context);
	return visit(path, context);
}

int ctl_paths_walk(const struct ctl_call *call, ctl_path_visit *visit, void *context)
{
	size_t next = 0, paths = call->words;
	int result = CTL_DONE;
	const char *path;

	while ((path = ctl_option_next(call, "file", &next))) {
		paths++;
		if (path_walk(path, visit, context))
			result = CTL_FAILED;
	}
	for (size_t i = 0; i < call->words; i++)
		if (path_walk(call->word[i], visit, context))
			result = CTL_FAILED;
	return paths ? result : ctl_usage(call, "a FILE is missing");
}
