# flopynetctl: the operator's tool.
bin_PROGRAMS += flopynetctl
flopynetctl_SOURCES = \
	%D%/common.c \
	%D%/ctl.h \
	%D%/main.c \
	%D%/state.c \
	%D%/token.c \
	%D%/user.c
flopynetctl_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
flopynetctl_LDADD = $(STORE_LIBS)
