/* scfd: one binary, git-style subcommands. */
#include "commands.h"

#include "scfd/base/clock.h"
#include "scfd/codec/digest.h"
#include "scfd/codec/http_client.h"

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"serve", scf_cmd_serve, "run the server"},
    {"migrate", scf_cmd_migrate, "bring the database schema up to date [--plan|--check]"},
    {"import", scf_cmd_import, "send an NDJSON file to a server"},
    {"verify", scf_cmd_verify, "check a proof or a receipt, with no server and no database"},
    {"audit", scf_cmd_audit, "recompute every leaf, tile, root and block"},
    {"new-origin", scf_cmd_new_origin, "go on under another origin after a restore lost blocks"},
    {"openapi", scf_cmd_openapi, "print the OpenAPI description"},
    {"config", scf_cmd_config, "print an example, or the effective configuration, or check it"},
    {"healthcheck", scf_cmd_healthcheck, "ask a running server whether it is ready"},
    {"completion", scf_cmd_completion, "print shell completion for bash, zsh or fish"},
    {"version", scf_cmd_version, "print the version [--json]"},
};

int scf_complain(const char *what, const struct scf_error *err) {
    fprintf(stderr, "scfd: %s: %s\n", what, err->detail);
    if (err->note[0])
        fprintf(stderr, "scfd: (%s)\n", err->note);
    switch (err->code) {
    case SCF_E_DATABASE_UNAVAILABLE:
        return SCF_EXIT_DATABASE;
    case SCF_E_INVALID_PARAMETER:
        return SCF_EXIT_CONFIG;
    default:
        return scf_code_class(err->code) == SCF_CLASS_UNAVAILABLE ? SCF_EXIT_TEMPORARY
                                                                  : SCF_EXIT_FAILURE;
    }
}

/* Set before any thread: the usage is what was asked for. */
static bool help_wanted;

int scf_usage(const char *text) {
    fprintf(help_wanted ? stdout : stderr, "usage: %s\n", text);
    return help_wanted ? SCF_EXIT_OK : SCF_EXIT_USAGE;
}

static int help(FILE *out) {
    fprintf(out, "scfd %s: a supply-chain-finance server\n\n", SCFD_VERSION);
    for (size_t i = 0; i < SCF_COUNT(commands); i++)
        fprintf(out, "  scfd %-12s %s\n", commands[i].name, commands[i].help);
    fprintf(out, "\nscfd COMMAND --help tells more. Data goes to stdout, messages to stderr.\n");
    return out == stdout ? SCF_EXIT_OK : SCF_EXIT_USAGE;
}

int scf_cmd_version(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--json") == 0)
        printf("{\"version\":\"%s\",\"revision\":\"%s\"}\n", SCFD_VERSION, SCFD_REVISION);
    else if (argc == 1)
        printf("scfd %s (%s)\n", SCFD_VERSION, SCFD_REVISION);
    else
        return scf_usage("scfd version [--json]");
    return SCF_EXIT_OK;
}

int main(int argc, char **argv) {
    if (argc < 2)
        return help(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return help(stdout);
    if (!scf_clock_init()) {
        fprintf(stderr, "scfd: SCFD_TEST_CLOCK does not name a file of 16 bytes\n");
        return SCF_EXIT_CONFIG;
    }
    help_wanted = argc == 3 && strcmp(argv[2], "--help") == 0;
    scf_digest_init();
    scf_http_client_init();
    for (size_t i = 0; i < SCF_COUNT(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "scfd: unknown command '%s'\n", argv[1]);
    return help(stderr);
}
