/* CR-4 against the annex's own way of computing it, by turnover days, in exact fractions
 * (Python's fractions; the expected values are not this code's). */
#include <setjmp.h>
#include <cmocka.h>

#include "scfd/base/money.h"
#include "scfd/limit/limit.h"

static const struct {
    struct scf_limit_need need;
    int64_t expected;
} cases[] = {
    {{.known = true,
      .revenue = INT64_C(12000000000),
      .cost_of_sales = INT64_C(9000000000),
      .margin_ppm = INT64_C(80000),
      .growth_ppm = INT64_C(100000),
      .inventory = INT64_C(1500000000),
      .receivables = INT64_C(2000000000),
      .payables = INT64_C(1200000000),
      .prepayments = INT64_C(300000000),
      .advances_received = INT64_C(200000000),
      .own_funds = INT64_C(800000000),
      .working_capital_loans = INT64_C(500000000)},
     INT64_C(1331200000)},
    {{.known = true,
      .revenue = INT64_C(1234567891),
      .cost_of_sales = INT64_C(987654321),
      .margin_ppm = INT64_C(123457),
      .growth_ppm = INT64_C(-50001),
      .inventory = INT64_C(98765432),
      .receivables = INT64_C(87654321),
      .payables = INT64_C(12345678),
      .prepayments = INT64_C(7654321),
      .advances_received = INT64_C(1111111),
      .own_funds = INT64_C(2222222),
      .working_capital_loans = INT64_C(3333333),
      .other_funds = INT64_C(444444)},
     INT64_C(163986940)},
    {{.known = true,
      .revenue = INT64_C(100),
      .cost_of_sales = INT64_C(300),
      .margin_ppm = INT64_C(-250000),
      .growth_ppm = INT64_C(10000000),
      .inventory = INT64_C(7),
      .receivables = INT64_C(11),
      .payables = INT64_C(3),
      .advances_received = INT64_C(2)},
     INT64_C(142)},
    {{.known = true,
      .revenue = INT64_C(1000000),
      .cost_of_sales = INT64_C(1000000),
      .margin_ppm = INT64_C(1000000),
      .inventory = INT64_C(10),
      .receivables = INT64_C(10)},
     INT64_C(0)},
    {{.known = true,
      .revenue = INT64_C(1000000),
      .cost_of_sales = INT64_C(1000000),
      .inventory = INT64_C(10),
      .receivables = INT64_C(10),
      .payables = INT64_C(500)},
     INT64_C(0)},
    {{.known = true,
      .revenue = INT64_C(999999999999999999),
      .cost_of_sales = INT64_C(999999999999999999),
      .margin_ppm = INT64_C(-1000000),
      .growth_ppm = INT64_C(10000000),
      .inventory = INT64_C(999999999999999999),
      .receivables = INT64_C(999999999999999999),
      .prepayments = INT64_C(999999999999999999)},
     INT64_C(999999999999999999)},
    {{.known = true,
      .revenue = INT64_C(999999999999999999),
      .cost_of_sales = INT64_C(1),
      .inventory = INT64_C(999999999999999999)},
     INT64_C(999999999999999999)},
    {{.known = true,
      .revenue = INT64_C(999999999999999999),
      .cost_of_sales = INT64_C(999999999999999999),
      .margin_ppm = INT64_C(500000),
      .growth_ppm = INT64_C(250000),
      .inventory = INT64_C(100000000000000000),
      .receivables = INT64_C(100000000000000000)},
     INT64_C(125000000000000000)},
    {{.known = true,
      .revenue = INT64_C(5335363200472),
      .cost_of_sales = INT64_C(8424131924650),
      .margin_ppm = INT64_C(-675000),
      .growth_ppm = INT64_C(-622093),
      .inventory = INT64_C(21760516657),
      .receivables = INT64_C(603020241718),
      .payables = INT64_C(42597292553),
      .prepayments = INT64_C(7581315672),
      .advances_received = INT64_C(69672650988),
      .own_funds = INT64_C(6599990382),
      .working_capital_loans = INT64_C(4751021070),
      .other_funds = INT64_C(3983477513)},
     INT64_C(316957311031)},
    {{.known = true,
      .revenue = INT64_C(4581899682993),
      .cost_of_sales = INT64_C(4783736497734),
      .margin_ppm = INT64_C(-594337),
      .growth_ppm = INT64_C(-308703),
      .inventory = INT64_C(319158375328),
      .receivables = INT64_C(956175579408),
      .payables = INT64_C(51024429456),
      .prepayments = INT64_C(45551786996),
      .advances_received = INT64_C(54424543356),
      .own_funds = INT64_C(2173054921),
      .working_capital_loans = INT64_C(763602979),
      .other_funds = INT64_C(6329011781)},
     INT64_C(1315753362058)},
    {{.known = true,
      .revenue = INT64_C(125843597223),
      .cost_of_sales = INT64_C(5136389486912),
      .margin_ppm = INT64_C(200340),
      .growth_ppm = INT64_C(1956593),
      .inventory = INT64_C(343091940089),
      .receivables = INT64_C(841160944346),
      .payables = INT64_C(27953246498),
      .prepayments = INT64_C(57612459569),
      .advances_received = INT64_C(41227015165),
      .own_funds = INT64_C(6146282954),
      .working_capital_loans = INT64_C(692866723),
      .other_funds = INT64_C(5605411640)},
     INT64_C(1900406368093)},
    {{.known = true, /* 10^29 of capital before growth, and no overflow on the way */
      .revenue = INT64_C(100000000000000000),
      .cost_of_sales = INT64_C(1),
      .margin_ppm = INT64_C(999999),
      .growth_ppm = INT64_C(-999999),
      .inventory = INT64_C(1000000000000),
      .own_funds = INT64_C(12345)},
     INT64_C(99999999999987655)},
    {{.known = true,
      .revenue = INT64_C(1426114850089),
      .cost_of_sales = INT64_C(8139161977403),
      .margin_ppm = INT64_C(313552),
      .growth_ppm = INT64_C(176222),
      .inventory = INT64_C(586344090911),
      .receivables = INT64_C(518179206091),
      .payables = INT64_C(45959924138),
      .prepayments = INT64_C(28663661732),
      .advances_received = INT64_C(56119925918),
      .own_funds = INT64_C(3923589304),
      .working_capital_loans = INT64_C(6189700529),
      .other_funds = INT64_C(5083968456)},
     INT64_C(438381013958)},
};

static void vectors(void **state) {
    (void)state;
    for (size_t i = 0; i < SCF_COUNT(cases); i++)
        assert_int_equal(scf_need_compute(&cases[i].need), cases[i].expected);
}

/* No sales, no turnover: no need. */
static void nothing_sold(void **state) {
    (void)state;
    struct scf_limit_need need = cases[0].need;
    need.revenue = 0;
    assert_int_equal(scf_need_compute(&need), 0);
    need = cases[0].need, need.cost_of_sales = 0;
    assert_int_equal(scf_need_compute(&need), 0);
}

/* What finances it already comes off, to the last fen. */
static void funds_come_off(void **state) {
    (void)state;
    struct scf_limit_need need = cases[0].need;
    int64_t all = scf_need_compute(&need);
    need.other_funds += all - 1;
    assert_int_equal(scf_need_compute(&need), 1);
    need.other_funds += 1;
    assert_int_equal(scf_need_compute(&need), 0);
    need.other_funds = SCF_MONEY_MAX;
    assert_int_equal(scf_need_compute(&need), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(nothing_sold),
        cmocka_unit_test(funds_come_off),
    };
    return cmocka_run_group_tests_name("need", tests, NULL, NULL);
}
