# What the platform's services, their configuration, rules and alerts are, without HTTP, SQL, clock or network: pure rules.
noinst_LIBRARIES += libplatform.a
libplatform_a_SOURCES = \
	%D%/failure.c %D%/failure.h \
	%D%/live.c %D%/live.h \
	%D%/settings.c %D%/settings.h
libplatform_a_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
