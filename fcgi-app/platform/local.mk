# What the platform's services, their configuration, rules and alerts are, without HTTP, SQL, clock or network: pure rules.
noinst_LIBRARIES += libplatform.a
libplatform_a_SOURCES = \
	%D%/failure.c %D%/failure.h \
	%D%/health.c %D%/health.h \
	%D%/live.c %D%/live.h \
	%D%/origin.c %D%/origin.h \
	%D%/schedule.c %D%/schedule.h \
	%D%/rule.c %D%/rule.h \
	%D%/setting_value.c %D%/setting_value.h \
	%D%/settings.c %D%/settings.h \
	%D%/settings_check.c \
	%D%/settings_merge.c %D%/settings_merge.h \
	%D%/settings_table.c %D%/settings_table.h \
	%D%/url.c %D%/url.h
libplatform_a_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
