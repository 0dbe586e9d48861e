/* UUIDv7 layout and order (RFC 9562 §5.7), TypeID text (examples of the TypeID specification). */
#include "scfd/base/id.h"
#include "scfd/base/clock.h"
#include <setjmp.h>
#include <cmocka.h>

static struct scf_uuid uuid(const char *hex) {
    struct scf_uuid u;
    assert_true(scf_unhex(scf_str(hex), u.b, sizeof u.b));
    return u;
}

static void test_layout(void **state) {
    (void)state;
    int64_t before = scf_now_us() / 1000;
    struct scf_uuid u = scf_uuid_new();
    int64_t after = scf_now_us() / 1000, ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | u.b[i];
    assert_in_range(ms, before, after);
    assert_int_equal(u.b[6] >> 4, 7);
    assert_int_equal(u.b[8] >> 6, 2);
}

static void test_ascending(void **state) {
    (void)state;
    struct scf_uuid previous = scf_uuid_new();
    uint8_t ones[8] = {0}, zeros[8];
    memset(zeros, 0xFF, sizeof zeros);
    for (int i = 0; i < 100000; i++) {
        struct scf_uuid next = scf_uuid_new();
        assert_true(scf_uuid_compare(&previous, &next) < 0);
        assert_int_equal(next.b[6] >> 4, 7);
        assert_int_equal(next.b[8] >> 6, 2);
        for (int k = 0; k < 8; k++) {
            ones[k] |= next.b[8 + k];
            zeros[k] &= next.b[8 + k];
        }
        previous = next;
    }
    assert_int_equal(ones[0], 0xBF); /* every random bit was seen set and clear */
    assert_int_equal(zeros[0], 0x80);
    for (int k = 1; k < 8; k++) {
        assert_int_equal(ones[k], 0xFF);
        assert_int_equal(zeros[k], 0x00);
    }
}

static void test_nil_and_order(void **state) {
    (void)state;
    struct scf_uuid nil = uuid("00000000000000000000000000000000");
    struct scf_uuid one = uuid("00000000000000000000000000000001");
    assert_true(scf_uuid_is_nil(&nil));
    assert_false(scf_uuid_is_nil(&one));
    assert_true(scf_uuid_eq(&one, &one));
    assert_false(scf_uuid_eq(&one, &nil));
    assert_true(scf_uuid_compare(&nil, &one) < 0);
    assert_true(scf_uuid_compare(&one, &nil) > 0);
}

/* valid.yml of the TypeID specification. */
static const struct {
    const char *prefix, *hex, *text;
} examples[] = {
    {"prefix", "00000000000000000000000000000000", "prefix_00000000000000000000000000"},
    {"prefix", "00000000000000000000000000000001", "prefix_00000000000000000000000001"},
    {"prefix", "0000000000000000000000000000000a", "prefix_0000000000000000000000000a"},
    {"prefix", "00000000000000000000000000000010", "prefix_0000000000000000000000000g"},
    {"prefix", "00000000000000000000000000000020", "prefix_00000000000000000000000010"},
    {"prefix", "ffffffffffffffffffffffffffffffff", "prefix_7zzzzzzzzzzzzzzzzzzzzzzzzz"},
    {"prefix", "0110c8531d0952d8d73e1194e95b5f19", "prefix_0123456789abcdefghjkmnpqrs"},
    {"prefix", "01890a5dac96774bbcceb302099a8057", "prefix_01h455vb4pex5vsknk084sn02q"},
};

static void test_typeid_examples(void **state) {
    (void)state;
    for (size_t i = 0; i < SCF_COUNT(examples); i++) {
        struct scf_uuid u = uuid(examples[i].hex), back;
        char text[SCF_ID_TEXT], prefix[16];
        scf_id_format(examples[i].prefix, &u, text);
        assert_string_equal(text, examples[i].text);
        assert_true(scf_id_parse(examples[i].prefix, scf_str(text), &back));
        assert_true(scf_uuid_eq(&u, &back));
        assert_true(scf_id_parse_any(scf_str(text), prefix, &back));
        assert_true(scf_uuid_eq(&u, &back));
        assert_string_equal(prefix, examples[i].prefix);
    }
}

static void test_typeid_refusals(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "ctr_",
        "inv_01h455vb4pex5vsknk084sn02q",  /* another prefix */
        "ctr01h455vb4pex5vsknk084sn02q",   /* no separator */
        "ctr_01h455vb4pex5vsknk084sn02",   /* too short */
        "ctr_01h455vb4pex5vsknk084sn02qq", /* too long */
        "ctr_01H455VB4PEX5VSKNK084SN02Q",  /* upper case */
        "ctr_81h455vb4pex5vsknk084sn02q",  /* more than 128 bits */
        "ctr_z1h455vb4pex5vsknk084sn02q",
        "ctr_01h455vb4pex5vsknk084sn02i", /* letters that the alphabet leaves out */
        "ctr_01h455vb4pex5vsknk084sn02l",
        "ctr_01h455vb4pex5vsknk084sn02o",
        "ctr_01h455vb4pex5vsknk084sn02u",
        "ctr_01h455vb4-ex5vsknk084sn02q",
        "CTR_01h455vb4pex5vsknk084sn02q",
    };
    struct scf_uuid u;
    memset(&u, 0x55, sizeof u);
    struct scf_uuid untouched = u;
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        assert_false(scf_id_parse("ctr", scf_str(bad[i]), &u));
    char prefix[16] = "?";
    assert_false(scf_id_parse_any(SCF_STR("c_01h455vb4pex5vsknk084sn02q"), prefix, &u));
    assert_false(scf_id_parse_any(SCF_STR("abcdefghi_01h455vb4pex5vsknk084sn02q"), prefix, &u));
    assert_false(scf_id_parse_any(SCF_STR("c1r_01h455vb4pex5vsknk084sn02q"), prefix, &u));
    assert_false(scf_id_parse_any(SCF_STR("ctr-01h455vb4pex5vsknk084sn02q"), prefix, &u));
    assert_false(scf_id_parse_any(SCF_STR("ctr_01h455vb4pex5vsknk084sn02u"), prefix, &u));
    assert_string_equal(prefix, "?");
    assert_true(scf_uuid_eq(&u, &untouched));
}

static void test_random(void **state) {
    (void)state;
    uint8_t a[1000] = {0}, b[1000] = {0};
    scf_random(a, sizeof a);
    scf_random(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    int set = 0;
    for (size_t i = 0; i < sizeof a; i++)
        set += __builtin_popcount(a[i]);
    assert_in_range(set, 3600, 4400); /* 8000 fair bits: nine standard deviations */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),          cmocka_unit_test(test_ascending),
        cmocka_unit_test(test_nil_and_order),   cmocka_unit_test(test_typeid_examples),
        cmocka_unit_test(test_typeid_refusals), cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
