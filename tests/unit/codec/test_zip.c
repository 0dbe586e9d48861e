/* Canonical ZIP files: libzip reads what was written, and whatever differs from it in any bit is
 * refused. */
#include "scfd/codec/zip.h"

#include <zip.h>

#include <setjmp.h>

#include <cmocka.h>

static const struct scf_zip_entry entries[] = {
    {{"mimetype", 8}, {"application/vnd.etsi.asic-e+zip", 31}},
    {{"a/b-c_1.txt", 11}, {"hello\n", 6}},
    {{"empty", 5}, {"", 0}},
};

static struct scf_buf written(const struct scf_zip_entry *e, size_t n) {
    struct scf_buf out;
    scf_buf_init(&out, SCF_ZIP_BYTES_MAX);
    scf_zip_write(e, n, &out);
    assert_false(out.overflow);
    return out;
}

static bool readable(const char *bytes, size_t n) {
    struct scf_zip_entry got[8];
    size_t count;
    const char *problem = NULL;
    bool good = scf_zip_read((struct scf_str){bytes, n}, got, SCF_COUNT(got), &count, &problem);
    assert_true(good || problem != NULL);
    return good;
}

static void test_libzip_reads_it(void **state) {
    (void)state;
    struct scf_buf file = written(entries, SCF_COUNT(entries));
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(file.data, file.len, 0, &error);
    zip_t *zip = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    assert_non_null(zip);
    assert_int_equal(zip_get_num_entries(zip, 0), SCF_COUNT(entries));
    for (size_t i = 0; i < SCF_COUNT(entries); i++) {
        char bytes[64];
        zip_stat_t st;
        assert_int_equal(zip_stat_index(zip, i, 0, &st), 0);
        assert_true(scf_str_is(entries[i].name, st.name));
        assert_int_equal(st.size, entries[i].bytes.n);
        assert_int_equal(st.comp_method, ZIP_CM_STORE);
        zip_file_t *f = zip_fopen_index(zip, i, 0);
        assert_non_null(f);
        assert_int_equal(zip_fread(f, bytes, sizeof bytes), entries[i].bytes.n);
        assert_memory_equal(bytes, entries[i].bytes.p, entries[i].bytes.n);
        assert_int_equal(zip_fclose(f), 0);
    }
    zip_discard(zip);
    scf_buf_free(&file);
}

/* EN 319 162-1 A.1: "PK" at 0, "mimetype" at 30, the type itself at 38. */
static void test_the_magic_of_asic(void **state) {
    (void)state;
    struct scf_buf file = written(entries, SCF_COUNT(entries));
    assert_memory_equal(file.data, "PK\3\4", 4);
    assert_memory_equal(file.data + 30, "mimetypeapplication/vnd.etsi.asic-e+zip", 39);
    scf_buf_free(&file);
}

static void test_it_reads_what_it_writes(void **state) {
    (void)state;
    struct scf_buf file = written(entries, SCF_COUNT(entries));
    struct scf_zip_entry got[3];
    size_t n;
    const char *problem;
    assert_true(scf_zip_read((struct scf_str){file.data, file.len}, got, 3, &n, &problem));
    assert_int_equal(n, 3);
    for (size_t i = 0; i < n; i++) {
        assert_true(scf_str_eq(got[i].name, entries[i].name));
        assert_true(scf_str_eq(got[i].bytes, entries[i].bytes));
    }
    assert_false(scf_zip_read((struct scf_str){file.data, file.len}, got, 2, &n, &problem));
    scf_buf_free(&file);
}

static void test_every_bit_counts(void **state) {
    (void)state;
    struct scf_buf file = written(entries, SCF_COUNT(entries));
    for (size_t i = 0; i < file.len; i++)
        for (unsigned bit = 1; bit < 256; bit <<= 1) {
            file.data[i] = (char)(file.data[i] ^ (char)bit);
            assert_false(readable(file.data, file.len));
            file.data[i] = (char)(file.data[i] ^ (char)bit);
        }
    for (size_t n = 0; n < file.len; n++)
        assert_false(readable(file.data, n));
    assert_true(readable(file.data, file.len));
    scf_buf_putc(&file, 'x');
    assert_false(readable(file.data, file.len));
    scf_buf_free(&file);
}

static void test_names(void **state) {
    (void)state;
    static const char *const good[] = {"a", "META-INF/ASiCManifest001.xml", "a/b/c.d_e-f", "0"};
    static const char *const bad[] = {"",      "/a",   "a/",    "a//b", "../a", "a/../b", ".a",
                                      "a/.b",  "a\\b", "c:a",   "a b",  "a\nb", "é",      "a/./b",
                                      "a%2fb", "..",   "a/..b", "~",    "*"};
    for (size_t i = 0; i < SCF_COUNT(good); i++)
        assert_true(scf_zip_name_valid(scf_str(good[i])));
    for (size_t i = 0; i < SCF_COUNT(bad); i++) {
        struct scf_zip_entry e = {scf_str(bad[i]), {"x", 1}};
        assert_false(scf_zip_name_valid(e.name));
        struct scf_buf file = written(&e, 1);
        assert_false(readable(file.data, file.len));
        scf_buf_free(&file);
    }
    char longest[SCF_ZIP_NAME_MAX + 1];
    memset(longest, 'a', sizeof longest);
    assert_true(scf_zip_name_valid((struct scf_str){longest, SCF_ZIP_NAME_MAX}));
    assert_false(scf_zip_name_valid((struct scf_str){longest, SCF_ZIP_NAME_MAX + 1}));
}

static void test_twice_and_compressed_are_refused(void **state) {
    (void)state;
    const struct scf_zip_entry twice[] = {{{"a", 1}, {"x", 1}}, {{"a", 1}, {"y", 1}}};
    struct scf_buf file = written(twice, 2);
    assert_false(readable(file.data, file.len));
    scf_buf_free(&file);
    /* A file of libzip's own: deflated, with its times. */
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *sink = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_source_keep(sink);
    zip_t *zip = zip_open_from_source(sink, ZIP_TRUNCATE, &error);
    assert_non_null(zip);
    static char zeros[100000];
    zip_source_t *data = zip_source_buffer(zip, zeros, sizeof zeros, 0);
    assert_true(zip_file_add(zip, "bomb", data, 0) >= 0);
    assert_int_equal(zip_close(zip), 0);
    char bytes[4096];
    assert_int_equal(zip_source_open(sink), 0);
    zip_int64_t n = zip_source_read(sink, bytes, sizeof bytes);
    assert_in_range(n, 1, sizeof bytes - 1);
    assert_false(readable(bytes, (size_t)n));
    zip_source_close(sink);
    zip_source_free(sink);
}

static void test_too_large(void **state) {
    (void)state;
    const struct scf_zip_entry e = {{"a", 1}, {"", (size_t)SCF_ZIP_BYTES_MAX + 1}};
    assert_int_equal(scf_zip_size(&e, 1), SCF_ZIP_BYTES_MAX + 1 + 30 + 46 + 2 + 22);
    struct scf_buf out;
    scf_buf_init(&out, SCF_ZIP_BYTES_MAX);
    scf_zip_write(&e, 1, &out);
    assert_true(out.overflow);
    scf_buf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_libzip_reads_it),
        cmocka_unit_test(test_the_magic_of_asic),
        cmocka_unit_test(test_it_reads_what_it_writes),
        cmocka_unit_test(test_every_bit_counts),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_twice_and_compressed_are_refused),
        cmocka_unit_test(test_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
