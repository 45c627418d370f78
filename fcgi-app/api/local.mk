# flopynet-api: the only user of fcgiapp.h.  Everything but main.c is in a library, so that tests link the real thing.
noinst_LIBRARIES += libapi.a
libapi_a_SOURCES = \
	%D%/cache.c %D%/cache.h \
	%D%/contract.h \
	%D%/cors.c %D%/cors.h \
	%D%/csv.c %D%/csv.h \
	%D%/dispatch.c %D%/dispatch.h \
	%D%/engine_view.c %D%/engine_view.h \
	%D%/experiment_input.c %D%/experiment_input.h \
	%D%/experiment_view.c %D%/experiment_view.h \
	%D%/handlers.h \
	%D%/h_artifact.c \
	%D%/h_alert.c \
	%D%/h_config.c \
	%D%/h_contract.c \
	%D%/h_notification.c \
	%D%/h_rule.c \
	%D%/h_silence.c \
	%D%/rule_input.c %D%/rule_input.h \
	%D%/rule_trial.c %D%/rule_trial.h \
	%D%/h_control.c \
	%D%/h_event.c \
	%D%/h_experiment.c \
	%D%/h_health.c \
	%D%/h_metrics.c \
	%D%/h_prometheus.c \
	%D%/h_report.c \
	%D%/h_run.c \
	%D%/h_scenario.c \
	%D%/h_session.c \
	%D%/h_token.c \
	%D%/h_user.c \
	%D%/identity.c %D%/identity.h \
	%D%/login.c %D%/login.h \
	%D%/media.c %D%/media.h \
	%D%/policy_check.c %D%/policy_check.h \
	%D%/problem.c %D%/problem.h \
	%D%/rate.c %D%/rate.h \
	%D%/request.c %D%/request.h \
	%D%/router.c %D%/router.h \
	%D%/routes.c %D%/routes.h \
	%D%/service_view.c %D%/service_view.h \
	%D%/uri.c %D%/uri.h \
	%D%/wire.c %D%/wire.h
nodist_libapi_a_SOURCES = schema/contract_text.c
libapi_a_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
API_LIBS = libapi.a $(STORE_LIBS) $(CRYPTO_LIBS)

# The process around it.
sbin_PROGRAMS += flopynet-api
flopynet_api_SOURCES = \
	%D%/gateway.c %D%/gateway.h \
	%D%/main.c \
	%D%/scoreboard.c %D%/scoreboard.h \
	%D%/setup.c %D%/setup.h \
	%D%/supervisor.c %D%/supervisor.h \
	%D%/worker.c %D%/worker.h
flopynet_api_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
flopynet_api_LDADD = $(API_LIBS) -lfcgi
