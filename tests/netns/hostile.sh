#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: --smp 2
#
# What nobody should say to the module, to nf_tables and to the daemon, and who may say anything at all.
# In a guest. The messages are those of tests/netns/hostile*.c.
set -eu
. tests/vm/lib.sh
. tests/netns/network.sh
. tests/netns/traffic.sh

# Where everybody may go: the project may lie below a folder that only its owner enters.
programs=/run/twinpath-programs
install -D -m 755 -t $programs build/tests/netns/hostile build/twinctl
PATH=$programs:$PATH
hostile=$programs/hostile
object=$PWD/build/judge.bpf.o
socket=/run/twinpath/control.sock

loaded() { grep -q '^twinpath ' /proc/modules; }
nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
# Root of a user namespace: in the host's network, and in a network of its own.
user_root() { nobody unshare --user --map-root-user "$@"; }
user_root_net() { nobody unshare --user --map-root-user --net "$@"; }
# All of root's rights but one.
root_without_net_admin() { setpriv --bounding-set -net_admin --inh-caps -net_admin "$@"; }

returns() { # STATUS CMD...
	local want=$1 status=0
	shift
	"$@" || status=$?
	[ "$status" -eq "$want" ] || { echo "status $status" && return 1; }
}

# The table and the chain of an anchor, and then the anchor. ENOENT 2, EPERM 1.
anchor_script() {
	echo "nft add table inet twinpath && nft add chain inet twinpath anchor && $hostile anchor-alone $1"
}

test_users_cannot_load_the_module() {
	! loaded || rmmod twinpath
	check_fails nobody "$hostile" family
	check_fails user_root_net "$hostile" family
	check user_root_net sh -c "$(anchor_script 2)"
	check_fails loaded
	# The same, as root: what asks for a module does not get this one.
	check_fails "$hostile" family
	check_fails loaded
}

test_users_cannot_pin_the_module() {
	check modprobe twinpath
	user_root_net "$hostile" join "$(scaled 60)" &
	user_root_net sh -c "$(anchor_script 1); sleep $(scaled 60)" &
	wait_until 10 sh -c '[ "$(pgrep -cx sleep)" -ge 1 ] && [ "$(pgrep -cx hostile)" -ge 1 ]'
	wait_until 5 rmmod twinpath
	check_fails loaded
	check kill %1 %2
}

test_users_are_denied() {
	study
	check nobody "$hostile" denied
	check user_root "$hostile" denied
	check user_root_net "$hostile" denied
	check root_without_net_admin "$hostile" denied
	check returns 1 nobody "$hostile" join
	check returns 1 user_root "$hostile" join
	check returns 1 root_without_net_admin "$hostile" join
	check "$hostile" join
	# The kernel lets the owner of a network namespace hear what is said in that one, where nothing is.
	check user_root_net "$hostile" join
	check user_root_net sh -c "$(anchor_script 1)"
	check nobody twinctl --version
	check_fails nobody twinctl status
	check_fails user_root twinctl mode set off
	check agreed
}

test_messages_to_an_idle_module() {
	ns_add idle
	check modprobe twinpath
	check ns_exec idle "$hostile" module 1000
}

test_messages_to_the_enforcing_module() {
	study
	check "$hostile" module 2000
	check agreed
}

test_sentences_are_not_mixed_up() {
	study
	check "$hostile" flood 80
}

test_anchors() {
	ns_add lone
	check modprobe twinpath
	check ns_exec lone "$hostile" anchor
	check ns_exec lone "$hostile" owner
}

test_a_program_that_holds_nothing_is_not_bound() {
	study
	check twinctl backend set bpf
	flows_start
	check_fails "$hostile" bind "$object"
	flows_end
	check agreed
	check test "$(status_of '.module.failures')" = 0
	check twinctl backend set nft
}

test_transactions_under_traffic() {
	local before
	study
	check twinctl backend set nft
	before=$(generations)
	flows_start
	check "$hostile" anchor-alone 17
	check "$hostile" abort 50
	check "$hostile" swap 50
	flows_end
	check test "$(generations)" = "$before"
	check test "$(status_of '.module.fallbacks + .module.failures')" = 0
}

# Elements of the map of rules, as nft lists them: KEY : DECISION. From nft 1.1 on "list map" takes no map of that name.
rules_set() { # FROM TO
	nft -n list table inet twinpath >"$TEST_TMP/table" || return
	sed -n '/^\tmap rules {/,/^\t}/p' "$TEST_TMP/table" |
		grep -oE '0x[0-9a-f]+ \. 0x[0-9a-f]+ \. 0x[0-9a-f]+ \. [0-9]+ : '"$1" |
		awk -v to="$2" '{ key = $0; sub(" : .*", "", key)
			print "delete element inet twinpath rules { " key " }"
			print "add element inet twinpath rules { " key " : " to " }" }' >"$TEST_TMP/rules.nft"
	[ -s "$TEST_TMP/rules.nft" ] || { cat "$TEST_TMP/table" && return 1; }
	nft -f "$TEST_TMP/rules.nft"
}

# Who may write to the maps may write nonsense: the other backend judges then.
test_nonsense_in_the_maps() {
	study
	check twinctl backend set nft
	check rules_set 0x10000001 0xf0000001
	check ns_exec app2 traffic client --to "${container4[app1]}" --port 80 --tcp-connects --count 3
	check ns_exec app2 traffic client --to "${container6[app1]}" --port 80 --tcp-connects --count 3
	check ns_exec app3 traffic client --to "${container4[app1]}" --port 80 --tcp-connects --count 2 --expect deny
	check test "$(status_of .module.fallbacks)" -gt 0
	check_fails twinctl classify --from "${container4[app2]}" --to "${container4[app1]}" --port 80/tcp --backend nft
	check rules_set 0xf0000001 0x10000001
	check twinctl classify --from "${container4[app2]}" --to "${container4[app1]}" --port 80/tcp
}

descriptors_of() { find "/proc/$1/fd" -mindepth 1 | wc -l; }

test_socket() {
	local before pid
	study
	pid=$(daemon_pid)
	before=$(descriptors_of "$pid")
	check "$hostile" socket $socket
	wait_until 10 test "$(descriptors_of "$pid")" -le "$before"
	check twinctl status
	check agreed
}

test_crowd() {
	study
	check "$hostile" crowd $socket 500
	check twinctl status
}

run_tests "$0" "$@"
