/* Without the font there is no document, and no boxes in place of characters. A program of its own,
 * for fontconfig reads its configuration once. */
#include "scfd/codec/pdf.h"

#include "vectors.h"

static void test_font_missing(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) { /* twice: the lock is given back */
        struct scf_error err = {0};
        struct scf_buf out;
        struct scf_pdf *pdf = NULL;
        const struct scf_pdf_options options = {.title = "t", .subject = "s"};
        scf_buf_init(&out, 1 << 20);
        assert_int_equal(scf_pdf_begin(&options, &out, &pdf, &err), SCF_E_FONT_MISSING);
        assert_null(pdf);
        assert_non_null(strstr(err.detail, SCF_PDF_FONT));
        scf_buf_free(&out);
    }
}

int main(void) {
    char path[] = "/tmp/scfd-fonts-XXXXXX";
    static const char empty[] = "<?xml version=\"1.0\"?><fontconfig></fontconfig>\n";
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, empty, sizeof empty - 1) != (ssize_t)sizeof empty - 1 || close(fd) != 0)
        return 1;
    setenv("FONTCONFIG_FILE", path, 1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_font_missing)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
