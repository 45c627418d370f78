# shellcheck shell=bash disable=SC2154,SC2034
# ./dev up: the whole dashboard in the foreground. This shell is the supervisor of lighttpd, flopynet-api, flopynet-monitor and
# flopynet-stream: it starts again what dies and ends with all of them. It holds the socket of flopynet-api, as systemd would: lighttpd, which
# can start that program too (bin-path), does not start it again after a kill -9, because the workers keep the socket open a moment too long.

declare -A up_pid=() up_since=() up_fails=()
declare -A up_flower_port=() # of superlink, supernode1, supernode2 …: only with --with-flower

dev_up() {
	[ -n "${FLOPYNET_DEV_RUN:-}" ] || up_begin_again "$@"
	run=$FLOPYNET_DEV_RUN
	unset FLOPYNET_DEV_RUN
	trap up_stop EXIT
	local port=3001 state=$top/var name
	supernodes=0
	while [ $# -gt 0 ]; do
		case $1 in
		--port) port=${2:?--port needs a number} && shift ;;
		--port=*) port=${1#*=} ;;
		--state) state=${2:?--state needs a directory} && shift ;;
		--state=*) state=${1#*=} ;;
		--with-flower) supernodes=3 ;;
		--with-flower=*) supernodes=${1#*=} ;;
		*) die "up: there is no option $1" ;;
		esac
		shift
	done
	[[ $port =~ ^[1-9][0-9]{0,4}$ && $port -lt 65536 ]] || die "--port $port: a number from 1 to 65535"
	[[ $supernodes =~ ^[0-9]{1,2}$ ]] || die "--with-flower=$supernodes: the number of SuperNodes, from 1 to 99"
	case $state in /*) ;; *) state=$PWD/$state ;; esac

	build_paths
	deps_install up
	[ "$supernodes" = 0 ] || deps_install flower
	build dev
	bin=$out/dev

	up_claim
	trap 'exit 0' INT TERM HUP # what follows is up_stop
	up_files
	up_flower
	for name in monitor api stream lighttpd; do up_start "$name"; done
	up_wait_ready
	up_check_token
	up_greet
	up_supervise
}

# With the socket of flopynet-api in descriptor 6; and with ears: started by a script in the background, a shell is deaf to SIGINT for good.
up_begin_again() {
	local base=${XDG_RUNTIME_DIR:-/tmp} run
	# lighttpd's settings stand no spaces everywhere, and a socket's path has 108 bytes at most: it sees everything through short links in here.
	case $base in /*[!A-Za-z0-9_./-]* | [!/]*) base=/tmp ;; esac
	run=$(mktemp -d "$base/flopynet.XXXXXX")
	FLOPYNET_DEV_RUN=$run exec env --default-signal=INT,QUIT perl "$top/tools/dev/listen.pl" "$run/api.sock" "$top/dev" up "$@"
}

# One instance for a state directory and a port.
up_claim() {
	local holder
	(umask 077 && mkdir -p "$state") || die "cannot make $state"
	exec 7>>"$state/.lock"
	if ! flock -n 7; then
		holder=$(cat "$state/.lock" 2>/dev/null)
		die "the state directory $state is in use by another ./dev up${holder:+ (process $holder)}; stop that one, or give this one its own with --state DIR"
	fi
	port_taken "$port" && die "port $port of 127.0.0.1 is in use by another program; choose one with --port N"
	printf '%s\n' $$ >"$state/.lock"
}

# A setting of a configuration file: section key file
up_setting() {
	sed -n "/^\[$1\]/,/^\[/s/^$2 *= *//p" "$3" 2>/dev/null
}

# Everything that has to be there before the first program starts.
up_files() {
	local old
	conf=$state/flopynet.conf
	old=$(cat "$state/.run" 2>/dev/null || true) # left by one that was killed
	case $old in */flopynet.??????) rm -rf "$old" ;; esac
	printf '%s\n' "$run" >"$state/.run"
	ln -s "$top/web" "$run/web"
	ln -s "$top/conf" "$run/conf"
	sh "$top/conf/errors.sh" "$run/errors"
	(
		umask 077
		up_conf
		"$bin/flopynetctl" -c "$conf" init >/dev/null || die "flopynetctl init failed"
		[ -s "$state/token" ] || up_token
		sh "$top/conf/fill.sh" "$top/conf/lighttpd.conf.in" listen=127.0.0.1 "port=$port" webdir="$run/web" errorsdir="$run/errors" \
			routes="$run/conf/lighttpd-routes.conf" stream_port="$(up_setting stream port "$conf")" socket="$run/api.sock" \
			>"$state/lighttpd.conf" || die "could not write $state/lighttpd.conf"
	) || exit 1
}

