/* Figures: exact SVG, escaping, and QR codes as far as they can be told by their structure; that
 * they decode is tested with zbarimg in tests/api/test_report.py. */
#include "scfd/codec/figure.h"

#include "vectors.h"

static struct scf_arena *arena;
static struct scf_buf out;

static int set_up(void **state) {
    (void)state;
    arena = scf_arena_new(1 << 20);
    scf_buf_init(&out, 1 << 20);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    scf_buf_free(&out);
    scf_arena_free(arena);
    return 0;
}

static void test_svg(void **state) {
    (void)state;
    struct scf_figure f;
    scf_fig_init(&f, arena, 10050, 2005);
    f.alt = "a < \"b\" & 'c'";
    scf_fig_rect(&f, -150, 0, 1000, 205, SCF_TONE_ACCENT);
    scf_fig_frame(&f, 0, 0, 100, 100, 50, SCF_TONE_RULE);
    scf_fig_line(&f, 100, 200, 50, 1200, 40, SCF_TONE_ALERT, true);
    scf_fig_disc(&f, 300, 400, 5, SCF_TONE_INK);
    scf_fig_text(&f, 1, 2, (struct scf_lettering){800, SCF_TONE_MUTED, SCF_ALIGN_END},
                 "<b>授信 & \"x\"</b>");
    scf_figure_svg(&f, &out);
    assert_false(f.failed);
    assert_string_equal(
        out.data,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"a &lt; &quot;b&quot; "
        "&amp; &#39;c&#39;\" viewBox=\"0 0 100.50 20.05\" width=\"100.50pt\">"
        "<rect x=\"-1.50\" y=\"0\" width=\"10\" height=\"2.05\" fill=\"#1f3b63\"/>"
        "<rect x=\"0\" y=\"0\" width=\"1\" height=\"1\" stroke=\"#c3c9d1\" fill=\"none\" "
        "stroke-width=\"0.50\"/>"
        "<line x1=\"1\" y1=\"2\" x2=\"0.50\" y2=\"12\" stroke=\"#9a2a22\" stroke-width=\"0.40\" "
        "stroke-dasharray=\"2 2\"/>"
        "<circle cx=\"3\" cy=\"4\" r=\"0.05\" fill=\"#161b22\"/>"
        "<text x=\"0.01\" y=\"0.02\" font-size=\"8\" fill=\"#5a6472\" text-anchor=\"end\">"
        "&lt;b&gt;授信 &amp; &quot;x&quot;&lt;/b&gt;</text></svg>");
}

/* ISO/IEC 18004: a finder is 7 × 7 with a ring of light and a 3 × 3 core; four light modules
 * around the code. */
static void test_qr(void **state) {
    (void)state;
    struct scf_figure f;
    scf_fig_init(&f, arena, 100, 100);
    scf_fig_qr(&f, 7, 8, 100, "https://scfd.example.com/v1/records/asm_01/proof");
    assert_false(f.failed);
    assert_int_equal(f.n, 1);
    const struct scf_shape *s = &f.shapes[0];
    assert_int_equal((s->side - 8 - 17) % 4, 0); /* 17 + 4 · version modules */
    for (int i = 0; i < s->side; i++)
        for (int q = 0; q < 4; q++) {
            assert_int_equal(s->modules[q * s->side + i], 0);
            assert_int_equal(s->modules[(s->side - 1 - q) * s->side + i], 0);
            assert_int_equal(s->modules[i * s->side + q], 0);
            assert_int_equal(s->modules[i * s->side + s->side - 1 - q], 0);
        }
    const int corners[3][2] = {{4, 4}, {4, s->side - 11}, {s->side - 11, 4}};
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < 7; y++)
            for (int x = 0; x < 7; x++) {
                int ring = y == 0 || y == 6 || x == 0 || x == 6;
                int core = y >= 2 && y <= 4 && x >= 2 && x <= 4;
                int at = (corners[c][0] + y) * s->side + corners[c][1] + x;
                assert_int_equal(s->modules[at], ring || core);
            }
}

static void test_qr_limits(void **state) {
    (void)state;
    char text[302];
    memset(text, 'x', sizeof text - 1);
    text[301] = '\0';
    struct scf_figure f;
    scf_fig_init(&f, arena, 100, 100);
    scf_fig_qr(&f, 0, 0, 100, text + 1); /* 300 bytes */
    assert_false(f.failed);
    scf_fig_qr(&f, 0, 0, 100, text);
    assert_true(f.failed);
    scf_fig_init(&f, arena, 100, 100);
    scf_fig_qr(&f, 0, 0, 100, "");
    assert_true(f.failed);
}

static void test_a_full_arena_is_told(void **state) {
    (void)state;
    struct scf_arena *small = scf_arena_new(20000);
    struct scf_figure f;
    scf_fig_init(&f, small, 100, 100);
    for (int i = 0; i < 1000; i++)
        scf_fig_text(&f, 0, i, (struct scf_lettering){800, SCF_TONE_INK, SCF_ALIGN_START}, "text");
    assert_true(f.failed);
    scf_figure_svg(&f, &out); /* what fitted is whole */
    assert_non_null(strstr(out.data, "</svg>"));
    scf_arena_free(small);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_svg, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_qr, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_qr_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_full_arena_is_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
