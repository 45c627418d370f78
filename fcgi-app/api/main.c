/* flopynet-api: options and start; the work is in supervisor.c and worker.c. */
#include "config.h"

#include "api/setup.h"
#include "api/supervisor.h"
#include "api/worker.h"
#include "lib/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] = "Usage: flopynet-api -c FILE\n"
			    "The REST API of the FLOPY-NET dashboard, as a FastCGI application: a web server (lighttpd's bin-path), spawn-fcgi or systemd\n"
			    "starts it with the listening socket as standard input.\n\n"
			    "  -c FILE  configuration (default " SYSCONFDIR "/flopynet/flopynet.conf)\n"
			    "  -h       this text\n"
			    "  -V       version\n\n"
			    "SIGTERM finishes the requests in flight and ends; SIGHUP reads the configuration anew without refusing a request.\n";

static int is_listening(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 && on;
}

int main(int argc, char **argv)
{
	const char *conf_path = SYSCONFDIR "/flopynet/flopynet.conf";
	struct setup *setup;
	struct err e;
	int c;

	while ((c = getopt(argc, argv, "c:hV")) != -1) {
		switch (c) {
		case 'c':
			conf_path = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			puts(PACKAGE_STRING);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	log_init("flopynet-api");
	umask(027);
	if (!is_listening(WORKER_LISTEN_FD)) {
		fputs("flopynet-api: standard input is not a listening socket; let the web server, spawn-fcgi or systemd start it\n", stderr);
		return 2;
	}
	if (setup_load(&setup, conf_path, &e) == -1) {
		log_error("%s", e.msg);
		return 1;
	}
	return supervisor_run(setup, conf_path);
}
