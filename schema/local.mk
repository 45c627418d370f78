# Migrations are embedded in order of their numbers.
SCHEMA_SQL = \
	%D%/001_experiments.sql
EXTRA_DIST += $(SCHEMA_SQL) %D%/embed.sh
CLEANFILES += %D%/schema_sql.c
%D%/schema_sql.c: $(SCHEMA_SQL) %D%/embed.sh
	$(AM_V_GEN)$(MKDIR_P) %D% && (cd $(srcdir) && sh %D%/embed.sh $(SCHEMA_SQL)) > $@.tmp && mv $@.tmp $@
