/* scfd config, openapi, healthcheck, completion. */
#include "commands.h"

#include "routes.h"
#include "scfd/base/config.h"
#include "scfd/codec/http_client.h"

enum { TEXT_MAX = 8 << 20 };

static int print(struct scf_buf *text) {
    bool whole = !text->overflow && fwrite(text->data, 1, text->len, stdout) == text->len &&
                 fflush(stdout) == 0;
    scf_buf_free(text);
    return whole ? SCF_EXIT_OK : SCF_EXIT_FAILURE;
}

int scf_cmd_openapi(int argc, char **argv) {
    struct scf_buf text;
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    bool fields = argc == 2 && strcmp(argv[1], "--fields") == 0;
    if (argc > 1 && !json && !fields)
        return scf_usage("scfd openapi [--json|--fields]\n"
                         "       as YAML; as JSON; only the members of requests, as Markdown");
    scf_buf_init(&text, TEXT_MAX);
    if (json) {
        scf_openapi_json(&text);
        scf_buf_putc(&text, '\n');
    } else if (fields) {
        scf_openapi_fields(&text);
    } else if (!scf_openapi_yaml(&text)) {
        scf_buf_free(&text);
        return SCF_EXIT_FAILURE;
    }
    return print(&text);
}

int scf_cmd_config(int argc, char **argv) {
    struct scf_config config;
    struct scf_error err = {0};
    struct scf_buf text;
    const char *usage = "scfd config example | dump [OPTIONS] | check [OPTIONS]";
    if (argc < 2)
        return scf_usage(usage);
    scf_buf_init(&text, TEXT_MAX);
    if (strcmp(argv[1], "example") == 0 && argc == 2) {
        scf_config_example(&text);
        return print(&text);
    }
    if (strcmp(argv[1], "dump") != 0 && strcmp(argv[1], "check") != 0)
        return scf_usage(usage);
    if (scf_config_load(&config, argc, argv, 2, &err) != SCF_OK)
        return scf_complain("configuration", &err);
    if (strcmp(argv[1], "check") == 0)
        scf_buf_puts(&text, "The configuration is good.\n");
    else
        scf_config_dump(&config, &text);
    return print(&text);
}

int scf_cmd_healthcheck(int argc, char **argv) {
    const char *url = getenv("SCFD_URL") ? getenv("SCFD_URL") : "http://127.0.0.1:8080";
    if (argc == 3 && strcmp(argv[1], "--url") == 0)
        url = argv[2];
    else if (argc != 1)
        return scf_usage("scfd healthcheck [--url http://127.0.0.1:8080]");
    char ready[1024];
    int n = snprintf(ready, sizeof ready, "%s/readyz", url);
    if (n < 0 || (size_t)n >= sizeof ready)
        return scf_usage("scfd healthcheck: the URL is too long");
    struct scf_error err = {0};
    struct scf_buf body;
    int status = 0;
    scf_buf_init(&body, TEXT_MAX);
    struct scf_http_client *client = scf_http_client_new(3, 5);
    struct scf_http_call call = {.method = "GET", .url = ready};
    enum scf_code code = scf_http_client_run(client, &call, &status, &body, &err);
    scf_http_client_free(client);
    scf_buf_free(&body);
    if (code != SCF_OK)
        return scf_complain("healthcheck", &err);
    if (status == 200)
        return SCF_EXIT_OK;
    fprintf(stderr, "scfd: healthcheck: not ready (%d)\n", status);
    return SCF_EXIT_FAILURE;
}

#define COMMAND_NAMES                                                                              \
    "serve migrate import verify audit new-origin openapi config healthcheck completion version"

int scf_cmd_completion(int argc, char **argv) {
    static const struct {
        const char *shell, *text;
    } scripts[] = {
        {"bash", "complete -o default -W '" COMMAND_NAMES "' scfd\n"},
        {"zsh", "#compdef scfd\n_arguments '1:command:(" COMMAND_NAMES ")' '*:file:_files'\n"},
        {"fish", "complete -c scfd -n __fish_use_subcommand -a '" COMMAND_NAMES "'\n"},
    };
    for (size_t i = 0; argc == 2 && i < SCF_COUNT(scripts); i++)
        if (strcmp(argv[1], scripts[i].shell) == 0)
            return fputs(scripts[i].text, stdout) < 0 ? SCF_EXIT_FAILURE : SCF_EXIT_OK;
    return scf_usage("scfd completion bash|zsh|fish");
}
