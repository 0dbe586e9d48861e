/* PDF documents: the same bytes whoever draws and whatever was drawn before, measuring as drawing,
 * and what goes wrong. What they show is tested in tests/api/test_report.py with poppler. */
#include "scfd/codec/pdf.h"

#include "vectors.h"

enum { OUT_MAX = 4 << 20, WIDTH = 20000, THREADS = 4 };

static const struct scf_lettering plain = {1000, SCF_TONE_INK, SCF_ALIGN_START};

static enum scf_code draw(struct scf_buf *out, const char *text, bool measure, int *ret_height,
                          struct scf_error *err) {
    const struct scf_pdf_options options = {.title = text,
                                            .subject = "asm_1",
                                            .created_us = INT64_C(1795334400123456),
                                            .measure = measure};
    struct scf_pdf *pdf;
    enum scf_code code = scf_pdf_begin(&options, out, &pdf, err);
    if (code != SCF_OK)
        return code;
    scf_pdf_outline(pdf, text);
    *ret_height = scf_pdf_text(pdf, 5000, 5000, WIDTH, plain, text);
    scf_pdf_rect(pdf, 100, 100, 300, 200, SCF_TONE_TINT);
    scf_pdf_line(pdf, 0, 0, 1000, 1000, 50, SCF_TONE_RULE);
    scf_pdf_link(pdf, 100, 100, 300, 200, "https://scfd.example.com/v1/records");
    scf_pdf_next_page(pdf);
    scf_pdf_text(pdf, 5000, 5000, WIDTH, plain, "2");
    return scf_pdf_end(pdf, err);
}

static struct scf_buf drawn(const char *text) {
    struct scf_error err = {0};
    struct scf_buf out;
    int height = 0;
    scf_buf_init(&out, OUT_MAX);
    assert_int_equal(draw(&out, text, false, &height, &err), SCF_OK);
    assert_true(height > 0);
    assert_true(out.len > 500);
    assert_memory_equal(out.data, "%PDF-1.5", 8);
    assert_memory_equal(out.data + out.len - 6, "%%EOF\n", 6);
    return out;
}

static void assert_same(const struct scf_buf *a, const struct scf_buf *b) {
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->data, b->data, a->len);
}

static void test_same_bytes_whatever_came_between(void **state) {
    (void)state;
    struct scf_buf first = drawn("授信评估报告 Credit 1,234.50");
    struct scf_buf other = drawn("另一份文件，字形不同 Another 9876");
    struct scf_buf again = drawn("授信评估报告 Credit 1,234.50");
    assert_same(&first, &again);
    assert_true(first.len != other.len || memcmp(first.data, other.data, first.len) != 0);
    scf_buf_free(&first);
    scf_buf_free(&other);
    scf_buf_free(&again);
}

static void *draw_in_thread(void *out) {
    struct scf_error err = {0};
    int height;
    for (int i = 0; i < 3; i++) {
        scf_buf_clear(out);
        if (draw(out, i == 1 ? "别的" : "规范度 92.50%", false, &height, &err) != SCF_OK)
            return NULL;
    }
    return out;
}

static void test_same_bytes_from_every_thread(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    struct scf_buf outs[THREADS], expected = drawn("规范度 92.50%");
    for (int i = 0; i < THREADS; i++) {
        scf_buf_init(&outs[i], OUT_MAX);
        assert_int_equal(pthread_create(&threads[i], NULL, draw_in_thread, &outs[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *done = NULL;
        assert_int_equal(pthread_join(threads[i], &done), 0);
        assert_ptr_equal(done, &outs[i]);
        assert_same(&outs[i], &expected);
        scf_buf_free(&outs[i]);
    }
    scf_buf_free(&expected);
}

static void test_measuring_is_drawing(void **state) {
    (void)state;
    static const char *const texts[] = {
        "short",
        "授信额度",
        "a text that is long enough to need several lines in a column of two hundred points, and "
        "then some more of it so that it certainly does",
        "没有空格的很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长的中文",
        "averyveryveryveryveryveryveryveryveryveryveryveryveryveryveryveryverylongwordwithoutblank"
        "s",
        "line\nline\nline",
        ""};
    int last = 0;
    for (size_t i = 0; i < SCF_COUNT(texts); i++) {
        struct scf_error err = {0};
        struct scf_buf nothing, out;
        int measured = 0, real = 0;
        scf_buf_init(&nothing, 16);
        scf_buf_init(&out, OUT_MAX);
        assert_int_equal(draw(&nothing, texts[i], true, &measured, &err), SCF_OK);
        assert_int_equal(draw(&out, texts[i], false, &real, &err), SCF_OK);
        assert_int_equal(nothing.len, 0);
        assert_int_equal(measured, real);
        assert_true(i < 2 || i == 6 ? real < 2000 : real > 2000); /* one line, or several */
        last = real;
        scf_buf_free(&nothing);
        scf_buf_free(&out);
    }
    assert_true(last > 0);
}

static int count(const struct scf_buf *b, const char *word) {
    int n = 0;
    const char *p = b->data, *end = b->data + b->len;
    while ((p = memmem(p, (size_t)(end - p), word, strlen(word))) != NULL) {
        n++;
        p++;
    }
    return n;
}

/* U+1F600, an emoji, and U+20000, a rare ideograph, are not in the font. */
static void test_no_other_font_helps_out(void **state) {
    (void)state;
    struct scf_buf lacking = drawn("a\xf0\x9f\x98\x80z\xf0\xa0\x80\x80");
    assert_true(count(&lacking, "/FontName") > 0);
    assert_int_equal(count(&lacking, "/FontName /") + count(&lacking, "/BaseFont /"),
                     count(&lacking, "+WenQuanYiMicroHei\n"));
    scf_buf_free(&lacking);
}

static void test_too_large(void **state) {
    (void)state;
    struct scf_error err = {0};
    struct scf_buf out;
    int height;
    scf_buf_init(&out, 2000);
    assert_int_equal(draw(&out, "授信", false, &height, &err), SCF_E_BODY_TOO_LARGE);
    scf_buf_free(&out);
    struct scf_buf next = drawn("the lock is free again");
    scf_buf_free(&next);
}

static void test_no_link_leaves_its_quotes(void **state) {
    (void)state;
    static const char *const bad[] = {"https://a/'b", "https://a/ b", "https://a/\\b",
                                      "https://a/\nb", "https://a/\xe6\x8e\x88"};
    for (size_t i = 0; i < SCF_COUNT(bad); i++) {
        struct scf_error err = {0};
        struct scf_buf out;
        struct scf_pdf *pdf;
        const struct scf_pdf_options options = {.title = "t", .subject = "s"};
        scf_buf_init(&out, OUT_MAX);
        assert_int_equal(scf_pdf_begin(&options, &out, &pdf, &err), SCF_OK);
        scf_pdf_link(pdf, 0, 0, 100, 100, bad[i]);
        assert_int_equal(scf_pdf_end(pdf, &err), SCF_OK);
        assert_null(memmem(out.data, out.len, "/Link", 5));
        scf_buf_free(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes_whatever_came_between),
        cmocka_unit_test(test_same_bytes_from_every_thread),
        cmocka_unit_test(test_measuring_is_drawing),
        cmocka_unit_test(test_no_other_font_helps_out),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_no_link_leaves_its_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
