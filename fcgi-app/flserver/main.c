/* flopynet-flserver: the runner for FLOPY-NET's fl_server.  Started by the monitor with the run directory as its working directory; see docs/fl_server.md. */
#include "config.h"

#include "flserver/run.h"
#include "lib/log.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct spec spec;
	struct err e;
	int status;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("flopynet-flserver " PACKAGE_VERSION);
		return 0;
	}
	log_init("flopynet-flserver");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN); /* a run outlives its terminal and its monitor */
	if (spec_read(&spec, argc, argv, &e) == -1) {
		log_error("%s", e.msg);
		spec_clear(&spec);
		fputs("usage: flopynet-flserver [--poll-ms N] [--lost-after SECONDS] [--begin-within SECONDS] [-- COMMAND …]   (in a run directory; see docs/fl_server.md)\n", stderr);
		return 2;
	}
	status = run_main(&spec);
	spec_clear(&spec);
	return status;
}
