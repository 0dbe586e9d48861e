/* The NDJSON splitter: whatever the pieces, the lines come out the same. */
#include <setjmp.h>

#include <cmocka.h>

#include "ndjson.h"

enum { LINES_MAX = 16 };

struct seen {
    char lines[LINES_MAX][64];
    int64_t numbers[LINES_MAX];
    enum scf_ndjson_event events[LINES_MAX];
    int count;
};

static void see(struct seen *seen, const struct scf_ndjson *s, enum scf_ndjson_event event) {
    if (event == SCF_NDJSON_MORE)
        return;
    assert_true(seen->count < LINES_MAX);
    seen->events[seen->count] = event;
    seen->numbers[seen->count] = s->number;
    if (event == SCF_NDJSON_LINE)
        snprintf(seen->lines[seen->count], sizeof seen->lines[0], "%s", s->line.data);
    seen->count++;
}

/* Feeds `text` in pieces of `step` bytes. */
static void split(const char *text, size_t step, size_t max_line, struct seen *seen) {
    struct scf_ndjson s;
    size_t n = strlen(text);
    *seen = (struct seen){.count = 0};
    scf_ndjson_init(&s, max_line);
    for (size_t at = 0; at < n;) {
        size_t piece = n - at < step ? n - at : step;
        for (size_t done = 0; done < piece;) {
            enum scf_ndjson_event event;
            size_t taken = scf_ndjson_next(&s, text + at + done, piece - done, &event);
            assert_in_range(taken, 1, piece - done);
            see(seen, &s, event);
            done += taken;
        }
        at += piece;
    }
    see(seen, &s, scf_ndjson_end(&s));
    scf_ndjson_free(&s);
}

static void lines_are_the_same_in_any_pieces(void **state) {
    (void)state;
    const char *text = "{\"a\":1}\r\n\n  \t\n{\"b\":2}\n{\"c\":3}";
    for (size_t step = 1; step <= strlen(text); step++) {
        struct seen seen;
        split(text, step, 100, &seen);
        assert_int_equal(seen.count, 3);
        assert_string_equal(seen.lines[0], "{\"a\":1}");
        assert_string_equal(seen.lines[1], "{\"b\":2}");
        assert_string_equal(seen.lines[2], "{\"c\":3}");
        assert_int_equal(seen.numbers[0], 1);
        assert_int_equal(seen.numbers[1], 4); /* blank lines count */
        assert_int_equal(seen.numbers[2], 5);
    }
}

static void a_long_line_is_dropped_and_the_next_one_kept(void **state) {
    (void)state;
    const char *text = "12345678\n123456789\n12\n";
    for (size_t step = 1; step <= strlen(text); step++) {
        struct seen seen;
        split(text, step, 8, &seen);
        assert_int_equal(seen.count, 3);
        assert_int_equal(seen.events[0], SCF_NDJSON_LINE);
        assert_int_equal(seen.events[1], SCF_NDJSON_TOO_LONG);
        assert_int_equal(seen.numbers[1], 2);
        assert_string_equal(seen.lines[2], "12");
    }
}

static void a_long_last_line_is_reported(void **state) {
    (void)state;
    struct seen seen;
    split("1\n123456789", 3, 8, &seen);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.events[1], SCF_NDJSON_TOO_LONG);
}

static void nothing_comes_of_nothing(void **state) {
    (void)state;
    struct seen seen;
    split("", 1, 8, &seen);
    assert_int_equal(seen.count, 0);
    split("\n\r\n \n", 2, 8, &seen);
    assert_int_equal(seen.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_the_same_in_any_pieces),
        cmocka_unit_test(a_long_line_is_dropped_and_the_next_one_kept),
        cmocka_unit_test(a_long_last_line_is_reported),
        cmocka_unit_test(nothing_comes_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
