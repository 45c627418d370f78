# flopynet-monitor: runs, queue, upkeep and probes; alerts join the list in monitor.c.
noinst_LIBRARIES += libmonitor.a
libmonitor_a_SOURCES = \
	%D%/alerts.c %D%/alerts.h \
	%D%/check.c %D%/check.h \
	%D%/delivery.c %D%/delivery.h \
	%D%/engine_check.c %D%/engine_check.h \
	%D%/engines.c %D%/engines.h \
	%D%/episodes.c %D%/episodes.h \
	%D%/job.c %D%/job.h \
	%D%/live.c %D%/live.h \
	%D%/lookup.c %D%/lookup.h \
	%D%/mongodb_answer.c %D%/mongodb_answer.h \
	%D%/monitor.c %D%/monitor.h \
	%D%/net.c %D%/net.h \
	%D%/notice.c %D%/notice.h \
	%D%/notify.c %D%/notify.h \
	%D%/policies.c %D%/policies.h \
	%D%/policy_ask.c %D%/policy_ask.h \
	%D%/probe.c %D%/probe.h \
	%D%/probe_collector.c \
	%D%/probe_fl_server.c \
	%D%/probe_http.c \
	%D%/probe_influxdb.c \
	%D%/probe_mongodb.c \
	%D%/probe_policy_engine.c \
	%D%/probe_process.c \
	%D%/probe_prometheus.c \
	%D%/probe_redis.c \
	%D%/probe_sdn.c \
	%D%/probe_tcp.c \
	%D%/process.c %D%/process.h \
	%D%/queue.c %D%/queue.h \
	%D%/record.c %D%/record.h \
	%D%/redis_answer.c %D%/redis_answer.h \
	%D%/run_dir.c %D%/run_dir.h \
	%D%/run_place.c \
	%D%/runs.c %D%/runs.h \
	%D%/samples.c %D%/samples.h \
	%D%/self.c %D%/self.h \
	%D%/subjects.c %D%/subjects.h \
	%D%/tail.c %D%/tail.h \
	%D%/upkeep.c %D%/upkeep.h \
	%D%/usage.c %D%/usage.h \
	%D%/watch.c %D%/watch.h \
	%D%/watched.c %D%/watched.h \
	%D%/words.c %D%/words.h
libmonitor_a_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS) $(CURL_CFLAGS) $(MONGOC_CFLAGS)
MONITOR_LIBS = libmonitor.a $(STORE_LIBS) $(CURL_LIBS) $(HIREDIS_LIBS) $(MONGOC_LIBS) -lpthread

sbin_PROGRAMS += flopynet-monitor
flopynet_monitor_SOURCES = %D%/main.c
flopynet_monitor_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
flopynet_monitor_LDADD = $(MONITOR_LIBS)