# flopynet.conf is made anew at each start, for the tree may have moved, until someone edits it.
up_conf() {
	local stream_port made=$state/.flopynet.conf.made
	stream_port=$(up_setting stream port "$conf")
	if [ -e "$conf" ] && ! cmp -s "$conf" "$made"; then
		[ -n "$stream_port" ] || die "$conf needs a port in its section [stream]"
		port_taken "$stream_port" && die "port $stream_port ([stream] port in $conf) is in use by another program"
		return 0
	fi
	stream_port=$(port_free "${stream_port:-$((port + 1))}")
	[ "$stream_port" != "$port" ] || stream_port=$(port_free $((port + 1)))
	sh "$top/conf/fill.sh" "$top/conf/flopynet.conf.in" state=. enginesdir="$top/conf/engines" scenariosdir="$top/conf/scenarios" \
		datadir="$out/npm/node_modules" stream_port="$stream_port" >"$conf" || die "could not write $conf"
	cp "$conf" "$made"
}

up_token() {
	(umask 077 && "$bin/flopynetctl" -c "$conf" token create --name dev --role admin >"$state/token.new") || die "could not make a token"
	mv "$state/token.new" "$state/token"
}

# Flower's parts: installed into build/flower, living in the state directory. The engine finds them there, also without --with-flower.
up_flower() {
	local i next=9094 until
	export FLOPYNET_FLOWER_HOME=$state/flower
	[ "$supernodes" -gt 0 ] || return 0
	up_flower_port[superlink]=$(port_free 8000)
	"$bin/flopynet-flower" setup --venv "$out/flower" --superlink "127.0.0.1:${up_flower_port[superlink]}" ||
		die "Flower could not be installed; everything else works without --with-flower"
	up_start superlink
	until=$((SECONDS + 30))
	until port_taken "${up_flower_port[superlink]}"; do
		kill -0 "${up_pid[superlink]}" 2>/dev/null || die "the SuperLink ended before it was ready; its last words are in $state/flower/superlink.log"
		[ $SECONDS -lt $until ] || die "no SuperLink on port ${up_flower_port[superlink]} within 30 s; see $state/flower/superlink.log"
		sleep 0.1
	done
	for ((i = 1; i <= supernodes; i++)); do
		up_flower_port[supernode$i]=$(port_free "$next")
		next=$((${up_flower_port[supernode$i]} + 1))
		up_start "supernode$i"
	done
}

# The command of one of them. They say a line for each message; who wants to read it finds it in the state directory.
up_flower_program() { # name
	program=(env "FLOPYNET_DATA_DIR=$out/npm/node_modules" "$bin/flopynet-flower")
	case $1 in
	superlink) program+=(superlink --listen "127.0.0.1:${up_flower_port[superlink]}") ;;
	*) program+=(supernode --superlink "127.0.0.1:${up_flower_port[superlink]}" --port "${up_flower_port[$1]}") ;;
	esac
}

# In a session of its own, so that Ctrl-C reaches only this shell, which stops everything in order; and bound to this shell, so that none is
# left when it is killed.
up_exec() { # delay program...
	[ "$1" = 0 ] || setpriv --pdeathsig TERM sleep "$1"
	exec setsid env --default-signal=INT,QUIT setpriv --pdeathsig TERM "${@:2}"
}

# up_start NAME [DELAY]
up_start() {
	local name=$1 delay=${2:-0} program
	case $name in
	lighttpd) program=(lighttpd -D -f "$state/lighttpd.conf") ;;
	super*) up_flower_program "$name" ;;
	*) program=("$bin/flopynet-$name" -c "$conf") ;;
	esac
	if [ "$name" = api ]; then
		up_exec "$delay" "${program[@]}" <&6 6>&- 7>&- &
	elif [[ $name == super* ]]; then
		up_exec "$delay" "${program[@]}" </dev/null >"$state/flower/$name.log" 2>&1 6>&- 7>&- &
	else
		up_exec "$delay" "${program[@]}" </dev/null 6>&- 7>&- &
	fi
	up_pid[$name]=$!
	up_since[$name]=$((SECONDS + delay))
}

