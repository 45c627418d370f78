/*
 * Are an experiment's policies known to the policy engine?  Judged by the list that the monitor keeps; the policy engine is never asked from here.  Where the list is old, or would refuse
 * somebody, the monitor is asked for a new one and gets a second; where none is to be had, the names stay unverified, and the monitor verifies them when it can.
 */
#ifndef API_POLICY_CHECK_H
#define API_POLICY_CHECK_H

#include "api/experiment_input.h"
#include "api/request.h"

/*
 * Sets in->policy_status.  A name that the policy engine does not have is added to e as a detail, with those that are like it; e is otherwise as it was, but for a store error (-1).
 * Not in a transaction.
 */
int policy_check(struct request *q, struct experiment_input *in, struct err *e);

#endif
