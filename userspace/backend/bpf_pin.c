// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pins are for people (bpftool map dump pinned ...), not for the daemon: what
 * packets are judged by is the program that the module holds. So a machine
 * without a BPF file system is no reason to fail.
 */
#include "bpf_map.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

static bool on_bpf_fs(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == BPF_FS_MAGIC;
}

/* Makes @folder and what is missing above it, on a BPF file system only. */
static bool folder_make(const char *folder)
{
	char parent[PATH_MAX];
	char *slash;

	if (on_bpf_fs(folder))
		return true;
	if (!access(folder, F_OK) ||
	    snprintf(parent, sizeof(parent), "%s", folder) >= (int)sizeof(parent))
		return false;
	slash = strrchr(parent, '/');
	if (!slash || slash == parent)
		return false;
	*slash = '\0';
	return folder_make(parent) && (!mkdir(folder, 0700) || errno == EEXIST);
}

/* Renamed over the pin that was there: the file system has no other way to replace one. */
static void pin(const char *folder, const char *name, int fd)
{
	char path[PATH_MAX], fresh[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path) ||
	    snprintf(fresh, sizeof(fresh), "%s/new_%s", folder, name) >= (int)sizeof(fresh))
		return;
	unlink(fresh);
	if (bpf_obj_pin(fd, fresh) || rename(fresh, path))
		unlink(fresh);
}

void twp_bpf_pin(const char *folder, int program, const struct twp_bpf_maps *maps)
{
	if (!folder_make(folder))
		return;
	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		pin(folder, twp_table_layouts[id].name, maps->fd[id]);
	pin(folder, TWP_BPF_PIN_PROGRAM, program);
}

static void unpin(const char *folder, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) < (int)sizeof(path))
		unlink(path);
}

void twp_bpf_unpin(const char *folder)
{
	if (!on_bpf_fs(folder))
		return;
	for (int id = 0; id < TWP_TABLE_COUNT; id++)
		unpin(folder, twp_table_layouts[id].name);
	unpin(folder, TWP_BPF_PIN_PROGRAM);
	rmdir(folder);
}
