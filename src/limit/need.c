/* The need ceiling (CR-4): how much new working capital last year's figures call for. Pure.
 *
 * The annex measures turnover in days: WC = S·(1 − m)·(1 + g) / turns, turns = 360 / Σ days, and
 * each number of days is 360 × balance / (S or cost of sales C). The 360s cancel:
 *
 *     WC = (1 − m)·(1 + g)·[ (receivables − advances) + (inventory + prepayments − payables)·S/C ]
 *
 * so that one division suffices, and nothing is lost to rounded days. */
#include "limit_impl.h"
#include "scfd/base/money.h"

int64_t scf_need_compute(const struct scf_limit_need *n) {
    if (n->revenue <= 0 || n->cost_of_sales <= 0)
        return 0;
    const __int128 ppm2 = (__int128)SCF_PPM * SCF_PPM;
    __int128 by_cost = (__int128)n->inventory + n->prepayments - n->payables;
    __int128 scaled = ((__int128)n->receivables - n->advances_received) * n->cost_of_sales +
                      by_cost * n->revenue; /* × C; below 2^122 */
    __int128 growth = (__int128)(SCF_PPM - n->margin_ppm) * (SCF_PPM + n->growth_ppm);
    if (scaled <= 0 || growth <= 0)
        return 0;
    __int128 whole = scaled / n->cost_of_sales, rest = scaled % n->cost_of_sales;
    /* whole has up to 122 bits and growth 45: the millionths are divided out before they meet */
    __int128 capital =
        whole / ppm2 * growth + (whole % ppm2 * growth + rest * growth / n->cost_of_sales) / ppm2;
    __int128 need = capital - n->own_funds - n->working_capital_loans - n->other_funds;
    return need <= 0 ? 0 : need > SCF_MONEY_MAX ? SCF_MONEY_MAX : (int64_t)need;
}
