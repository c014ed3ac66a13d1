#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The report as a person's browser shows it, drawn from fixture-results.jsonl, in which nothing was
# measured. Needs gnuplot-nox and chromium-headless-shell, or chromium; no root.
set -eu
. tests/vm/lib.sh

PATH=$PWD/build:$PATH
results=$PWD/tests/eval/fixture-results.jsonl
browser=$(command -v chromium-headless-shell || command -v chromium || true)
experiments="throughput latency complexity trace pps change switch"

need_browser() {
	[ -n "$browser" ] || skip "neither chromium-headless-shell nor chromium is installed"
	command -v gnuplot >/dev/null || skip "gnuplot is not installed"
}

# report_write: the report of the fixture, in $TEST_TMP/run.
report_write() {
	mkdir -p "$TEST_TMP/run"
	cp "$results" "$TEST_TMP/run/results.jsonl"
	check twineval report "$TEST_TMP/run"
	page=$TEST_TMP/run/report/index.html
}

# Each line that the browser is to say of the page; a figure is drawn if its SVG has paths that take room.
probe='<script>
addEventListener("load", () => {
	const say = [];
	document.querySelectorAll("details").forEach(d => d.open = true);
	say.push("width " + innerWidth);
	say.push("page " + document.documentElement.scrollWidth);
	document.querySelectorAll("section[id]").forEach(s =>
		say.push("section " + s.id + " " + s.querySelectorAll("svg.plot").length));
	document.querySelectorAll("svg.plot").forEach(svg => {
		const box = svg.getBoundingClientRect();
		const drawn = [...svg.querySelectorAll("path,use,rect,polygon")].filter(e => {
			const b = e.getBoundingClientRect();
			return b.width + b.height > 3;
		}).length;
		say.push("figure " + svg.id + " " + Math.round(box.width) + " " + Math.round(box.height) +
			" " + drawn + " " + svg.querySelectorAll("text").length +
			" " + (svg.getAttribute("aria-label") ? "named" : "nameless"));
	});
	const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
	say.push("ids " + (ids.length - new Set(ids).size));
	const text = document.body.innerText.match(/\b(nan|-?inf|undefined)\b/gi) || [];
	say.push("text " + text.length);
	say.push("empty " + [...document.querySelectorAll("table,details,ul.shows")].filter(e =>
		!e.querySelector("td,li,svg")).length);
	say.push("words " + [...document.querySelectorAll("table.words")].filter(e =>
		e.parentElement.scrollWidth > e.parentElement.clientWidth).length);
	const pre = document.createElement("pre");
	pre.id = "probe";
	pre.textContent = "probe begins\n" + say.join("\n") + "\nprobe ends";
	document.body.replaceChildren(pre);
});
</script>'

# page_probe WIDTH: what the browser says of $page, a line each, into $TEST_TMP/probe; its console into
# $TEST_TMP/console.
page_probe() {
	local copy=$TEST_TMP/probed.html
	probe=$probe awk '{ if ($0 == "</body>") print ENVIRON["probe"]; print }' "$page" >"$copy"
	timeout 60 "$browser" --headless --no-sandbox --disable-gpu --enable-logging=stderr --v=0 \
		--user-data-dir="$TEST_TMP/profile" --window-size="$1,900" --virtual-time-budget=5000 \
		--dump-dom "file://$copy" >"$TEST_TMP/dom" 2>"$TEST_TMP/log"
	sed -n '/probe begins/,/probe ends/p' "$TEST_TMP/dom" | sed '1d;$d' >"$TEST_TMP/probe"
	grep ':CONSOLE' "$TEST_TMP/log" >"$TEST_TMP/console" || true
	[ -s "$TEST_TMP/probe" ] || { echo "the browser said nothing:" && cat "$TEST_TMP/log" && exit 1; }
}

probed() { awk -v key="$1" '$1 == key { print $2 }' "$TEST_TMP/probe"; }

# page_is_sound WIDTH: at that width nothing is missing, empty, wider than the window or complained about.
page_is_sound() {
	local name
	page_probe "$1"
	[ ! -s "$TEST_TMP/console" ] || { cat "$TEST_TMP/console" && exit 1; }
	[ "$(probed width)" -eq "$1" ] || { echo "the window is $(probed width) wide, not $1" && exit 1; }
	[ "$(probed page)" -le "$1" ] || { echo "the page is $(probed page) wide in a window of $1" && exit 1; }
	[ "$(probed ids)" -eq 0 ] || { echo "ids stand twice" && exit 1; }
	[ "$(probed text)" -eq 0 ] || { echo "the page holds a number that is none" && exit 1; }
	[ "$(probed empty)" -eq 0 ] || { echo "a table or list is empty" && exit 1; }
	[ "$(probed words)" -eq 0 ] || { echo "a table of words is wider than its place" && exit 1; }
	for name in $experiments; do
		awk -v name="$name" '$1 == "section" && $2 == name && $3 > 0 { found = 1 } END { exit !found }' \
			"$TEST_TMP/probe" || { echo "experiment $name has no figure" && exit 1; }
	done
	awk '$1 == "figure" && ($3 < 200 || $4 < 100 || $5 < 10 || $6 < 5 || $7 != "named") { print; bad = 1 }
		$1 == "figure" { figures++ }
		END { exit bad || figures < 10 }' "$TEST_TMP/probe" || { echo "a figure is missing or empty" && exit 1; }
}

