# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Runs jobs, as many at once as there are cores, and says how each ended: sourced by tests/check.
#
#	job NAME PART SECONDS NEEDS PROGRAM...   SECONDS on one quiet core; NEEDS: jobs that must have passed
#	jobs_run                                 0 if all passed
#	jobs_tell                                what failed and where its log is, and the sum of each part
#
# What a job says is in build/log/check-NAME.log. Its result is the last line "N passed, N failed" there; exit status 77
# means skipped, for the reason that its last line gives. Whoever needs a job that failed or was skipped is not run.

jobs=() running=0
declare -A part seconds need command weight state job_of started took
lanes=${LANES:-$(nproc)}
begin=$SECONDS

job() {
	local name=$1
	jobs+=("$name")
	part[$name]=$2 seconds[$name]=$3 need[$name]=$4 state[$name]=waiting
	shift 4
	command[$name]=$(printf '%q ' "$@")
}

# What others wait for goes first: a job weighs its seconds and those of the longest chain behind it.
jobs_weigh() {
	local i name needed
	for ((i = ${#jobs[@]} - 1; i >= 0; i--)); do
		name=${jobs[i]}
		weight[$name]=$((${weight[$name]:-0} + seconds[$name]))
		for needed in ${need[$name]}; do
			[ "${weight[$needed]:-0}" -ge "${weight[$name]}" ] || weight[$needed]=${weight[$name]}
		done
	done
}

clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

# The seconds that are left if what is to come is as much slower than was said of it as what was; a minute of what
# was said is taken for true, since the first jobs are short.
time_left() {
	local name past=0 came=0 left=0 now
	for name in "${jobs[@]}"; do
		case ${state[$name]} in
		waiting) left=$((left + seconds[$name])) ;;
		running)
			now=$((SECONDS - started[$name]))
			left=$((left + (now < seconds[$name] ? seconds[$name] - now : 5)))
			;;
		passed | failed)
			past=$((past + seconds[$name])) came=$((came + took[$name]))
			;;
		esac
	done
	echo $((left * (came + 60) / (past + 60) / lanes))
}

terminal() { [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; }

line() {
	! terminal || printf '\r\033[K'
	printf '%s\n' "$*"
}

progress() {
	local name now=''
	terminal || return 0
	for name in "${jobs[@]}"; do
		[ "${state[$name]}" != running ] || now+=" $name"
	done
	printf '\r\033[K%s, about %s left:%s' "$(clock $((SECONDS - begin)))" "$(clock "$(time_left)")" "$now"
}

job_start() {
	local name=$1
	rm -f "$LOGS/job-$name.result"
	# A process group of its own, to be ended whole.
	set -m
	eval "exec ${command[$name]}" >"$LOGS/check-$name.log" 2>&1 </dev/null &
	set +m
	job_of[$!]=$name state[$name]=running started[$name]=$SECONDS
	running=$((running + 1))
}

job_end() { # NAME STATUS
	local name=$1 status=$2 log=$LOGS/check-$1.log result
	took[$name]=$((SECONDS - started[$name]))
	running=$((running - 1))
	if [ "$status" -eq 77 ]; then
		state[$name]=skipped
		line "skipped $name: $(tail -n 1 "$log")"
		return
	fi
	result=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1) || true
	# What has no tests of its own is one: it works, or not. And a job may end badly after all its tests passed.
	[ -n "$result" ] || result="$((status == 0)) passed, $((status != 0)) failed"
	if [ "$status" -ne 0 ]; then
		case $result in *' 0 failed') result="${result%, *}, 1 failed" ;; esac
	fi
	printf '%s\n' "$result" >"$LOGS/job-$name.result"
	case $result in
	*' 0 failed') state[$name]=passed ;;
	*) state[$name]=failed ;;
	esac
	line "$(printf '%-26s %-24s %4d s   [%s, about %s left]' "$name" "$result" "${took[$name]}" \
		"$(clock $((SECONDS - begin)))" "$(clock "$(time_left)")")"
	[ "${state[$name]}" = passed ] || line "FAILED $name: see build/log/check-$name.log"
}

# ready NAME: whether what it needs has passed; what needs something that did not is out.
ready() {
	local name=$1 needed
	for needed in ${need[$name]}; do
		case ${state[$needed]} in
		passed) ;;
		skipped)
			state[$name]=skipped
			line "skipped $name: it needs $needed"
			return 1
			;;
		failed)
			state[$name]=failed
			printf '0 passed, 1 failed\n' >"$LOGS/job-$name.result"
			echo "not run: it needs $needed, which failed" >"$LOGS/check-$name.log"
			line "FAILED $name: it needs $needed, which failed"
			return 1
			;;
		*) return 1 ;;
		esac
	done
}

next_job() {
	local name
	next=
	for name in "${jobs[@]}"; do
		[ "${state[$name]}" = waiting ] && ready "$name" || continue
		[ -n "$next" ] && [ "${weight[$name]}" -le "${weight[$next]}" ] || next=$name
	done
	[ -n "$next" ]
}

# shellcheck disable=SC2317 # called by the trap
jobs_kill() {
	local pid
	for pid in "${!job_of[@]}"; do
		kill -TERM -- "-$pid" 2>/dev/null || true
	done
}

jobs_run() {
	local pid status ticker='' next failed=0 name
	trap jobs_kill EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	jobs_weigh
	while :; do
		while [ "$running" -lt "$lanes" ] && next_job; do
			job_start "$next"
		done
		[ "$running" -gt 0 ] || break
		progress
		if terminal && [ -z "$ticker" ]; then
			sleep 2 &
			ticker=$!
		fi
		status=0 pid=
		wait -n -p pid "${!job_of[@]}" $ticker || status=$?
		if [ "$pid" = "$ticker" ]; then
			ticker=
		elif [ -n "$pid" ]; then
			name=${job_of[$pid]}
			unset "job_of[$pid]"
			job_end "$name" "$status"
		fi
	done
	! terminal || printf '\r\033[K'
	for name in "${jobs[@]}"; do
		[ "${state[$name]}" != failed ] || failed=1
	done
	return $failed
}

jobs_tell() {
	local name each results
	for name in "${jobs[@]}"; do
		[ "${state[$name]}" = failed ] || continue
		printf '\n== what failed of %s: build/log/check-%s.log ==\n' "$name" "$name"
		grep -E -A20 'FAIL|not ok|error:' "$LOGS/check-$name.log" | head -n 60 || tail -n 30 "$LOGS/check-$name.log"
	done
	printf '\n'
	for name in $(printf '%s\n' "${part[@]}" | sort -u); do
		results=()
		for each in "${jobs[@]}"; do
			[ "${part[$each]}" != "$name" ] || [ ! -e "$LOGS/job-$each.result" ] || results+=("$LOGS/job-$each.result")
		done
		[ ${#results[@]} -eq 0 ] || printf '%-10s %s\n' "$name" "$(tests/summary "${results[@]}" || true)"
	done
}
