# shellcheck shell=bash disable=SC2154,SC2034
# ./dev test: every suite writes "passed failed skipped" to $results/NAME; the closing line is their sum.

test_parts=(style unit e2e sdk web)

dev_test() {
	local part parts=("${test_parts[@]}")
	case ${1:-} in
	style | unit | e2e | sdk | web)
		parts=("$1")
		shift
		;;
	esac
	test_more=("$@")
	build_paths
	deps_install test
	results=$out/test-results
	rm -rf "$results"
	mkdir -p "$results"
	export PYTHONDONTWRITEBYTECODE=1 UBSAN_OPTIONS=print_stacktrace=1 FLOPYNET_BUILD=$out/test FLOPYNET_SOURCE=$src FLOPYNET_DATA=$out/npm/node_modules FLOPYNET_PYTHON=$out/python/bin/python
	export CK_TIMEOUT_MULTIPLIER=10 # seconds of Check are meant for a program without sanitizers on an idle machine
	if ! (build test); then
		say "the build failed: nothing was tested"
		echo 0 1 0 >"$results/build"
	else
		for part in "${parts[@]}"; do "test_$part"; done
	fi
	test_close
}

test_close() {
	local name passed failed skipped all_passed=0 all_failed=0 all_skipped=0 file
	for file in "$results"/*; do
		[ -f "$file" ] || continue
		name=${file##*/}
		read -r passed failed skipped <"$file"
		printf '%-8s %5d passed %5d failed %5d skipped\n' "$name" "$passed" "$failed" "$skipped"
		all_passed=$((all_passed + passed)) all_failed=$((all_failed + failed)) all_skipped=$((all_skipped + skipped))
	done
	[ "$all_skipped" = 0 ] || printf '%d skipped, for the reasons above\n' "$all_skipped"
	printf '%d passed, %d failed\n' "$all_passed" "$all_failed"
	[ "$all_failed" = 0 ] && [ "$all_passed" -gt 0 ]
}

test_style() {
	local script passed=0 failed=0
	for script in "$top"/tests/style/*.sh; do
		if sh "$script" >"$out/style.log" 2>&1; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
			printf 'style: %s\n' "${script##*/}"
			sed 's/^/  /' "$out/style.log"
		fi
	done
	echo "$passed" "$failed" 0 >"$results/style"
}

# Check prints "100%: Checks: 12, Failures: 0, Errors: 0" at the end of a program; a program without that line counts as one test.
test_unit() {
	local dir=$out/test trs log line passed=0 failed=0 skipped=0 bad
	find "$dir/tests" -name '*.trs' -delete
	make -C "$dir" -s --no-print-directory -k -j"$(nproc)" check >"$out/unit.log" 2>&1 || true
	while IFS= read -r trs; do
		log=${trs%.trs}.log
		line=$(sed -n 's/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\)$/\1 \2 \3/p' "$log" | tail -n 1)
		# shellcheck disable=SC2086
		set -- ${line:-1 0 0}
		bad=$(($2 + $3))
		case $(sed -n 's/^:test-result: //p' "$trs" | tail -n 1) in
		PASS) ;;
		SKIP)
			skipped=$((skipped + 1))
			continue
			;;
		*)
			[ "$bad" -gt 0 ] || bad=1
			printf 'unit: %s\n' "${log##*/}"
			tail -n 60 "$log"
			;;
		esac
		passed=$((passed + $1 - bad)) failed=$((failed + bad))
	done < <(find "$dir/tests" -name '*.trs' | sort)
	if [ $((passed + failed)) = 0 ]; then
		tail -n 60 "$out/unit.log"
		failed=1
	fi
	echo "$passed" "$failed" "$skipped" >"$results/unit"
}

