# Tokens and passwords: the only user of jwt.h and crypt.h.
noinst_LIBRARIES += libauth.a
libauth_a_SOURCES = \
	%D%/base64url.c %D%/base64url.h \
	%D%/keys.c %D%/keys.h \
	%D%/password.c %D%/password.h \
	%D%/role.c %D%/role.h \
	%D%/token.c %D%/token.h
libauth_a_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS) $(JWT_CFLAGS) $(CRYPTO_CFLAGS) $(XCRYPT_CFLAGS)
AUTH_LIBS = libauth.a $(JWT_LIBS) $(CRYPTO_LIBS) $(XCRYPT_LIBS)
