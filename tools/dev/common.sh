# shellcheck shell=bash disable=SC2154,SC2034
# What all parts of ./dev use.

say() { printf 'dev: %s\n' "$*" >&2; }
die() {
	say "$*"
	exit 1
}

# Run a command as root, without ever waiting for a password that nobody can type.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif ! command -v sudo >/dev/null; then
		die "this needs root, and there is no sudo; as root: ./dev install-deps"
	elif [ -t 0 ]; then
		sudo "$@"
	else
		sudo -n "$@"
	fi
}

# Does something answer on this port of 127.0.0.1?
port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The first free port from here on.
port_free() {
	local port=$1
	while port_taken "$port"; do port=$((port + 1)); done
	printf '%s\n' "$port"
}

# The whole answer to GET http://127.0.0.1:PORT/PATH, empty without one. In the shell itself: a readiness loop must not cost processes.
http_get() { # port path [token]
	{
		printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1:%s\r\n%s\r\n' "$2" "$1" "${3:+Authorization: Bearer $3$'\r\n'}" >&3
		cat <&3
	} 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$1" || true
}
