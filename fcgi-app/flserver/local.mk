# flopynet-flserver: the runner for FLOPY-NET's fl_server.
noinst_LIBRARIES += libflserver.a
libflserver_a_SOURCES = \
	%D%/answer.c %D%/answer.h \
	%D%/ask.c %D%/ask.h \
	%D%/child.c %D%/child.h \
	%D%/denials.c %D%/denials.h \
	%D%/follow.c %D%/follow.h \
	%D%/report.c %D%/report.h \
	%D%/run.c %D%/run.h %D%/run_begin.c %D%/run_parts.h \
	%D%/spec.c %D%/spec.h
libflserver_a_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS) $(CURL_CFLAGS)
FLSERVER_LIBS = libflserver.a libengine.a libplatform.a $(LIB_LIBS) $(CURL_LIBS)

sbin_PROGRAMS += flopynet-flserver
flopynet_flserver_SOURCES = %D%/main.c
flopynet_flserver_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
flopynet_flserver_LDADD = $(FLSERVER_LIBS)

dist_engines_DATA += conf/engines/flopynet.json
dist_scenarios_DATA += conf/scenarios/flopynet.json
