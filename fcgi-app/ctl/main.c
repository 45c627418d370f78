/* flopynetctl: the command line.  One table says which commands there are and what they take. */
#include "config.h"

#include "ctl/ctl.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/text.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum flag { NAME = 1, ROLE = 2, DAYS = 4, EXPERIMENT = 8 };

static const struct command {
	const char *noun, *verb; /* verb NULL: the noun is all */
	const char *argument;    /* NULL: none */
	unsigned needs, takes;   /* options */
	bool as_root;            /* do not become the owner of the state directory */
	int (*run)(const struct ctl *c, struct err *e);
	const char *help;
} commands[] = {
	{"init", NULL, NULL, 0, 0, false, ctl_init, "make what is missing: state directory, secret, store; harmless when repeated"},
	{"check", NULL, NULL, 0, 0, false, ctl_check, "verify configuration, engines, scenarios, secret and store"},
	{"backup", NULL, "FILE", 0, 0, true, ctl_backup, "write a checked, consistent copy of the store while everything runs"},
	{"user", "add", "NAME", ROLE, ROLE, false, ctl_user_add, "add a user; the password is asked for, or read from standard input"},
	{"user", "list", NULL, 0, 0, false, ctl_user_list, "list users"},
	{"user", "passwd", "NAME", 0, 0, false, ctl_user_password, "set another password; ends the user's sessions"},
	{"user", "role", "NAME", ROLE, ROLE, false, ctl_user_role, "give another role; ends the user's sessions"},
	{"user", "disable", "NAME", 0, 0, false, ctl_user_disable, "refuse logins and end the user's sessions"},
	{"user", "enable", "NAME", 0, 0, false, ctl_user_enable, "let the user log in again"},
	{"user", "delete", "NAME", 0, 0, false, ctl_user_delete, "delete the user"},
	{"token", "create", NULL, NAME, NAME | ROLE | DAYS | EXPERIMENT, false, ctl_token_create, "print a new token; it is shown this once only"},
	{"token", "list", NULL, 0, 0, false, ctl_token_list, "list tokens"},
	{"token", "revoke", "JTI", 0, 0, false, ctl_token_revoke, "revoke a token, at once"},
	{"secret", "rotate", NULL, 0, 0, false, ctl_secret_rotate, "sign with a new secret; tokens of the present one stay good until the next rotation"},
};

static const struct option_row {
	const char *name;
	enum flag bit;
	const char *text;
} option_rows[] = {
	{"name", NAME, " --name NAME"},
	{"role", ROLE, " --role viewer|operator|admin"},
	{"days", DAYS, " --days DAYS"},
	{"experiment", EXPERIMENT, " --experiment exp_001"},
};

static void print_command(FILE *f, const struct command *c)
{
	size_t i;

	fprintf(f, "  %s%s%s%s%s", c->noun, c->verb ? " " : "", c->verb ? c->verb : "", c->argument ? " " : "", c->argument ? c->argument : "");
	for (i = 0; i < ARRAY_LEN(option_rows); i++)
		if (c->takes & option_rows[i].bit)
			fprintf(f, c->needs & option_rows[i].bit ? "%s" : " [%s]", option_rows[i].text + (c->needs & option_rows[i].bit ? 0 : 1));
	fprintf(f, "\n        %s\n", c->help);
}

static void usage(FILE *f)
{
	size_t i;

	fputs("Usage: flopynetctl [-c FILE] COMMAND\nThe operator's tool of the FLOPY-NET dashboard.\n\nCommands:\n", f);
	for (i = 0; i < ARRAY_LEN(commands); i++)
		print_command(f, &commands[i]);
	fputs("\nOptions:\n"
	      "  -c, --config FILE  configuration (default " SYSCONFDIR "/flopynet/flopynet.conf)\n"
	      "  -h, --help         this text\n"
	      "  -V, --version      version\n\n"
	      "A token is good for 365 days if --days does not say otherwise. One with --experiment is an engine's: it may report that experiment's events and read it,\n"
	      "and has no role. Run as root, everything but backup is done as the owner of the state directory.\n\n"
	      "Exit status: 0 done, 1 it failed (one sentence says why), 2 the command line is wrong.\n",
	      f);
}

