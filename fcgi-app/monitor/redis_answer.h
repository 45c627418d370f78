/* What Redis answers, read into a result.  Pure: hiredis has taken the protocol off. */
#ifndef MONITOR_REDIS_ANSWER_H
#define MONITOR_REDIS_ANSWER_H

#include "monitor/probe.h"

#include <stddef.h>

enum redis_command { REDIS_AUTH, REDIS_PING, REDIS_INFO };

/* The text of INFO; NULL: it answered with something that is no text. */
void redis_read_info(struct probe_result *r, const char *text, size_t len);
/* An error in answer to a command: it is there, and something is to be put right. */
void redis_read_refusal(struct probe_result *r, enum redis_command command, const char *text, size_t len);

#endif
