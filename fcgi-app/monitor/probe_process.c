/*
 * Kind process: a local process that has no address, by its pid file or the port it listens on.  Nothing is asked: that it is there, and what it uses, comes from the process table
 * (usage.h), which the monitor adds to every service that is local.
 */
#include "config.h"

#include "monitor/check.h"

static void begin(struct check *c)
{
	check_end(c);
}

const struct probe_driver probe_process = {.begin = begin};
