/* 大写金额: examples of 支付结算办法 附一 ("正确填写票据和结算凭证的基本规定"), and texts that are
 * none. */
#include "body.h"
#include <setjmp.h>
#include <cmocka.h>

static void test_amounts(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t fen;
    } rows[] = {
        {"人民币壹仟肆佰零玖元伍角", 140950},       /* ￥1,409.50 */
        {"人民币陆仟零柒元壹角肆分", 600714},       /* ￥6,007.14 */
        {"人民币壹仟陆佰捌拾元零叁角贰分", 168032}, /* ￥1,680.32 */
        {"人民币壹仟陆佰捌拾元叁角贰分", 168032},
        {"人民币壹拾万柒仟元零伍角叁分", 10700053}, /* ￥107,000.53 */
        {"人民币壹拾万零柒仟元伍角叁分", 10700053},
        {"人民币壹万陆仟肆佰零玖元零贰分", 1640902}, /* ￥16,409.02 */
        {"人民币叁佰贰拾伍元零肆分", 32504},         /* ￥325.04 */
        {"壹佰壹拾叁万圆整", 113000000},
        {"⊗壹佰叁拾圆整", 13000},
        {"零元整", 0},
        {"伍分", 5},
        {"伍角整", 50},
        {"叁元零角伍分", 305},
        {"拾元正", 1000},
        {"拾万圆整", 10000000},
        {"贰亿零叁拾万圆整", INT64_C(20030000000)},
        {"壹万贰仟叁佰肆拾伍亿陆仟柒佰捌拾玖万零壹佰贰拾叁元肆角伍分", INT64_C(123456789012345)},
        {"负壹佰元整", -10000},
        {"人民幣貳萬參仟圓整", 2300000},
        {"一千二百三十四元五角六分", 123456},
    };
    for (size_t i = 0; i < SCF_COUNT(rows); i++) {
        int64_t fen = -7;
        if (!scf_words_parse(scf_str(rows[i].text), &fen) || fen != rows[i].fen)
            fail_msg("%s: %" PRId64, rows[i].text, fen);
    }
}

static void test_refusals(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "整",
        "人民币",
        "1130.00",
        "壹佰",
        "壹佰元伍",
        "壹贰元",
        "元",
        "壹佰元x",
        "叁伍分",
        "壹佰元伍分伍角",
        "玖仟玖仟元",
        "壹亿亿元",
        "玖仟玖佰玖拾玖万亿亿元",
        "壹万万万万元",
        "one",
    };
    int64_t fen = 7;
    for (size_t i = 0; i < SCF_COUNT(bad); i++)
        if (scf_words_parse(scf_str(bad[i]), &fen))
            fail_msg("%s read as %" PRId64, bad[i], fen);
    assert_true(fen == 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_amounts),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
