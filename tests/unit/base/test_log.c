/* Log lines as they arrive on stderr: format, escapes, levels. */
#include "scfd/base/log.h"
#include "scfd/base/text.h"
#include <setjmp.h>
#include <cmocka.h>

static char captured[20000];
static int saved_stderr, pipe_ends[2];

static void begin_capture(void) {
    saved_stderr = dup(STDERR_FILENO);
    assert_int_equal(pipe(pipe_ends), 0);
    dup2(pipe_ends[1], STDERR_FILENO);
    close(pipe_ends[1]);
}

static const char *end_capture(void) {
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    ssize_t n = read(pipe_ends[0], captured, sizeof captured - 1);
    close(pipe_ends[0]);
    captured[n > 0 ? n : 0] = '\0';
    return captured;
}

/* The line after its time stamp. */
static const char *after_time(const char *line) {
    static const char head[] = "{\"ts\":\"2";
    assert_memory_equal(line, head, sizeof head - 1);
    assert_int_equal(line[7 + 26], 'Z');
    return line + 7 + 27;
}

static void test_json(void **state) {
    (void)state;
    scf_log_setup(SCF_LOG_INFO, false);
    begin_capture();
    scf_log_kv(SCF_LOG_WARN, "a \"b\" \\ \n\x01 合同", "node", "n\t1", "empty", "", NULL);
    assert_string_equal(after_time(end_capture()),
                        "\",\"level\":\"warn\",\"msg\":\"a \\\"b\\\" \\\\ \\n\\u0001 合同\","
                        "\"node\":\"n\\u00091\",\"empty\":\"\"}\n");
}

static void test_text(void **state) {
    (void)state;
    scf_log_setup(SCF_LOG_DEBUG, true);
    begin_capture();
    scf_log_kv(SCF_LOG_INFO, "ready", "port", "8080", NULL);
    assert_string_equal(end_capture() + 27, " info  ready port=\"8080\"\n");
}

static void test_levels(void **state) {
    (void)state;
    scf_log_setup(SCF_LOG_WARN, false);
    begin_capture();
    scf_log(SCF_LOG_INFO, "not %s", "seen");
    assert_string_equal(end_capture(), "");
    assert_false(scf_log_enabled(SCF_LOG_INFO));
    scf_log_set_level(SCF_LOG_INFO);
    begin_capture();
    scf_log(SCF_LOG_INFO, "seen %d", 7);
    assert_string_equal(after_time(end_capture()), "\",\"level\":\"info\",\"msg\":\"seen 7\"}\n");
}

static void test_hostile_values_keep_the_line_whole(void **state) {
    (void)state;
    scf_log_setup(SCF_LOG_INFO, false);
    begin_capture();
    scf_log_kv(SCF_LOG_INFO, "m", "bytes", "x\xff\xc3", NULL);
    assert_non_null(strstr(end_capture(), "\"bytes\":\"x??\"}\n"));

    char wide[4001];
    for (size_t i = 0; i < 4000; i++)
        wide[i] = "\xe5\x90\x88"[i % 3];
    wide[4000] = '\0';
    begin_capture();
    scf_log_kv(SCF_LOG_INFO, "m", "wide", wide, NULL);
    const char *line = end_capture();
    assert_true(scf_utf8_valid(line, strlen(line)));
    assert_string_equal(line + strlen(line) - 3, "\"}\n");
    assert_in_range(strlen(line), 2000, 2200);
}

static void test_error_line(void **state) {
    (void)state;
    struct scf_error err;
    scf_fail(&err, SCF_E_INTERNAL, "The server failed.");
    scf_note(&err, "relation missing");
    scf_log_setup(SCF_LOG_ERROR, false);
    begin_capture();
    scf_log_error("commit", &err);
    assert_string_equal(after_time(end_capture()),
                        "\",\"level\":\"error\",\"msg\":\"commit\",\"error\":\"internal\","
                        "\"detail\":\"The server failed.\",\"note\":\"relation missing\"}\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_hostile_values_keep_the_line_whole),
        cmocka_unit_test(test_error_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
