/* SPDX-License-Identifier: GPL-2.0-only */
/* What a FILE of the command line stands for: itself, or all documents below a folder. */
#ifndef TWP_TWINCTL_PATHS_H
#define TWP_TWINCTL_PATHS_H

#include "twinctl.h"

/* Return: CTL_DONE, or CTL_FAILED after saying why; the walk goes on. */
typedef int ctl_path_visit(const char *path, void *context);

/*
 * Calls for each file that --file and the words of the command line name, those of a folder
 * being all below it that end in .yaml, .yml or .json. Return: exit status, the worst of all.
 */
int ctl_paths_walk(const struct ctl_call *call, ctl_path_visit *visit, void *context);

#endif
