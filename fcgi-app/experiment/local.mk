# What an experiment is, without HTTP, SQL, clock or network: pure rules.
noinst_LIBRARIES += libexperiment.a
libexperiment_a_SOURCES = \
	%D%/judge.c %D%/judge.h \
	%D%/lifecycle.c %D%/lifecycle.h \
	%D%/network.c %D%/network.h \
	%D%/policy.c %D%/policy.h \
	%D%/progress.c %D%/progress.h \
	%D%/runner_event.c %D%/runner_event.h \
	%D%/scenario.c %D%/scenario.h
libexperiment_a_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