# test_pytest NAME DIR...: Debian's Python, whose packages the tests use, whatever python3 is first in PATH.
test_pytest() {
	local name=$1 xml=$out/$1.xml status=0
	shift
	rm -f "$xml"
	/usr/bin/python3 -m pytest -q -ra -p no:cacheprovider --timeout=300 --junitxml="$xml" "${test_more[@]}" "$@" || status=$?
	if [ -s "$xml" ] && [ $status -le 1 ]; then
		/usr/bin/python3 - "$xml" <<'PY' >"$results/$name"
import sys, xml.etree.ElementTree as tree
n = {k: sum(int(s.get(k, 0)) for s in tree.parse(sys.argv[1]).iter("testsuite")) for k in ("tests", "failures", "errors", "skipped")}
bad = min(n["failures"] + n["errors"], n["tests"]) if n["tests"] else n["errors"]
print(max(n["tests"] - bad - n["skipped"], 0), bad, n["skipped"])
PY
	elif [ $status != 5 ]; then # 5: no test was selected
		say "pytest ended with status $status"
		echo 0 1 0 >"$results/$name"
	fi
}

test_e2e() {
	export FLOPYNET_OPERATIONS=$out/operations
	: >"$FLOPYNET_OPERATIONS"
	# Most of the time a test waits for something. A file's tests stay together: they may share a dashboard.
	test_pytest e2e -n "$(($(nproc) * 3 / 2))" --dist loadfile "$top/tests/e2e"
	test_again e2e
	[ ${#test_more[@]} -gt 0 ] || test_pytest operations "$top/tests/e2e/every_operation.py"
}

# test_again NAME: what failed beside others on a busy machine, when it is little, is run once more by itself, and that counts. Both are to be seen.
test_again() {
	local passed failed skipped again_passed again_failed again_skipped ids
	[ -s "$results/$1" ] || return 0
	read -r passed failed skipped <"$results/$1"
	[ "$failed" -gt 0 ] && [ "$failed" -le 5 ] || return 0
	mapfile -t ids < <(/usr/bin/python3 - "$out/$1.xml" "$top" <<'PY'
import sys, xml.etree.ElementTree as tree
for case in tree.parse(sys.argv[1]).iter("testcase"):
    if case.find("failure") is not None or case.find("error") is not None:
        print(f"{sys.argv[2]}/{case.get('classname').replace('.', '/')}.py::{case.get('name')}")
PY
	)
	say "failed beside others, now by themselves: ${ids[*]##*/}"
	test_pytest "$1-again" "${ids[@]}"
	if [ -s "$results/$1-again" ]; then
		read -r again_passed again_failed again_skipped <"$results/$1-again"
		rm "$results/$1-again"
		if [ $((again_passed + again_failed + again_skipped)) -ge "$failed" ]; then
			echo $((passed + again_passed)) "$again_failed" $((skipped + again_skipped)) >"$results/$1"
		fi
	fi
}

# node's runner ends with "# pass 3", "# fail 0", "# skipped 0".
test_node() { # name file...
	local name=$1 log=$out/$1.tap
	shift
	node --test --test-reporter=tap "$@" >"$log" 2>&1 || cat "$log"
	awk '/^# pass/ {p = $3} /^# fail/ {f = $3} /^# cancelled/ {c = $3} /^# skipped/ {s = $3} END {if (p == "") f = 1; print p + 0, f + c + 0, s + 0}' \
		"$log" >"$results/$name"
}

test_files() { # dir pattern: fills the array `found`
	found=()
	[ ! -d "$1" ] || mapfile -t found < <(find "$1" -name node_modules -prune -o -name "$2" -print | sort)
}

test_sdk() {
	local found
	test_files "$top/sdk/python" 'test_*.py'
	[ ${#found[@]} = 0 ] || test_pytest sdk-py "$top/sdk/python"
	test_files "$top/sdk/js" '*.test.*js'
	[ ${#found[@]} = 0 ] || test_node sdk-js "${found[@]}"
}

test_web() {
	local found
	test_files "$top/tests/web" 'test_*.py'
	[ ${#found[@]} = 0 ] || test_pytest web-py "$top/tests/web"
	test_files "$top/tests/web" '*.test.*js'
	[ ${#found[@]} = 0 ] || test_node web-js "${found[@]}"
}
