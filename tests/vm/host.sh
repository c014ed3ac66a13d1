# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the host-side scripts of the guest harness share: where things lie, progress on the screen, and
# the way from what a person says (6.1, 7.3, a full version, debug, a kernel tree) to a kernel on disk.
# Sourced by deps, run, dkms and selftest; changes nothing by being sourced.

PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
VM_BUILD=$PROJECT/build/vm
LOGS=$PROJECT/build/log
# What takes long to make and serves every tree of the project on this machine.
CACHE=$(realpath -m "${TWINPATH_CACHE:-/var/cache/twinpath}")
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

# in_root ROOT COMMAND...: as root of that root, with the project below /mnt there. What it mounts ends with it.
in_root() {
	# shellcheck disable=SC2016
	unshare --mount sh -euc 'root=$1 project=$2
		shift 2
		# Programs in there may ask for what only the root of a mount can be asked.
		mount --bind "$root" "$root"
		for folder in proc sys dev; do
			mount --rbind "/$folder" "$root/$folder"
		done
		mount --bind "$project" "$root/mnt"
		[ ! -e /etc/resolv.conf ] || { : >>"$root/etc/resolv.conf" && mount --bind /etc/resolv.conf "$root/etc/resolv.conf"; }
		exec chroot "$root" "$@"' sh "$1" "$PROJECT" "${@:2}"
}

# The roots of other releases that hold kernels (see deps), newest first.
kernel_roots() { compgen -G "$CACHE/*-linux-*" | sort -rV; }

# installed_kernels SERIES [ROOT]: the generic kernels of a series, oldest first. The cloud kernels lack
# 9p, the rt ones are not what the project promises.
installed_kernels() {
	local image
	for image in "${2:-}/boot/vmlinuz-$1."*-amd64; do
		[ -e "$image" ] || continue
		image=${image##*/vmlinuz-}
		case $image in
		*-cloud-amd64 | *-rt-amd64) continue ;;
		esac
		printf '%s\n' "$image"
	done | sort -V
}

# kernel_with_headers SERIES [ROOT]: the newest version whose image and headers are both installed. Not by
# /lib/modules/VERSION/build, a link that leads out of a root.
kernel_with_headers() {
	local version newest=
	for version in $(installed_kernels "$@"); do
		[ -e "${2:-}/usr/src/linux-headers-$version/Makefile" ] && newest=$version
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

# The root of arm64 that deps made of these packages for this release. Its kernel is called arm64.
arm64_hash() { grep -hE '^(VERSION_CODENAME=|[a-z])' /etc/os-release "$PROJECT/tests/vm/arm64.packages" | sha256sum | cut -c-12; }
arm64_root() { compgen -G "$CACHE/arm64-*-$(arm64_hash)" | sort -V | tail -n 1 | grep .; }

# find_kernel SERIES|VERSION: sets KVER and ROOT, which is empty for a kernel of this machine.
find_kernel() {
	case $1 in
	[0-9].[0-9] | [0-9].[0-9][0-9])
		for ROOT in '' $(kernel_roots); do
			KVER=$(kernel_with_headers "$1" "$ROOT") && return
		done
		return 1
		;;
	*)
		KVER=$1
		for ROOT in '' $(kernel_roots); do
			[ ! -e "$ROOT/boot/vmlinuz-$KVER" ] || return 0
		done
		ROOT=
		;;
	esac
}

# resolve_kernel NAME: sets KVER, IMAGE, BUILD and ROOT; GUEST_ROOT, which the guest shares, and MACHINE, as uname -m
# says there; and PACE and MEMORY: how many times as long as on a distribution's kernel everything may take, and how
# many MiB a guest gets. KERNEL_IMAGE and KERNEL_BUILD name a kernel of one's own and win over NAME.
resolve_kernel() {
	# shellcheck disable=SC2034
	ROOT='' GUEST_ROOT=/ MACHINE=x86_64
	if [ "$1" = debug ] && [ -z "${KERNEL_BUILD:-}" ]; then
		KERNEL_BUILD=$(debug_tree) || die "the debug kernel is not built: run tests/vm/debug"
	fi
	if [ -n "${KERNEL_BUILD:-}" ]; then
		BUILD=$(cd "$KERNEL_BUILD" && pwd -P)
		KVER=$(make -s -C "$BUILD" kernelrelease) || die "$BUILD is no configured kernel build"
		IMAGE=${KERNEL_IMAGE:-$BUILD/arch/x86/boot/bzImage}
	elif [ "$1" = arm64 ]; then
		ROOT=$(arm64_root) || die "no root of arm64 is made: run tests/vm/deps arm64"
		IMAGE=$(compgen -G "$ROOT/boot/vmlinuz-*-arm64")
		KVER=${IMAGE##*/vmlinuz-}
		BUILD=$ROOT/usr/src/linux-headers-$KVER
		# shellcheck disable=SC2034
		GUEST_ROOT=$ROOT MACHINE=aarch64
	else
		find_kernel "$1" || die "no kernel $1 with its headers is installed: run tests/vm/deps $1"
		BUILD=$ROOT/usr/src/linux-headers-$KVER
		IMAGE=${KERNEL_IMAGE:-$ROOT/boot/vmlinuz-$KVER}
	fi
	[ -r "$IMAGE" ] || die "no kernel image $IMAGE"
	# shellcheck disable=SC2034 # for run
	PACE=1 MEMORY=1024
	if grep -qs '^CONFIG_KASAN=y' "$BUILD/.config"; then
		# shellcheck disable=SC2034
		PACE=6 MEMORY=2048
	fi
}

# vm_options FILE: the options of tests/vm/run with which a test file wants its guest.
vm_options() { sed -n 's/^# vm: //p' "$1" | grep . || echo "--smp ${SMP:-1}"; }

# Sets MODULES, below which the kernel has its modules if the guest does not find them in the shared root: the root
# of another release; for a kernel of one's own a folder under build/, installed once for each build of it.
find_modules() {
	MODULES=$ROOT
	[ -n "${KERNEL_BUILD:-}" ] || return 0
	MODULES=$VM_BUILD/$KVER/modules
	if [ ! -e "$MODULES/stamp" ] || [ "$BUILD/modules.order" -nt "$MODULES/stamp" ] || [ "$IMAGE" -nt "$MODULES/stamp" ]; then
		step "modules-$KVER.log" "modules of $KVER" \
			make -C "$BUILD" modules_install INSTALL_MOD_PATH="$MODULES" INSTALL_MOD_STRIP=1
		touch "$MODULES/stamp"
	fi
}
