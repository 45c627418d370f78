# Configuration: templates are filled when they are made, not by configure, so that DESTDIR and "make prefix=…" work as everywhere.
conf_examplesdir = $(docdir)/examples
conf_systemddir = $(prefix)/lib/systemd/system
conf_sysusersdir = $(prefix)/lib/sysusers.d
dist_pkgdata_DATA += %D%/lighttpd-routes.conf

conf_values = \
	sbindir='$(sbindir)' bindir='$(bindir)' sysconfdir='$(sysconfdir)' localstatedir='$(localstatedir)' \
	state='$(localstatedir)/lib/flopynet' enginesdir='$(pkgdatadir)/engines' scenariosdir='$(pkgdatadir)/scenarios' datadir='' \
	webdir='$(pkgdatadir)/web' errorsdir='$(pkgdatadir)/errors' routes='$(pkgdatadir)/lighttpd-routes.conf' \
	socket=/run/flopynet-api.sock stream_port=3002 listen=127.0.0.1 port=3001 lighttpd=/usr/sbin/lighttpd \
	prefix='$(CONF_PREFIX)' errors_location='$(CONF_PREFIX)/flopynet-errors'
# The path under which a web server that runs already shows the dashboard: make CONF_PREFIX=/flopynet
CONF_PREFIX =

conf_systemd = \
	%D%/systemd/flopynet-api.socket %D%/systemd/flopynet-api.service \
	%D%/systemd/flopynet-monitor.service %D%/systemd/flopynet-stream.service \
	%D%/systemd/flopynet-superlink.service %D%/systemd/flopynet-supernode@.service \
	%D%/systemd/flopynet-web.service
conf_examples = %D%/nginx.conf %D%/apache.conf %D%/Caddyfile %D%/lighttpd-dropin.conf
conf_etc = %D%/flopynet.conf %D%/lighttpd.conf
conf_filled = $(conf_systemd) %D%/systemd/flopynet.sysusers $(conf_examples) $(conf_etc)

nodist_conf_systemd_DATA = $(conf_systemd)
nodist_conf_examples_DATA = $(conf_examples) $(conf_etc)
CLEANFILES += $(conf_filled)
EXTRA_DIST += %D%/fill.sh %D%/errors.sh \
	%D%/flopynet.conf.in %D%/lighttpd.conf.in %D%/lighttpd-dropin.conf.in %D%/nginx.conf.in %D%/apache.conf.in %D%/Caddyfile.in \
	%D%/systemd/flopynet-api.socket.in %D%/systemd/flopynet-api.service.in %D%/systemd/flopynet-monitor.service.in \
	%D%/systemd/flopynet-stream.service.in %D%/systemd/flopynet-superlink.service.in %D%/systemd/flopynet-supernode@.service.in %D%/systemd/flopynet-web.service.in %D%/systemd/flopynet.sysusers.in

SUFFIXES = .in
.in:
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SHELL) $(srcdir)/%D%/fill.sh $< $(conf_values) >$@.tmp && mv -f $@.tmp $@
$(conf_filled): $(srcdir)/%D%/fill.sh Makefile

# What an operator has edited is never overwritten: a fresh copy is among the examples.
conf-install: $(conf_etc) %D%/systemd/flopynet.sysusers
	$(MKDIR_P) '$(DESTDIR)$(sysconfdir)/flopynet' '$(DESTDIR)$(conf_sysusersdir)'
	for f in flopynet.conf lighttpd.conf; do \
		test -e "$(DESTDIR)$(sysconfdir)/flopynet/$$f" || $(INSTALL_DATA) "%D%/$$f" '$(DESTDIR)$(sysconfdir)/flopynet' || exit 1; \
	done
	$(INSTALL_DATA) %D%/systemd/flopynet.sysusers '$(DESTDIR)$(conf_sysusersdir)/flopynet.conf'
	$(SHELL) $(srcdir)/%D%/errors.sh '$(DESTDIR)$(pkgdatadir)/errors'
conf-uninstall:
	for f in flopynet.conf lighttpd.conf; do \
		! cmp -s "%D%/$$f" "$(DESTDIR)$(sysconfdir)/flopynet/$$f" || rm -f "$(DESTDIR)$(sysconfdir)/flopynet/$$f"; \
	done
	rm -f '$(DESTDIR)$(conf_sysusersdir)/flopynet.conf'
	rm -rf '$(DESTDIR)$(pkgdatadir)/errors'
