/*
 * flopynet-stream -c CONF: live updates over WebSocket and server-sent events, in the foreground.  SIGTERM and SIGINT end it; whoever is connected is
 * told to come back (1012).
 */
#include "config.h"

#include "lib/conf.h"
#include "lib/log.h"
#include "stream/protocol.h"
#include "stream/server.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void install_signals(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL); /* there is nothing to read again: the configuration is read at start */
}

static int serve(const struct conf *conf, struct err *e)
{
	struct protocol *p = NULL;
	struct server srv;
	int rc = -1;

	if (server_open(&srv, conf, e) == -1 || protocol_open(&p, &srv, e) == -1)
		goto out;
	log_info("listening address=127.0.0.1:%" PRId64, conf->stream_port);
	protocol_run(p, &stop);
	log_info("stopped");
	rc = 0;
out:
	protocol_close(p);
	server_close(&srv);
	return rc;
}

int main(int argc, char **argv)
{
	const char *path = SYSCONFDIR "/flopynet/flopynet.conf";
	struct conf conf;
	struct err e;
	int opt, rc;

	log_init("flopynet-stream");
	while ((opt = getopt(argc, argv, "c:V")) != -1) {
		switch (opt) {
		case 'c':
			path = optarg;
			break;
		case 'V':
			printf("flopynet-stream %s\n", PACKAGE_VERSION);
			return 0;
		default:
			fprintf(stderr, "usage: flopynet-stream [-c FILE]\n");
			return 2;
		}
	}
	install_signals();
	rc = conf_load(&conf, path, &e) == -1 ? -1 : serve(&conf, &e);
	if (rc == -1)
		log_error("%s", e.msg);
	conf_clear(&conf);
	return rc == -1 ? 1 : 0;
}
