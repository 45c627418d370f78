/* flopynet-engine: the default FL engine.  Started by the monitor with the run directory as its working directory; see docs/runner-protocol.md. */
#include "config.h"

#include "engine/run.h"
#include "lib/log.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("flopynet-engine " PACKAGE_VERSION);
		return 0;
	}
	if (argc != 1) {
		fputs("usage: flopynet-engine   (in a run directory with spec.json and the FIFO control; see docs/runner-protocol.md)\n", stderr);
		return 2;
	}
	log_init("flopynet-engine");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN); /* a run outlives its terminal and its monitor */
	return run_main(getenv("FLOPYNET_DATA_DIR"));
}