static int wrong(const char *what, const char *arg)
{
	fprintf(stderr, "flopynetctl: %s%s%s; flopynetctl --help shows what there is\n", what, arg ? " " : "", arg ? arg : "");
	return 2;
}

/* What was typed, beside the commands' own. */
struct line {
	unsigned given;
	int rc; /* -1: go on; else the exit status */
};

static void take_option(struct ctl *c, struct line *l, int index, const char *value)
{
	l->given |= option_rows[index].bit;
	switch (option_rows[index].bit) {
	case NAME:
		c->name = value;
		break;
	case ROLE:
		c->role = value;
		break;
	case EXPERIMENT:
		c->experiment = value;
		break;
	case DAYS:
		if (!text_to_i64(value, &c->days) || c->days < 1 || c->days > 3650)
			l->rc = wrong("--days must be between 1 and 3650, not", value);
	}
}

static void parse(struct ctl *c, struct line *l, int argc, char **argv)
{
	struct option longs[ARRAY_LEN(option_rows) + 4] = {
		{"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}};
	size_t i;
	int ch, at;

	for (i = 0; i < ARRAY_LEN(option_rows); i++)
		longs[3 + i] = (struct option){option_rows[i].name, required_argument, NULL, 256};
	while (l->rc == -1 && (ch = getopt_long(argc, argv, "c:hV", longs, &at)) != -1) {
		switch (ch) {
		case 'c':
			c->conf_path = optarg;
			break;
		case 'h':
			usage(stdout);
			l->rc = 0;
			break;
		case 'V':
			puts(PACKAGE_STRING);
			l->rc = 0;
			break;
		case 256:
			take_option(c, l, at - 3, optarg);
			break;
		default:
			l->rc = 2; /* getopt has said it */
		}
	}
}

static const struct command *find_command(const char *noun, const char *verb)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].noun, noun) == 0 && (!commands[i].verb || (verb && strcmp(commands[i].verb, verb) == 0)))
			return &commands[i];
	return NULL;
}

/* Files that root makes are of no use to the programs: work as whoever owns the state directory. */
static int become_owner(const char *state, struct err *e)
{
	struct stat sb;

	if (geteuid() != 0 || stat(state, &sb) == -1 || sb.st_uid == 0)
		return 0;
	if (setgid(sb.st_gid) == -1 || setuid(sb.st_uid) == -1)
		return err_set(e, ERR_INTERNAL, "cannot become the owner of %s", state);
	return 0;
}

static int run(struct ctl *c, const struct command *cmd)
{
	struct err e;
	int rc = conf_load(&c->conf, c->conf_path, &e);

	if (rc == 0 && !cmd->as_root)
		rc = become_owner(c->conf.state, &e);
	if (rc == 0)
		rc = cmd->run(c, &e);
	if (rc == -1) {
		size_t i;

		fprintf(stderr, "flopynetctl: %s\n", e.msg);
		for (i = 0; i < e.details_n; i++)
			fprintf(stderr, "  %s: %s\n", e.details[i].field, e.details[i].text);
	}
	conf_clear(&c->conf);
	return rc == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct ctl c = {.conf_path = SYSCONFDIR "/flopynet/flopynet.conf", .now_ms = clock_wall_ms()};
	struct line l = {.rc = -1};
	const struct command *cmd;
	int left;

	if (!getenv("LOG_LEVEL"))
		setenv("LOG_LEVEL", "warning", 1); /* what is said is said below */
	log_init("flopynetctl");
	umask(027);
	parse(&c, &l, argc, argv);
	if (l.rc != -1)
		return l.rc;
	if (optind == argc)
		return wrong("a command is needed", NULL);
	cmd = find_command(argv[optind], optind + 1 < argc ? argv[optind + 1] : NULL);
	if (!cmd)
		return wrong("there is no command", argv[optind]);
	left = argc - optind - (cmd->verb ? 2 : 1);
	if (left != (cmd->argument ? 1 : 0))
		return wrong(cmd->argument ? "this takes one" : "this takes no argument, but there is", cmd->argument ? cmd->argument : argv[argc - 1]);
	if ((l.given & cmd->needs) != cmd->needs || l.given & ~cmd->takes)
		return wrong("these are not the options of", argv[optind]);
	c.argument = cmd->argument ? argv[argc - 1] : NULL;
	return run(&c, cmd);
}
