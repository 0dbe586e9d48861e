/* PDF documents: the same bytes whoever draws and whatever was drawn before, measuring as drawing,
 * and what goes wrong. What they show is tested in tests/api/test_report.py with poppler. */
#include "scfd/codec/pdf.h"

#include "vectors.h"

enum { OUT_MAX = 4 << 20, WIDTH = 20000, THREADS = 1 + SCF_PDF_WAITING_MAX };

static const struct scf_lettering plain = {1000, SCF_TONE_INK, SCF_ALIGN_START};

static enum scf_code draw(struct scf_buf *out, const char *text, struct scf_error *err) {
    const struct scf_pdf_options options = {
        .title = text, .subject = "asm_1", .created_us = INT64_C(1795334400123456)};
    struct scf_pdf *pdf;
    enum scf_code code = scf_pdf_begin(&options, out, &pdf, err);
    if (code != SCF_OK)
        return code;
    scf_pdf_outline(pdf, text);
    scf_pdf_text(pdf, 5000, 5000, WIDTH, plain, text);
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
    scf_buf_init(&out, OUT_MAX);
    assert_int_equal(draw(&out, text, &err), SCF_OK);
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
    for (int i = 0; i < 3; i++) {
        scf_buf_clear(out);
        if (draw(out, i == 1 ? "别的" : "规范度 92.50%", &err) != SCF_OK)
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

/* One document is begun and stays; as many threads as may wait do, the next is told to come back.
 * Which one that is does not matter. */
struct crowd {
    atomic_int refused, done;
};

static void *draw_in_crowd(void *ctx) {
    struct crowd *c = ctx;
    struct scf_error err = {0};
    struct scf_buf out;
    scf_buf_init(&out, OUT_MAX);
    enum scf_code code = draw(&out, "x", &err);
    atomic_fetch_add(code == SCF_OK ? &c->done : &c->refused, 1);
    scf_buf_free(&out);
    return code == SCF_OK || code == SCF_E_OVERLOADED ? ctx : NULL;
}

static void test_only_few_wait(void **state) {
    (void)state;
    struct crowd crowd = {0};
    struct scf_error err = {0};
    struct scf_buf out;
    struct scf_pdf *pdf;
    pthread_t threads[SCF_PDF_WAITING_MAX + 1];
    const struct scf_pdf_options options = {.title = "t", .subject = "s"};
    scf_buf_init(&out, OUT_MAX);
    assert_int_equal(scf_pdf_begin(&options, &out, &pdf, &err), SCF_OK);
    for (size_t i = 0; i < SCF_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, draw_in_crowd, &crowd), 0);
    while (atomic_load(&crowd.refused) == 0)
        usleep(1000);
    assert_int_equal(atomic_load(&crowd.done), 0);
    assert_int_equal(scf_pdf_end(pdf, &err), SCF_OK);
    for (size_t i = 0; i < SCF_COUNT(threads); i++) {
        void *sound = NULL;
        assert_int_equal(pthread_join(threads[i], &sound), 0);
        assert_non_null(sound);
    }
    assert_int_equal(atomic_load(&crowd.refused), 1);
    assert_int_equal(atomic_load(&crowd.done), SCF_PDF_WAITING_MAX);
    scf_buf_free(&out);
}

static void test_heights(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int least, most; /* lines in a column of 200 points, at 10 points */
    } cases[] = {
        {"short", 1, 1},
        {"授信额度", 1, 1},
        {"", 1, 1},
        {"line\nline\nline", 3, 3},
        {"a text that is long enough to need several lines in a column of two hundred points, and "
         "then some more of it so that it certainly does",
         3, 5},
        {"没有空格的很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长的中文",
         3, 3},
        {"averyveryveryveryveryveryveryveryveryveryveryveryveryverylongwordwithoutblanks", 2, 3},
    };
    struct scf_error err = {0};
    struct scf_buf out;
    struct scf_pdf *pdf;
    const struct scf_pdf_options options = {.title = "t", .subject = "s"};
    scf_buf_init(&out, OUT_MAX);
    assert_int_equal(scf_pdf_begin(&options, &out, &pdf, &err), SCF_OK);
    int line = scf_pdf_text_height(pdf, WIDTH, plain, "x");
    assert_in_range(line, 1000, 1500);
    for (size_t i = 0; i < SCF_COUNT(cases); i++) {
        int height = scf_pdf_text_height(pdf, WIDTH, plain, cases[i].text);
        assert_in_range(height, cases[i].least * line - 20, cases[i].most * line + 20);
    }
    assert_int_equal(scf_pdf_end(pdf, &err), SCF_OK);
    scf_buf_free(&out);
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
    scf_buf_init(&out, 2000);
    assert_int_equal(draw(&out, "授信", &err), SCF_E_BODY_TOO_LARGE);
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
        cmocka_unit_test(test_only_few_wait),
        cmocka_unit_test(test_heights),
        cmocka_unit_test(test_no_other_font_helps_out),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_no_link_leaves_its_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
