# shellcheck shell=bash disable=SC2154,SC2034
# Where and how building happens. $src and $out are free of spaces, which automake cannot stand: where the path of the project has one,
# $src is a link to it and $out a directory beside that link, and build/ in the project a link to $out.

build_paths() {
	local cache=${XDG_CACHE_HOME:-${HOME:-}/.cache} dir
	src=$top
	out=$top/build
	case $top in *[!A-Za-z0-9_./+,@=~:-]*) ;; *) return 0 ;; esac
	case $cache in /*) ;; *) cache=/var/tmp/flopynet-$(id -u) ;; esac
	case $cache in *[!A-Za-z0-9_./+,@=~:-]*) cache=/var/tmp/flopynet-$(id -u) ;; esac
	dir=$cache/flopynet/$(printf '%s' "$top" | sha256sum | cut -c1-16)
	(umask 077 && mkdir -p "$dir") || die "cannot make $dir"
	[ -O "$cache" ] || die "$cache belongs to someone else"
	src=$dir/source
	out=$dir/build
	mkdir -p "$out"
	ln -sfn "$top" "$src"
	if [ -L "$top/build" ] || [ ! -e "$top/build" ]; then ln -sfn "$out" "$top/build"; fi
}

build_flags() { # kind
	case $1 in
	dev) printf '%s\n' 'CFLAGS=-O2 -g' ;;
	test) printf '%s\n' --enable-sanitizers --enable-werror 'CFLAGS=-O1 -g' ;;
	fuzz) printf '%s\n' --enable-sanitizers --enable-fuzzers CC=clang 'CFLAGS=-O1 -g' ;;
	esac
}

# build KIND [TARGET...]: out of tree, in $out/KIND. One at a time: configure is written into the source.
build() {
	local kind=$1 dir=$out/$1 flags
	shift
	mkdir -p "$dir"
	mapfile -t flags < <(build_flags "$kind")
	(
		flock 8
		if [ ! -x "$src/configure" ] || [ ! -e "$src/Makefile.in" ]; then
			say "making configure"
			"$src/autogen.sh" >"$out/autogen.log" 2>&1 || { cat "$out/autogen.log" >&2; die "autogen.sh failed"; }
		fi
		# A tree that was moved or asked for other flags is configured anew.
		if [ ! -e "$dir/Makefile" ] || [ "$(cat "$dir/.configured" 2>/dev/null)" != "$src ${flags[*]}" ]; then
			say "configuring $dir"
			(cd "$dir" && "$src/configure" -q --prefix="$dir/installed" "${flags[@]}") >"$dir/configure.log" 2>&1 ||
				{ cat "$dir/configure.log" >&2; die "configure failed; $dir/config.log says more"; }
			printf '%s\n' "$src ${flags[*]}" >"$dir/.configured"
		fi
		make -C "$dir" -s --no-print-directory -j"$(nproc)" "$@"
	) 8>"$out/.lock" || die "building $dir failed"
}
