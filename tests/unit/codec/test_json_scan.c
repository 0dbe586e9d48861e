/* The scanner against nst/JSONTestSuite and against every rule of its own. */
#include "scfd/codec/json.h"

#include <dirent.h>

#include "vectors.h"

/* Files that RFC 8259 accepts and this server refuses on purpose. */
static const struct {
    const char *file, *code, *reason;
} stricter[] = {
    {"y_object_duplicated_key.json", "duplicate-member", "RFC 7493 §2.3: names are unique"},
    {"y_object_duplicated_key_and_value.json", "duplicate-member", "the same"},
    {"y_object_escaped_null_in_key.json", "nul-in-string",
     "U+0000 ends a C string and a text column"},
    {"y_string_null_escape.json", "nul-in-string", "the same"},
    {"y_number_double_close_to_zero.json", "number-out-of-range",
     "80 characters; cJSON reads 63 and would take the rest for garbage"},
};

static const char *expected_refusal(const char *file) {
    for (size_t i = 0; i < SCF_COUNT(stricter); i++)
        if (strcmp(stricter[i].file, file) == 0)
            return stricter[i].code;
    return NULL;
}

static void check_suite_file(const char *directory, const char *file) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", directory, file);
    size_t n = 0;
    char *text = vector_read(path, &n);
    assert_non_null(text);
    struct scf_json_fault fault = {0};
    bool accepted = scf_json_scan(text, n, SCF_JSON_MAX_DEPTH, &fault);
    const char *refusal = expected_refusal(file);
    bool as_expected = true;
    if (file[0] == 'n')
        as_expected = !accepted;
    else if (file[0] == 'y')
        as_expected = refusal ? !accepted && strcmp(fault.code, refusal) == 0 : accepted;
    if (!as_expected)
        fail_msg("%s: %s", file, accepted ? "accepted" : fault.code);
    if (accepted) { /* also the i_ files: what passes must not surprise cJSON */
        cJSON *tree = cJSON_ParseWithLengthOpts(text, n + 1, NULL, 1);
        assert_non_null(tree);
        cJSON_Delete(tree);
    } else {
        assert_true(fault.offset <= n && fault.line >= 1 && fault.column >= 1);
    }
    free(text);
}

static void test_suite(void **state) {
    (void)state;
    char directory[512];
    vector_path("vectors/json-test-suite", directory);
    DIR *d = opendir(directory);
    if (!d) {
        skip_without(directory);
        return;
    }
    int files = 0, exceptions = 0;
    for (struct dirent *e; (e = readdir(d));) {
        if (strchr("yni", e->d_name[0]) && e->d_name[1] == '_') {
            check_suite_file(directory, e->d_name);
            exceptions += expected_refusal(e->d_name) != NULL;
            files++;
        }
    }
    closedir(d);
    assert_int_equal(files, 318);
    assert_int_equal(exceptions, SCF_COUNT(stricter));
}

static void accepts(const char *text) {
    struct scf_json_fault fault = {0};
    if (!scf_json_scan(text, strlen(text), SCF_JSON_MAX_DEPTH, &fault))
        fail_msg("%s refused: %s", text, fault.code);
}

static void refuses(const char *text, const char *code, size_t offset) {
    struct scf_json_fault fault = {0};
    if (scf_json_scan(text, strlen(text), SCF_JSON_MAX_DEPTH, &fault))
        fail_msg("%s accepted", text);
    assert_string_equal(fault.code, code);
    assert_int_equal(fault.offset, offset);
}

