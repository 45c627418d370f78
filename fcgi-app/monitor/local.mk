# flopynet-monitor: runs, queue and upkeep; probes and alerts join the list in monitor.c.
noinst_LIBRARIES += libmonitor.a
libmonitor_a_SOURCES = \
	%D%/live.c %D%/live.h \
	%D%/monitor.c %D%/monitor.h \
	%D%/process.c %D%/process.h \
	%D%/queue.c %D%/queue.h \
	%D%/run_dir.c %D%/run_dir.h \
	%D%/run_place.c \
	%D%/runs.c %D%/runs.h \
	%D%/tail.c %D%/tail.h \
	%D%/upkeep.c %D%/upkeep.h
libmonitor_a_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
MONITOR_LIBS = libmonitor.a $(STORE_LIBS)

sbin_PROGRAMS += flopynet-monitor
flopynet_monitor_SOURCES = %D%/main.c
flopynet_monitor_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
flopynet_monitor_LDADD = $(MONITOR_LIBS)
