# Migrations are embedded in order of their numbers.
SCHEMA_SQL = \
	%D%/001_experiments.sql \
	%D%/002_services.sql \
	%D%/003_alerts.sql \
	%D%/004_engines.sql
EXTRA_DIST += $(SCHEMA_SQL) %D%/embed.sh
CLEANFILES += %D%/schema_sql.c
%D%/schema_sql.c: $(SCHEMA_SQL) %D%/embed.sh
	$(AM_V_GEN)$(MKDIR_P) %D% && (cd $(srcdir) && sh %D%/embed.sh $(SCHEMA_SQL)) > $@.tmp && mv $@.tmp $@

# The contract, installed and served; JSON is for those who do not read YAML.
dist_pkgdata_DATA += %D%/openapi.yaml %D%/asyncapi.yaml
nodist_pkgdata_DATA = %D%/openapi.json
CLEANFILES += %D%/openapi.json
%D%/openapi.json: %D%/openapi.yaml
	$(AM_V_GEN)$(MKDIR_P) %D% && $(PYTHON_YAML) -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin.buffer), sys.stdout, separators=(",", ":"))' \
		<$(srcdir)/%D%/openapi.yaml >$@.tmp && mv $@.tmp $@

EXTRA_DIST += %D%/embed_contract.py
CLEANFILES += %D%/contract_text.c
%D%/contract_text.c: %D%/openapi.yaml %D%/openapi.json %D%/asyncapi.yaml %D%/embed_contract.py
	$(AM_V_GEN)$(PYTHON_YAML) $(srcdir)/%D%/embed_contract.py $(srcdir)/%D%/openapi.yaml %D%/openapi.json $(srcdir)/%D%/asyncapi.yaml >$@.tmp && mv $@.tmp $@
