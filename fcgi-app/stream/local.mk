# flopynet-stream: the only user of libwebsockets.h (wire, events, protocol).  What knows no sockets is in a library, so that tests link it.
noinst_LIBRARIES += libstream.a
libstream_a_SOURCES = \
	%D%/admission.c %D%/admission.h \
	%D%/authorize.c %D%/authorize.h \
	%D%/client_message.c %D%/client_message.h \
	%D%/feed.c %D%/feed.h \
	%D%/handshake.c %D%/handshake.h \
	%D%/hub.c %D%/hub.h \
	%D%/query.c %D%/query.h \
	%D%/roster.c %D%/roster.h \
	%D%/server.c %D%/server.h \
	%D%/session.c %D%/session.h
libstream_a_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
STREAM_LIBS = libstream.a $(STORE_LIBS)

sbin_PROGRAMS += flopynet-stream
flopynet_stream_SOURCES = \
	%D%/events.c %D%/events.h \
	%D%/main.c \
	%D%/protocol.c %D%/protocol.h \
	%D%/wire.c %D%/wire.h
flopynet_stream_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS) $(LWS_CFLAGS)
flopynet_stream_LDADD = $(STREAM_LIBS) $(LWS_LIBS)
