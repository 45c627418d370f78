/*
 * The empty FastCGI responder: what the web server and libfcgi cost by themselves.  Four processes on the socket of descriptor 0, each answering a constant.
 * What `./dev bench` compares the API with.
 */
#include <fcgiapp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#define PROCESSES 4 /* as many as the API has workers by default */

int main(void)
{
	static const char answer[] = "Content-Type: application/json\r\n\r\n{}";
	FCGX_Request r;
	int i;

	for (i = 1; i < PROCESSES && fork() != 0; i++)
		;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (FCGX_Init() != 0 || FCGX_InitRequest(&r, 0, 0) != 0)
		return 1;
	while (FCGX_Accept_r(&r) == 0) {
		FCGX_PutStr(answer, (int)sizeof(answer) - 1, r.out);
		FCGX_Finish_r(&r);
	}
	return 0;
}
