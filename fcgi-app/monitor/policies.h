/*
 * The policies part: reads which policies the policy engine has, so that workers can verify the names of an experiment without asking anybody, and verifies later what could not be verified
 * when it was created.  It reads when a worker asks; and, while the probe says that the policy engine is well, every five minutes, and every few seconds while something is unverified.
 */
#ifndef MONITOR_POLICIES_H
#define MONITOR_POLICIES_H

#include "monitor/monitor.h"

extern const struct monitor_part part_policies;

#endif
