#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Usage: probe.sh KDIR FOLDER
#
# Compiles every FOLDER/probe_*.c against the kernel of KDIR, in one run of its
# make, and writes FOLDER/config.h: TWP_HAVE_<NAME> for each that compiled. The
# control probe must compile; if it does not, the rest says nothing.
set -eu

kdir=$1
folder=$2
log=$folder/probe.log

objects=
for source in "$folder"/probe_*.c; do
	object=$(basename "${source%.c}.o")
	rm -f "$folder/$object"
	objects="$objects $object"
done
echo "obj-m :=$objects" >"$folder/Kbuild"

# Each probe stops at its own error, so make goes on to the next; modpost is not run.
# shellcheck disable=SC2086
make -k -C "$kdir" M="$(cd "$folder" && pwd)" $objects >"$log" 2>&1 || true
rm -f "$folder/Kbuild"

if [ ! -e "$folder/probe_control.o" ]; then
	cat "$log" >&2
	echo "twinpath: the headers in $kdir lack what the module needs, see above" >&2
	exit 1
fi
{
	echo "/* Made by probe.sh. */"
	for object in $objects; do
		name=${object#probe_}
		name=$(echo "${name%.o}" | tr '[:lower:]' '[:upper:]')
		if [ "$name" != CONTROL ] && [ -e "$folder/$object" ]; then
			echo "#define TWP_HAVE_$name"
		fi
	done
} >"$folder/config.h"
