/* Configuration: defaults, the order of the sources, and refusals that name the key. */
#include "scfd/base/config.h"
#include <setjmp.h>
#include <cmocka.h>

static char path[32];

static int make_file(void **state) {
    (void)state;
    memcpy(path, "/tmp/scfd-config-XXXXXX", 24);
    int fd = mkstemp(path);
    return fd < 0 || close(fd);
}

static int remove_file(void **state) {
    (void)state;
    return unlink(path);
}

static void write_file(const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static enum scf_code load(struct scf_config *config, struct scf_error *err, const char *a,
                          const char *b, const char *c) {
    char args[4][128] = {"--config"};
    snprintf(args[1], sizeof args[1], "%s", path);
    char *argv[8] = {args[0], args[0], args[1]};
    int argc = 3;
    const char *more[] = {a, b, c};
    char copies[3][128];
    for (int i = 0; i < 3 && more[i]; i++) {
        snprintf(copies[i], sizeof copies[i], "%s", more[i]);
        argv[argc++] = copies[i];
    }
    return scf_config_load(config, argc, argv, 1, err);
}

static void test_defaults(void **state) {
    (void)state;
    write_file("");
    struct scf_config c;
    struct scf_error err;
    assert_int_equal(load(&c, &err, NULL, NULL, NULL), SCF_OK);
    assert_string_equal(c.data_dir, "./.scfd");
    assert_string_equal(c.listen, "127.0.0.1:8080");
    assert_null(c.database_url);
    assert_null(c.public_base_url);
    assert_null(c.signing_key_file);
    assert_string_equal(c.origin, "scfd.local/log");
    assert_string_equal(c.log_level, "info");
    assert_string_equal(c.log_format, "json");
    assert_int_equal(c.http_threads, 0);
    assert_int_equal(c.service_threads, 4);
    assert_int_equal(c.worker_threads, 2);
    assert_int_equal(c.max_connections, 4096);
    assert_int_equal(c.client_timeout_s, 20);
    assert_int_equal(c.max_body_bytes, 2 * 1024 * 1024);
    assert_int_equal(c.max_bulk_bytes, 256 * 1024 * 1024);
    assert_int_equal(c.intake_queue, 8192);
    assert_int_equal(c.seal_interval_ms, 500);
    assert_int_equal(c.shutdown_delay_s, 0);
    assert_int_equal(c.drain_timeout_s, 30);
    assert_int_equal(c.idempotency_ttl_h, 168);
    assert_int_equal(c.rating_window_days, 365);
}

static void test_order_of_sources(void **state) {
    (void)state;
    write_file("# comment\r\n\n  listen = 127.0.0.1:1  \nworker_threads=3\nservice_threads = 5\n"
               "origin = a=b");
    setenv("SCFD_WORKER_THREADS", "7", 1);
    setenv("SCFD_SERVICE_THREADS", "8", 1);
    struct scf_config c;
    struct scf_error err;
    assert_int_equal(load(&c, &err, "--service-threads=9", "--data", "/srv/x"), SCF_OK);
    assert_string_equal(c.listen, "127.0.0.1:1"); /* file */
    assert_string_equal(c.origin, "a=b");
    assert_int_equal(c.worker_threads, 7);  /* environment over file */
    assert_int_equal(c.service_threads, 9); /* flag over environment */
    assert_string_equal(c.data_dir, "/srv/x");
    unsetenv("SCFD_WORKER_THREADS");
    unsetenv("SCFD_SERVICE_THREADS");
}

static void test_database_url(void **state) {
    (void)state;
    struct scf_config c;
    struct scf_error err;
    write_file("postgresql://from-a-file\n");
    setenv("SCFD_DATABASE_URL_FILE", path, 1);
    char name[] = "--config=/dev/null";
    char *argv[] = {name};
    assert_int_equal(scf_config_load(&c, 1, argv, 0, &err), SCF_OK);
    assert_string_equal(c.database_url, "postgresql://from-a-file");
    unsetenv("SCFD_DATABASE_URL_FILE");

    setenv("DATABASE_URL", "postgresql://common", 1);
    assert_int_equal(scf_config_load(&c, 1, argv, 0, &err), SCF_OK);
    assert_string_equal(c.database_url, "postgresql://common");
    setenv("SCFD_DATABASE_URL", "postgresql://own", 1);
    assert_int_equal(scf_config_load(&c, 1, argv, 0, &err), SCF_OK);
    assert_string_equal(c.database_url, "postgresql://own");
    setenv("SCFD_DATABASE_URL", "", 1); /* empty: the embedded cluster after all */
    assert_int_equal(scf_config_load(&c, 1, argv, 0, &err), SCF_OK);
    assert_null(c.database_url);
    unsetenv("SCFD_DATABASE_URL");
    unsetenv("DATABASE_URL");
}

static void test_given_means_not_by_default(void **state) {
    (void)state;
    struct scf_config c;
    struct scf_error err;
    write_file("listen = 127.0.0.1:8080\n");
    assert_int_equal(load(&c, &err, NULL, NULL, NULL), SCF_OK);
    assert_true(scf_config_is_given(&c, "listen"));
    assert_false(scf_config_is_given(&c, "data_dir"));
    assert_int_equal(load(&c, &err, "--data", "./.scfd", NULL), SCF_OK);
    assert_true(scf_config_is_given(&c, "data_dir"));
    assert_false(scf_config_is_given(&c, "rating_window_days"));
    assert_int_equal(setenv("SCFD_RATING_WINDOW_DAYS", "365", 1), 0);
    assert_int_equal(load(&c, &err, NULL, NULL, NULL), SCF_OK);
    unsetenv("SCFD_RATING_WINDOW_DAYS");
    assert_true(scf_config_is_given(&c, "rating_window_days"));
    assert_false(scf_config_is_given(&c, "data_dir"));
}

static void refused(const char *file, const char *a, const char *b, const char *part) {
    write_file(file);
    struct scf_config c = {.listen = "untouched"};
    struct scf_error err;
    assert_int_equal(load(&c, &err, a, b, NULL), SCF_E_INVALID_PARAMETER);
    assert_string_equal(c.listen, "untouched");
    if (!strstr(err.detail, part))
        fail_msg("\"%s\" does not contain \"%s\"", err.detail, part);
}

static void test_refusals(void **state) {
    (void)state;
    refused("\nlisten_adress = x\n", NULL, NULL, ":2: there is no configuration key");
    refused("workr_threads = 1\n", NULL, NULL, "did you mean \"worker_threads\"");
    refused("listen\n", NULL, NULL, "expected \"key = value\"");
    refused("worker_threads = 0\n", NULL, NULL, "whole number from 1 to 256");
    refused("worker_threads = 2x\n", NULL, NULL, "worker_threads");
    refused("log_level = loud\n", NULL, NULL, "one of error|warn|info|debug");
    refused("log_level = info|debug\n", NULL, NULL, "one of");
    refused("listen =\n", NULL, NULL, "must not be empty");
    refused("", "--log-formt", "json", "did you mean \"log_format\"");
    refused("", "--listen", NULL, "needs a value");
    refused("", "listen", "x", "unexpected argument");
    setenv("SCFD_INTAKE_QUEUE", "many", 1);
    refused("", NULL, NULL, "SCFD_INTAKE_QUEUE");
    unsetenv("SCFD_INTAKE_QUEUE");

    struct scf_config c;
    struct scf_error err;
    char name[] = "--config=/nonexistent/scfd.conf";
    char *argv[] = {name};
    assert_int_equal(scf_config_load(&c, 1, argv, 0, &err), SCF_E_INVALID_PARAMETER);
    assert_non_null(strstr(err.detail, "/nonexistent/scfd.conf"));
}

static void test_refusals_do_not_repeat_values(void **state) {
    (void)state;
    write_file("");
    struct scf_config c;
    struct scf_error err;
    static const char *const flags[] = {"--databse-url=postgresql://u:hunter2@db/x",
                                        "--worker-threads=hunter2", "--log-level=hunter2"};
    for (size_t i = 0; i < SCF_COUNT(flags); i++) {
        assert_int_equal(load(&c, &err, flags[i], NULL, NULL), SCF_E_INVALID_PARAMETER);
        assert_null(strstr(err.detail, "hunter2"));
        assert_memory_equal(err.detail, flags[i], strcspn(flags[i], "="));
    }
}

/* As after years of SIGHUP: what is the same is not kept again. */
static void test_reading_again_keeps_nothing_new(void **state) {
    (void)state;
    write_file("origin = example.org/log\n");
    struct scf_config first, again;
    struct scf_error err;
    assert_int_equal(load(&first, &err, "--listen=127.0.0.1:9", NULL, NULL), SCF_OK);
    assert_int_equal(load(&again, &err, "--listen=127.0.0.1:9", NULL, NULL), SCF_OK);
    assert_memory_equal(&first, &again, sizeof first); /* the very same texts */
}

static void test_example_is_a_valid_file(void **state) {
    (void)state;
    struct scf_buf out;
    scf_buf_init(&out, 1 << 16);
    scf_config_example(&out);
    for (char *p = out.data; (p = strstr(p, "\n#")); p++)
        if (p[2] != ' ' && strncmp(p + 2, "database_url", 12) &&
            strncmp(p + 2, "public_base_url", 15) && strncmp(p + 2, "signing_key_file", 16) &&
            strncmp(p + 2, "sm2_key_file", 12))
            p[1] = ' '; /* take the example at its word */
    write_file(out.data);
    struct scf_config c;
    struct scf_error err;
    assert_int_equal(load(&c, &err, NULL, NULL, NULL), SCF_OK);
    assert_int_equal(c.max_bulk_bytes, 268435456);
    scf_buf_free(&out);
}

static void test_dump_masks_secrets(void **state) {
    (void)state;
    write_file("database_url = postgresql://u:hunter2@db/x\n");
    struct scf_config c;
    struct scf_error err;
    assert_int_equal(load(&c, &err, NULL, NULL, NULL), SCF_OK);
    struct scf_buf out;
    scf_buf_init(&out, 1 << 16);
    scf_config_dump(&c, &out);
    assert_null(strstr(out.data, "hunter2"));
    assert_non_null(strstr(out.data, "database_url = ***\n"));
    assert_non_null(strstr(out.data, "worker_threads = 2\n"));
    assert_non_null(strstr(out.data, "public_base_url = \n"));
    scf_buf_free(&out);
}

int main(void) {
    unsetenv("DATABASE_URL");
    unsetenv("SCFD_DATABASE_URL");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_order_of_sources),
        cmocka_unit_test(test_database_url),
        cmocka_unit_test(test_given_means_not_by_default),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_refusals_do_not_repeat_values),
        cmocka_unit_test(test_reading_again_keeps_nothing_new),
        cmocka_unit_test(test_example_is_a_valid_file),
        cmocka_unit_test(test_dump_masks_secrets),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
