/* The subcommands of scfd. Each gets argv from its own name on and returns the process's exit code
 * (operators: 0 ok, 1 failure, 2 usage, 3 configuration, 4 database, 5 verification failed). */
#ifndef SCFD_APP_COMMANDS_H
#define SCFD_APP_COMMANDS_H

#include "scfd/base/err.h"

enum scf_exit {
    SCF_EXIT_OK = 0,
    SCF_EXIT_FAILURE = 1,
    SCF_EXIT_USAGE = 2,
    SCF_EXIT_CONFIG = 3,
    SCF_EXIT_DATABASE = 4,
    SCF_EXIT_VERIFICATION = 5,
    SCF_EXIT_TEMPORARY = 75
};

int scf_cmd_serve(int argc, char **argv);
int scf_cmd_migrate(int argc, char **argv);
int scf_cmd_import(int argc, char **argv);
int scf_cmd_verify(int argc, char **argv);
int scf_cmd_audit(int argc, char **argv);
int scf_cmd_new_origin(int argc, char **argv);
int scf_cmd_openapi(int argc, char **argv);
int scf_cmd_config(int argc, char **argv);
int scf_cmd_healthcheck(int argc, char **argv);
int scf_cmd_completion(int argc, char **argv);
int scf_cmd_version(int argc, char **argv);

/* Prints "scfd: <what>: <detail>" to stderr and returns the exit code that fits the error. */
int scf_complain(const char *what, const struct scf_error *err);
/* Prints a usage line to stderr and returns SCF_EXIT_USAGE; when `scfd COMMAND --help` asked for
 * it, to stdout and SCF_EXIT_OK. */
int scf_usage(const char *text);

#endif