test_desktop() {
	need_browser
	report_write
	page_is_sound 1280
}

test_phone() {
	need_browser
	report_write
	page_is_sound 375
}

# The page of a real run, where there is one: make eval.
test_what_make_eval_wrote() {
	need_browser
	[ -s build/eval/results.jsonl ] || skip "make eval has written nothing here"
	results=$PWD/build/eval/results.jsonl
	report_write
	page_is_sound 1280
	page_is_sound 375
}

# The checks must see what they are for.
test_checks_see_faults() {
	need_browser
	report_write
	cp "$page" "$TEST_TMP/good.html"
	page_is_sound 375
	sed 's|<main>|<main><div style="width:2000px">wide</div>|' "$TEST_TMP/good.html" >"$page"
	check_fails page_fails_to_be_sound
	sed 's|</main>|<script>nothing.there()</script></main>|' "$TEST_TMP/good.html" >"$page"
	check_fails page_fails_to_be_sound
	sed 's|class="plot"|class="plot" style="display:none"|' "$TEST_TMP/good.html" >"$page"
	check_fails page_fails_to_be_sound
	sed 's|</style>|table.words td{white-space:nowrap!important}</style>|' "$TEST_TMP/good.html" >"$page"
	check_fails page_fails_to_be_sound
	sed 's|</main>|<details><summary>Table</summary></details></main>|' "$TEST_TMP/good.html" >"$page"
	check_fails page_fails_to_be_sound
}

# In a shell of its own: page_is_sound ends it.
page_fails_to_be_sound() { (page_is_sound 375); }

test_nothing_is_loaded() {
	report_write
	check_fails grep -E '(src|href)="?(https?:)?//|url\((https?:)?//|@import|<script|<link' "$page"
}

test_virtual_is_said() {
	report_write
	check grep -q 'Clock: virtual (a guest instruction is a nanosecond' "$page"
	# No axis has a unit of time without the word, but the study's.
	awk -v RS='<figure>' 'NR > 1 && !/The study of 2017/ { sub("</figure>.*", ""); print }' "$page" >"$TEST_TMP/ours"
	check grep -qE '<text>virtual (µs|Gb/s)<' "$TEST_TMP/ours"
	check_fails grep -E '<text>(ns|µs|ms|s|[MG]b/s|k?pps|Mpps)<' "$TEST_TMP/ours"
}

test_gaps_are_listed() {
	report_write
	check grep -q 'id="missing"' "$page"
	check grep -q 'iptables-nomatch takes at most 10000 entries' "$page"
	check grep -q 'ipset: not found in PATH &lt;b&gt;&amp;' "$page"
	check_fails grep -q '<b>&$' "$page"
}

test_without_gnuplot() {
	local tool
	mkdir "$TEST_TMP/bin" "$TEST_TMP/run"
	cp "$results" "$TEST_TMP/run/results.jsonl"
	tool=$(command -v twineval)
	check env PATH="$TEST_TMP/bin" "$tool" report "$TEST_TMP/run"
	env PATH="$TEST_TMP/bin" "$tool" report "$TEST_TMP/run" 2>&1 >/dev/null | grep -q 'gnuplot was not found'
	check_fails grep -q 'class="plot"' "$TEST_TMP/run/report/index.html"
	check grep -q 'gnuplot was not found' "$TEST_TMP/run/report/index.html"
}

test_nothing_was_measured() {
	mkdir "$TEST_TMP/run"
	: >"$TEST_TMP/run/results.jsonl"
	check twineval report "$TEST_TMP/run"
	check grep -q 'throughput: nothing was measured' "$TEST_TMP/run/report/index.html"
	check_fails grep -q 'class="plot"' "$TEST_TMP/run/report/index.html"
}

test_bad_input() {
	check_fails twineval report "$TEST_TMP/nowhere"
	check_fails twineval report
	mkdir "$TEST_TMP/run"
	printf '{"experiment": 3}\n{}\n' >"$TEST_TMP/run/results.jsonl"
	check_fails twineval report "$TEST_TMP/run"
	twineval report "$TEST_TMP/run" 2>&1 | grep -q 'results.jsonl:1:'
}

run_tests "$0" "$@"