static void test_duplicates(void **state) {
    (void)state;
    refuses("{\"a\":1,\"a\":2}", "duplicate-member", 7);
    refuses("{\"a\":1,\"\\u0061\":2}", "duplicate-member", 7);
    refuses("{\"\\u0061b\":1,\"a\\u0062\":2}", "duplicate-member", 13);
    refuses("{\"é\":1,\"\\u00E9\":2}", "duplicate-member", 8);
    refuses("{\"\\ud83d\\ude00\":1,\"😀\":2}", "duplicate-member", 18);
    refuses("{\"a/\":1,\"a\\/\":2}", "duplicate-member", 8);
    refuses("{\"\":1,\"\":2}", "duplicate-member", 6);
    refuses("{\"a\":{\"b\":1},\"b\":2,\"a\":3}", "duplicate-member", 19);
    refuses("[{\"a\":{\"x\":1,\"y\":2,\"x\":3}}]", "duplicate-member", 19);
    accepts("{\"a\":{\"a\":{\"a\":1}},\"A\":[{\"a\":1},{\"a\":1}]}");
    accepts("{\"a\\n\":1,\"an\":2,\"a\\\\n\":3}");
}

/* Enough names that the set leaves its inline slots and grows several times. */
static void test_many_names(void **state) {
    (void)state;
    size_t n = 0, capacity = 20000 * 12;
    char *text = malloc(capacity);
    assert_non_null(text);
    text[n++] = '{';
    for (int i = 0; i < 19999; i++)
        n += (size_t)snprintf(text + n, capacity - n, "\"%d\":0,", i);
    size_t tail = n;
    n += (size_t)snprintf(text + n, capacity - n, "\"x\":0}");
    struct scf_json_fault fault = {0};
    assert_true(scf_json_scan(text, n, 32, &fault));
    memcpy(text + tail, "\"9\":0}", 6);
    assert_false(scf_json_scan(text, n, 32, &fault));
    assert_string_equal(fault.code, "duplicate-member");
    assert_int_equal(fault.offset, tail);
    n = tail + (size_t)snprintf(text + tail, capacity - tail, "\"x\":0,\"y\":0}");
    assert_false(scf_json_scan(text, n, 32, &fault));
    assert_string_equal(fault.code, "too-many-members");
    free(text);
}

static void test_strings(void **state) {
    (void)state;
    refuses("\"\xFF\xFE\"", "invalid-utf8", 1);
    refuses("\"\xC0\xAF\"", "invalid-utf8", 1);     /* overlong */
    refuses("\"\xED\xA0\x80\"", "invalid-utf8", 1); /* surrogate */
    refuses("\"\xF4\x90\x80\x80\"", "invalid-utf8", 1);
    refuses("\"ab\xE2\x82\"", "invalid-utf8", 3);
    refuses("\"a\\u0000b\"", "nul-in-string", 2);
    refuses("\"a\nb\"", "control-character", 2);
    refuses("\"\\ud800\"", "lone-surrogate", 1);
    refuses("\"\\udc00\"", "lone-surrogate", 1);
    refuses("\"\\ud800\\u0041\"", "lone-surrogate", 1);
    refuses("\"\\ud800\\ud800\"", "lone-surrogate", 1);
    refuses("\"\\x\"", "syntax", 1);
    refuses("\"\\u12g4\"", "syntax", 1);
    refuses("\"\\", "syntax", 1);
    refuses("\"abc", "syntax", 4);
    accepts("\"\\u0001 \\ud83d\\ude00 \\\" \\\\ \\/ \\b\\f\\n\\r\\t \x7F 发票 \U0010FFFF\"");
    struct scf_json_fault fault;
    assert_false(scf_json_scan("\"a\0b\"", 5, 32, &fault));
    assert_string_equal(fault.code, "control-character");
}

