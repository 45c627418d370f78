# shellcheck shell=bash disable=SC2154,SC2034
# ./dev lint, fuzz and bench.

dev_lint() {
	local files failed=0
	build_paths
	deps_install lint
	build dev
	cd "$top" || exit 1
	mapfile -t files < <(git ls-files '*.sh')
	shellcheck -x dev .ci/run "${files[@]}" || failed=1
	mapfile -t files < <(git ls-files 'fcgi-app/*.c')
	# shellcheck disable=SC2016
	tidy_flags="-std=c11 -D_GNU_SOURCE -I$out/dev -Ifcgi-app -DPKGDATADIR=\"/\" -DSYSCONFDIR=\"/\" $(
		pkg-config --cflags json-c sqlite3 libcurl libjwt inih libcrypto libwebsockets hiredis libmongoc-1.0 | tr '\n' ' '
	)" xargs -n 4 -P "$(nproc)" sh -c 'clang-tidy --quiet "$@" -- $tidy_flags 2>/dev/null' sh <<<"${files[*]}" || failed=1
	[ $failed = 0 ] || die "lint: the above is to be mended"
	say "lint: nothing to say"
}

# Each harness in tests/fuzz for a while, from the inputs that make check replays; what it finds is left in build/fuzz-findings.
dev_fuzz() {
	local seconds=${1:-20} harness name failed=0
	[[ $seconds =~ ^[0-9]+$ ]] || die "fuzz: a number of seconds"
	build_paths
	deps_install fuzz
	build fuzz fuzzers
	for harness in "$out"/fuzz/tests/fuzz/*_fuzz; do
		name=${harness##*/}
		name=${name%_fuzz}
		mkdir -p "$out/fuzz-corpus/$name" "$out/fuzz-findings"
		say "fuzz: $name for $seconds s"
		if ! "$harness" -max_total_time="$seconds" -print_final_stats=0 -verbosity=0 -artifact_prefix="$out/fuzz-findings/$name-" \
			"$out/fuzz-corpus/$name" "$top/tests/fixtures/corpus/$name" >"$out/fuzz-$name.log" 2>&1; then
			failed=1
			tail -n 40 "$out/fuzz-$name.log"
		fi
	done
	fuzz_api "$((seconds * 3))" || failed=1
	[ $failed = 0 ] || die "fuzz: found something, see the above and $out/fuzz-findings"
	say "fuzz: found nothing"
}

# Schemathesis against the whole stack, each time with a seed of its own.
fuzz_api() { # seconds
	local seed
	seed=$(date +%s)
	deps_install test
	build test
	say "fuzz: the API for $1 s with seed $seed"
	FLOPYNET_BUILD=$out/test FLOPYNET_SOURCE=$src FLOPYNET_DATA=$out/npm/node_modules FLOPYNET_PYTHON=$out/python/bin/python \
		FLOPYNET_SCHEMATHESIS_SEED=$seed FLOPYNET_SCHEMATHESIS_SECONDS=$1 PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 -m pytest -q -ra -p no:cacheprovider "$top/tests/e2e/test_schemathesis.py"
}

dev_bench() {
	build_paths
	deps_install bench
	build dev
	FLOPYNET_BUILD=$out/dev FLOPYNET_SOURCE=$src FLOPYNET_DATA=$out/npm/node_modules "$top/tests/bench/run" "$@"
}
