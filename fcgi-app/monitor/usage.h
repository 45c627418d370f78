/*
 * What local processes use, from the process table: percent of one processor and resident MB.  A service is known by its pid file or by the port it listens on; all processes that
 * hold that port (a pool of workers shares it) count together.  Forwarders (docker-proxy, ssh …) are not the service and are not measured.
 *
 * Who listens is found by looking through /proc, a few processes a turn, so that no turn is long; what is not ours to see stays unknown: that somebody listens can then be said, and not
 * what it uses.
 */
#ifndef MONITOR_USAGE_H
#define MONITOR_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#define USAGE_PIDS_MAX 64 /* of one service */

struct usage;

/* Our other programs are known by their name and by having our own arguments ("-c CONF"). */
struct usage *usage_new(void);
void usage_free(struct usage *u);
/* A slice of the search; returns the monotonic time of the next one. */
int64_t usage_turn(struct usage *u, int64_t mono_ms);
/* Ports to be searched for; call again with the new list when it changes. */
void usage_ports(struct usage *u, const int64_t *ports, int n);
/* Whether the last search began at that time or later.  When not, a search is due now: usage_turn() wants to be called, and this again after it. */
bool usage_is_fresh(struct usage *u, int64_t since_mono_ms);

/* One service's memory from one measurement to the next; a zeroed struct is a new one. */
struct usage_meter {
	int64_t mono_ms;
	uint64_t ticks;   /* of all its processes */
	uint64_t members; /* a hash of who they were */
};

struct usage_reading {
	int processes;      /* 0: none is known */
	double cpu_percent; /* NAN at the first reading and after a change of processes */
	double memory_mb;
	bool listens;       /* somebody listens on the port, whether or not it may be seen who */
	bool no_file;       /* the pid file cannot be read, or holds no number */
};

/* By pid file, else by port (which is in usage_ports()). */
void usage_measure(struct usage *u, struct usage_meter *m, const char *pid_file, int64_t port, int64_t mono_ms, struct usage_reading *out);
/* All programs of this installation, with the monitor's children. */
void usage_measure_own(struct usage *u, struct usage_meter *m, int64_t mono_ms, struct usage_reading *out);

#endif