static void test_numbers(void **state) {
    (void)state;
    accepts("9007199254740991");
    accepts("-9007199254740991");
    refuses("9007199254740992", "number-out-of-range", 0);
    refuses("-9007199254740992", "number-out-of-range", 0);
    refuses("[1,10000000000000000000000000]", "number-out-of-range", 3);
    accepts("1.7976931348623157e308");
    accepts("1.79769313486231580e308"); /* still rounds down to DBL_MAX */
    refuses("1.7976931348623159e308", "number-out-of-range", 0);
    refuses("-1.8e308", "number-out-of-range", 0);
    refuses("1e400", "number-out-of-range", 0);
    refuses("0.001e400", "number-out-of-range", 0);
    refuses("1234567890e300", "number-out-of-range", 0);
    refuses("1e99999999999999999999", "number-out-of-range", 0);
    accepts("0.0001e311");
    accepts("0e999999999999");
    accepts("0.000e400");
    accepts("5e-324");
    accepts("1e-99999999999999999999");
    accepts("[-0,0.5E+3,1E-2]");
    refuses("01", "syntax", 2);
    refuses("1.", "syntax", 2);
    refuses("-", "syntax", 1);
    refuses("+1", "syntax", 0);
    refuses("1e", "syntax", 2);
    refuses("1e+", "syntax", 3);
    refuses("NaN", "syntax", 0);
    char text[128];
    memset(text, '1', sizeof text);
    memcpy(text, "0.", 2);
    struct scf_json_fault fault;
    assert_true(scf_json_scan(text, SCF_JSON_MAX_NUMBER, 32, &fault));
    assert_false(scf_json_scan(text, SCF_JSON_MAX_NUMBER + 1, 32, &fault));
    assert_string_equal(fault.code, "number-out-of-range");
}

static void test_structure(void **state) {
    (void)state;
    refuses("", "empty", 0);
    refuses(" \t\r\n", "empty", 4);
    refuses("\xEF\xBB\xBF{}", "byte-order-mark", 0);
    refuses("{} {}", "trailing-text", 3);
    refuses("[1,]", "syntax", 3);
    refuses("{\"a\":1,}", "syntax", 7);
    refuses("{,}", "syntax", 1);
    refuses("[1 2]", "syntax", 3);
    refuses("[1}", "syntax", 2);
    refuses("{\"a\" 1}", "syntax", 5);
    refuses("{\"a\":1]", "syntax", 6);
    refuses("{\"a\":}", "syntax", 5);
    refuses("[", "syntax", 1);
    refuses("tru", "syntax", 0);
    refuses("truex", "trailing-text", 4);
    refuses("\v1", "syntax", 0);
    refuses("\xC2\xA0", "syntax", 0);
    accepts(" { } ");
    accepts("[ ]");
    accepts("{\"a\" : [ true , false , null ] }\n");
}

static void test_depth(void **state) {
    (void)state;
    char text[80];
    memset(text, '[', 33);
    memset(text + 33, ']', 33);
    struct scf_json_fault fault;
    assert_true(scf_json_scan(text + 1, 64, 32, &fault));
    assert_false(scf_json_scan(text, 66, 32, &fault));
    assert_string_equal(fault.code, "too-deep");
    assert_int_equal(fault.offset, 32);
    assert_true(scf_json_scan(text, 66, 33, &fault));
    assert_true(scf_json_scan("1", 1, 0, &fault));
    assert_false(scf_json_scan("{}", 2, 0, &fault));
}

static void test_name_length(void **state) {
    (void)state;
    char text[400];
    int n = snprintf(text, sizeof text, "{\"%0256d\":1}", 0);
    struct scf_json_fault fault;
    assert_true(scf_json_scan(text, (size_t)n, 32, &fault));
    n = snprintf(text, sizeof text, "{\"%0257d\":1}", 0);
    assert_false(scf_json_scan(text, (size_t)n, 32, &fault));
    assert_string_equal(fault.code, "name-too-long");
    assert_int_equal(fault.offset, 1);
}

static void test_position(void **state) {
    (void)state;
    const char *text = "{\n  \"a\": 1,\n  \"b\": x\n}";
    struct scf_json_fault fault;
    assert_false(scf_json_scan(text, strlen(text), 32, &fault));
    assert_int_equal(fault.line, 3);
    assert_int_equal(fault.column, 8);
    assert_int_equal(fault.offset, 19);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suite),      cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_many_names), cmocka_unit_test(test_strings),
        cmocka_unit_test(test_numbers),    cmocka_unit_test(test_structure),
        cmocka_unit_test(test_depth),      cmocka_unit_test(test_name_length),
        cmocka_unit_test(test_position),
    };
    return cmocka_run_group_tests_name("json_scan", tests, NULL, NULL);
}