# The API answers, and it knows that the monitor lives; or it answers that this address has asked too often in this hour.
up_ready() {
	[[ $(http_get "$port" /api/v1/health) == HTTP/1.?' '@(200\ *'"monitor":{"status":"healthy"'|429\ )* ]]
}

up_wait_ready() {
	local name until=$((SECONDS + 30))
	until up_ready; do
		for name in "${!up_pid[@]}"; do
			kill -0 "${up_pid[$name]}" 2>/dev/null || die "$name ended before it was ready; its last words are above"
		done
		[ $SECONDS -lt $until ] || die "no ready answer from http://127.0.0.1:$port/api/v1/health within 30 s"
		sleep 0.05
	done
}

# The token of an earlier run may have expired, been revoked, or been signed with a secret that is gone.
up_check_token() {
	[[ $(http_get "$port" /api/v1/auth/me "$(cat "$state/token")") == HTTP/1.?' 401 '* ]] || return 0
	say "the token in $state/token is no longer valid: making another"
	up_token
}

up_greet() {
	local shown=$state/token
	case $shown in "$PWD"/*) shown=${shown#"$PWD"/} ;; esac
	cat <<TEXT

FLOPY-NET dashboard  http://127.0.0.1:$port/
token                $shown
try                  curl -H "Authorization: Bearer \$(cat '$shown')" http://127.0.0.1:$port/api/v1/experiments
Ctrl-C stops everything.

TEXT
}

up_supervise() {
	local name status
	while :; do
		wait -n "${up_pid[@]}" 2>/dev/null || true
		# Whoever it was that ended, and perhaps another meanwhile.
		for name in "${!up_pid[@]}"; do
			kill -0 "${up_pid[$name]}" 2>/dev/null && continue
			status=0
			wait "${up_pid[$name]}" 2>/dev/null || status=$?
			up_again "$name" "$status"
		done
	done
}

# At once when it had run for a while; else after 1, 2, 4 … 30 s, for something keeps it from running.
up_again() {
	local name=$1 delay=0
	[ $((SECONDS - up_since[$name])) -lt 10 ] || up_fails[$name]=0
	if [ "${up_fails[$name]:-0}" -gt 0 ]; then
		delay=$((1 << (up_fails[$name] - 1)))
		[ $delay -le 30 ] || delay=30
	fi
	up_fails[$name]=$((${up_fails[$name]:-0} + 1))
	[ "${up_fails[$name]}" -le 6 ] || up_fails[$name]=6
	say "$name ended with status $2; starting it again$([ $delay = 0 ] || echo " in $delay s")"
	up_start "$name" "$delay"
}

# Send a signal to processes and wait until they are gone; after 25 s by force.
up_end() { # signal pid...
	local signal=$1 pid until=$((SECONDS + 25))
	shift
	for pid; do kill -s "$signal" "$pid" 2>/dev/null || true; done
	for pid; do
		while kill -0 "$pid" 2>/dev/null; do
			if [ $SECONDS -ge $until ]; then
				say "process $pid does not end: killing it"
				kill -KILL "$pid" 2>/dev/null || true
				break
			fi
			sleep 0.02
		done
	done
}

# Last, for the monitor has told the runs to end; with what they have started, which would notice only after a while.
up_end_flower() {
	local name pids=()
	for name in "${!up_flower_port[@]}"; do [ -z "${up_pid[$name]:-}" ] || pids+=("${up_pid[$name]}"); done
	[ ${#pids[@]} -gt 0 ] || return 0
	up_end TERM "${pids[@]}"
	for name in "${pids[@]}"; do kill -KILL -- "-$name" 2>/dev/null || true; done
}

# The monitor first: SIGINT makes it end the runs, which those who watch still see.
up_stop() {
	local name rest=()
	trap '' INT TERM HUP
	trap - EXIT
	set +e # whatever fails, the rest is stopped too
	if [ ${#up_pid[@]} -gt 0 ]; then
		say "stopping"
		for name in "${!up_pid[@]}"; do
			# One that waits for its turn to start again is still a shell, which ignores SIGINT.
			[ $SECONDS -ge "${up_since[$name]}" ] || kill -TERM "${up_pid[$name]}" 2>/dev/null || true
		done
		[ -z "${up_pid[monitor]:-}" ] || up_end INT "${up_pid[monitor]}"
		for name in stream lighttpd api; do [ -z "${up_pid[$name]:-}" ] || rest+=("${up_pid[$name]}"); done
		up_end TERM "${rest[@]}"
		up_end_flower
	fi
	rm -rf "$run"
}
