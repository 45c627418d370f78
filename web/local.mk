# The pages are installed as they are; web/vendor is there once web/vendor.sh has run (./dev does it), and in a release.
web-install:
	$(MKDIR_P) '$(DESTDIR)$(pkgdatadir)/web'
	cp -R $(srcdir)/%D%/. '$(DESTDIR)$(pkgdatadir)/web/'
	chmod -R u+w,go-w,a+rX '$(DESTDIR)$(pkgdatadir)/web'
	cd '$(DESTDIR)$(pkgdatadir)/web' && rm -f vendor.sh local.mk package.json
web-uninstall:
	rm -rf '$(DESTDIR)$(pkgdatadir)/web'
