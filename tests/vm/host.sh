# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the host-side scripts of the guest harness share: where things lie, progress on the screen, and
# the way from what a person says (6.1, 6.12, a full version, debug, a kernel tree) to a kernel on disk.
# Sourced by deps, run, dkms and selftest; changes nothing by being sourced.

PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
VM_BUILD=$PROJECT/build/vm
LOGS=$PROJECT/build/log
# What takes long to make and does not change with the project outlives the clone.
CACHE=${TWINPATH_CACHE:-/var/cache/twinpath}
export PATH=$PATH:/usr/sbin:/sbin

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $*"; exit 1; }
usage_error() { say "${0##*/}: $*"; exit 2; }

# step LOG TEXT CMD...: one line on the screen, everything else in build/log/LOG; the tail upon failure.
step() {
	local log=$LOGS/$1 text=$2 begin=$SECONDS status=0
	shift 2
	mkdir -p "$LOGS"
	printf '%s ... ' "$text" >&2
	"$@" >"$log" 2>&1 </dev/null || status=$?
	if [ "$status" -ne 0 ]; then
		say "FAILED (status $status), the end of ${log#"$PROJECT"/}:"
		tail -n 25 "$log" >&2
		return "$status"
	fi
	say "done ($((SECONDS - begin)) s)"
}

# The installed generic kernels of a series, oldest first. The cloud kernels lack 9p, the rt ones are
# not what the project promises.
installed_kernels() {
	local image
	for image in "/boot/vmlinuz-$1."*-amd64; do
		[ -e "$image" ] || continue
		image=${image#/boot/vmlinuz-}
		case $image in
		*-cloud-amd64 | *-rt-amd64) continue ;;
		esac
		printf '%s\n' "$image"
	done | sort -V
}

# kernel_with_headers SERIES: the newest version whose image and headers are both installed.
kernel_with_headers() {
	local version newest=
	for version in $(installed_kernels "$1"); do
		[ -e "/lib/modules/$version/build/Makefile" ] && newest=$version
	done
	[ -n "$newest" ] && printf '%s\n' "$newest"
}

# The debug kernel's tree: the newest of those that tests/vm/debug built with this configuration.
debug_hash() { grep -E '^(# )?CONFIG_' "$PROJECT/tests/vm/debug.config" | sha256sum | cut -c-12; }

debug_tree() {
	local tree newest
	newest=$(for tree in "$CACHE"/debug-*-"$(debug_hash)"; do
		[ ! -d "$tree" ] || printf '%s\n' "$tree"
	done | sort -V | tail -n 1)
	[ -n "$newest" ] && printf '%s\n' "$newest"
}

# resolve_kernel NAME: sets KVER, IMAGE and BUILD, and PACE and MEMORY: how many times as long as on a distribution's
# kernel everything may take, and how many MiB a guest gets. KERNEL_IMAGE and KERNEL_BUILD name a kernel of one's own
# and win over NAME.
resolve_kernel() {
	if [ "$1" = debug ] && [ -z "${KERNEL_BUILD:-}" ]; then
		KERNEL_BUILD=$(debug_tree) || die "the debug kernel is not built: run tests/vm/debug"
	fi
	if [ -n "${KERNEL_BUILD:-}" ]; then
		BUILD=$(cd "$KERNEL_BUILD" && pwd -P)
		KVER=$(make -s -C "$BUILD" kernelrelease) || die "$BUILD is no configured kernel build"
		IMAGE=${KERNEL_IMAGE:-$BUILD/arch/x86/boot/bzImage}
	else
		case $1 in
		[0-9].[0-9] | [0-9].[0-9][0-9])
			KVER=$(kernel_with_headers "$1") ||
				die "no kernel $1 with its headers is installed: run tests/vm/deps $1"
			;;
		*) KVER=$1 ;;
		esac
		BUILD=/lib/modules/$KVER/build
		IMAGE=${KERNEL_IMAGE:-/boot/vmlinuz-$KVER}
	fi
	[ -r "$IMAGE" ] || die "no kernel image $IMAGE"
	# shellcheck disable=SC2034 # for run
	PACE=1 MEMORY=1024
	if grep -qs '^CONFIG_KASAN=y' "$BUILD/.config"; then
		# shellcheck disable=SC2034
		PACE=6 MEMORY=2048
	fi
}

# vm_options NAME: the options of tests/vm/run with which a file of tests/netns wants its guest.
vm_options() { sed -n 's/^# vm: //p' "$PROJECT/tests/netns/$1.sh" | grep . || echo "--smp ${SMP:-1}"; }

# Sets MODULES, where a kernel of one's own has its modules: installed under build/, once for each build of it.
# Empty for an installed kernel, whose modules the guest finds in the shared root.
find_modules() {
	MODULES=
	[ -n "${KERNEL_BUILD:-}" ] || return 0
	MODULES=$VM_BUILD/$KVER/modules
	if [ ! -e "$MODULES/stamp" ] || [ "$BUILD/modules.order" -nt "$MODULES/stamp" ] || [ "$IMAGE" -nt "$MODULES/stamp" ]; then
		step "modules-$KVER.log" "modules of $KVER" \
			make -C "$BUILD" modules_install INSTALL_MOD_PATH="$MODULES" INSTALL_MOD_STRIP=1
		touch "$MODULES/stamp"
	fi
}
