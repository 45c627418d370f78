/* The FastCGI side: the only file that includes fcgiapp.h. */
#ifndef API_GATEWAY_H
#define API_GATEWAY_H

#include "api/request.h"
#include "api/wire.h"

/* Once in a process, before the first accept. */
void gateway_init(int listen_fd);
/*
 * Take the connection that waits and read its request whole.  1: w is filled, good until gateway_finish(); 0: there was none after all, or it was no request;
 * -1: this worker had better end (the reason is in the log).
 */
int gateway_accept(struct wire *w);
/* Send the answer.  head_only: all but the body. */
void gateway_send(struct response *r, bool head_only);
/* Close the connection. */
void gateway_finish(void);

#endif
