// SPDX-License-Identifier: GPL-2.0-only
#include "bpf_folder.h"

#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include <bpf/bpf.h>

char bpf_folder[64];
static char mount_point[] = "/tmp/twinpath-bpf-XXXXXX";

int bpf_folder_mount(void **state)
{
	(void)state;
	if (!mkdtemp(mount_point) || unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", mount_point, "bpf", 0, NULL))
		return -1;
	snprintf(bpf_folder, sizeof(bpf_folder), "%s/twinpath/4026531840", mount_point);
	return 0;
}

int bpf_folder_unmount(void **state)
{
	(void)state;
	umount2(mount_point, MNT_DETACH);
	return rmdir(mount_point);
}

int bpf_folder_get(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", bpf_folder, name);
	return bpf_obj_get(path);
}
