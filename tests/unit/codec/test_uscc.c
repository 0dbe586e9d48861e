/* Codes of the data dictionary: real ones, two that fail the outer check, and wrong shapes. */
#include "scfd/codec/schema.h"

#include "vectors.h"

static void test_codes(void **state) {
    (void)state;
    static const struct {
        const char *code;
        enum scf_uscc_verdict verdict;
    } cases[] = {
        {"91330100799655058B", SCF_USCC_OK},
        {"91512081MA62K0260E", SCF_USCC_OK},
        {"11320000MB151840XJ", SCF_USCC_OK},
        {"9131000063159284XQ", SCF_USCC_OK},
        {"91350100M000100Y43", SCF_USCC_OK}, /* the worked example of the standard */
        {"91350211M0000XUF46", SCF_USCC_BAD_CHECK},
        {"91350100M0001TGQXM", SCF_USCC_BAD_CHECK},
        {"91330100799655058A", SCF_USCC_BAD_CHECK},
        {"91330100799655085B", SCF_USCC_BAD_CHECK}, /* two digits swapped */
        {"", SCF_USCC_BAD_SHAPE},
        {"9133010079965505B", SCF_USCC_BAD_SHAPE},   /* 17 */
        {"91330100799655058B0", SCF_USCC_BAD_SHAPE}, /* 19 */
        {"91330100799655058b", SCF_USCC_BAD_SHAPE},
        {"9133010079965505IB", SCF_USCC_BAD_SHAPE},
        {"91A30100799655058B", SCF_USCC_BAD_SHAPE}, /* letter in the division code */
        {"91330100 9965505BB", SCF_USCC_BAD_SHAPE},
    };
    for (size_t i = 0; i < SCF_COUNT(cases); i++)
        if (scf_uscc_check(scf_str(cases[i].code)) != cases[i].verdict)
            fail_msg("%s", cases[i].code);
}

static void test_nul_is_no_symbol(void **state) {
    (void)state;
    assert_int_equal(scf_uscc_check((struct scf_str){"9133010079965505\0B", 18}),
                     SCF_USCC_BAD_SHAPE);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_codes),
                                       cmocka_unit_test(test_nul_is_no_symbol)};
    return cmocka_run_group_tests_name("uscc", tests, NULL, NULL);
}
