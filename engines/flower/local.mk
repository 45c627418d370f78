# The engine "flower": a script, the package behind it, and the app that it gives to a SuperLink. Flower itself comes by "flopynet-flower setup".
flowerdir = $(pkgdatadir)/flower
flower_packagedir = $(flowerdir)/flopynet_flower
flower_appdir = $(flowerdir)/app
flower_app_packagedir = $(flowerdir)/app/flopynet_app

dist_flower_SCRIPTS = %D%/flopynet-flower
dist_flower_DATA = %D%/requirements.in %D%/requirements.txt
dist_flower_package_DATA = \
	%D%/flopynet_flower/__init__.py \
	%D%/flopynet_flower/command.py \
	%D%/flopynet_flower/control.py \
	%D%/flopynet_flower/events.py \
	%D%/flopynet_flower/home.py \
	%D%/flopynet_flower/listener.py \
	%D%/flopynet_flower/runner.py \
	%D%/flopynet_flower/superlink.py
dist_flower_app_DATA = %D%/app/pyproject.toml
dist_flower_app_package_DATA = \
	%D%/app/flopynet_app/__init__.py \
	%D%/app/flopynet_app/client_app.py \
	%D%/app/flopynet_app/dataset.py \
	%D%/app/flopynet_app/model.py \
	%D%/app/flopynet_app/report.py \
	%D%/app/flopynet_app/rng.py \
	%D%/app/flopynet_app/roster.py \
	%D%/app/flopynet_app/server_app.py \
	%D%/app/flopynet_app/split.py

dist_engines_DATA += conf/engines/flower.json
dist_scenarios_DATA += \
	conf/scenarios/flower_basic.json \
	conf/scenarios/flower_non_iid.json

# Beside the other programs, where the monitor looks first; the script follows the link to its package.
all-local: flopynet-flower
flopynet-flower: %D%/flopynet-flower
	$(AM_V_GEN)rm -f $@ && ln -s '$(abs_srcdir)/%D%/flopynet-flower' $@
CLEANFILES += flopynet-flower

flower-install:
	$(MKDIR_P) '$(DESTDIR)$(sbindir)'
	rm -f '$(DESTDIR)$(sbindir)/flopynet-flower'
	ln -s '$(flowerdir)/flopynet-flower' '$(DESTDIR)$(sbindir)/flopynet-flower'
flower-uninstall:
	rm -f '$(DESTDIR)$(sbindir)/flopynet-flower'
