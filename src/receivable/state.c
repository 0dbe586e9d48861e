/* The table of transitions, and judging a step by it. Relies on nothing. */
#include "state.h"

const char *const scf_receivable_state_names[] = {"draft",
                                                  "submitted",
                                                  "invoice_verified",
                                                  "matched",
                                                  "confirm_requested",
                                                  "confirmed",
                                                  "confirm_refused",
                                                  "confirm_timeout",
                                                  "searched",
                                                  "registered",
                                                  "notified",
                                                  "financed",
                                                  "part_repaid",
                                                  "settled",
                                                  "disputed",
                                                  "diluted",
                                                  "red_lettered",
                                                  "overdue",
                                                  "repurchased",
                                                  "ineligible",
                                                  "released",
                                                  NULL};
_Static_assert(SCF_COUNT(scf_receivable_state_names) == SCF_RCV_STATES + 1, "a name each");

const char *const scf_rcv_step_names[] = {"create",
                                          "submit",
                                          "search",
                                          "verify_invoice",
                                          "match",
                                          "request_confirmation",
                                          "confirm",
                                          "refuse",
                                          "examine_tenor",
                                          "register",
                                          "notify",
                                          "dispute",
                                          "resolve_dispute",
                                          "dilute",
                                          "accept_dilution",
                                          "repurchase",
                                          "release",
                                          "amend_registration",
                                          "extend_registration",
                                          "object_registration",
                                          "cancel_registration",
                                          "confirmation_timeout",
                                          "disburse",
                                          "repay",
                                          "settle",
                                          "reopen",
                                          "overdue",
                                          "registration_expired",
                                          "reverification_due",
                                          "registration_ending",
                                          "cancellation_overdue",
                                          NULL};
_Static_assert(SCF_COUNT(scf_rcv_step_names) == SCF_RCV_STEPS + 1, "a name each");

const char *const scf_rcv_bar_codes[] = {"", "DUP", "INV", "MATCH", "TERM", NULL};
const char *const scf_rcv_kind_names[] = {"factoring_with_recourse", "factoring_without_recourse",
                                          "pledge", "voucher", NULL};
const char *const scf_rcv_verification_names[] = {
    "unverified", "normal", "voided", "partially_red", "fully_red", "not_found", NULL};

const struct scf_rcv_rule_text scf_rcv_rules[SCF_RCV_RULES] = {
    [SCF_RULE_ORDER] =
        {"CR-7.3",
         "Search the register, verify the invoice, get the debtor's confirmation, "
         "register, notify the debtor, search again, disburse: in this order.",
         "依次查询登记、查验发票、取得债务人确认、登记、通知债务人、登记后再次查询、放款。"},
    [SCF_RULE_STATES] = {"CR-8", "A receivable passes its states in their order.",
                         "应收账款按既定状态顺序流转。"},
    [SCF_RULE_DUP] = {"CR-3.1 DUP",
                      "A receivable that another party registered before is not eligible.",
                      "已被其他权利人在先登记的应收账款不合格。"},
    [SCF_RULE_INV] = {"CR-6.3",
                      "The invoice is verified as normal, again every day and at disbursement.",
                      "发票须查验正常，每日及放款时复验。"},
    [SCF_RULE_MATCH] = {"CR-6.1", "Order, delivery and invoice agree.",
                        "订单、交付与发票三单匹配。"},
    [SCF_RULE_TERM] = {"CR-9.1",
                       "A voucher's tenor is at most the normal one, or has reasons that the "
                       "lender examined (77号文 Art.11).",
                       "电子凭证付款期限原则上不超过常规期限，超过的须由资金方审查其合理性"
                       "（银发〔2025〕77号第十一条）。"},
    [SCF_RULE_CONFIRM] = {"CR-7.7", "The debtor itself confirms, or refuses to.",
                          "由债务人自行确认或拒绝确认。"},
    [SCF_RULE_TIMER] = {"CR-7.8", "The debtor has its time to confirm (条例 Art.16).",
                        "债务人应在规定期限内确认（保障中小企业款项支付条例第十六条）。"},
    [SCF_RULE_DISPUTED] = {"CR-3.1 DISP", "A disputed amount does not count.",
                           "存在争议的金额不计入。"},
    [SCF_RULE_DILUTED] = {"CR-3.2", "What comes off the claim is accepted before it goes on.",
                          "应收账款减少须经资金方接受后方可继续。"},
    [SCF_RULE_OWN] = {"CR-3.1 OWN", "The lender gives a claim back in writing.",
                      "资金方书面解除后方可释放应收账款。"},
    [SCF_RULE_REGISTER] = {"CR-7.4",
                           "The secured party keeps the entry in the register: 1 month to 30 "
                           "years, amended, extended, cancelled when the debt has ended.",
                           "担保权人维护登记：期限1个月至30年，变更、展期，债务消灭后注销。"},
    [SCF_RULE_PRIORITY] = {"民法典 768",
                           "Of several claims on one receivable the one registered first goes "
                           "before.",
                           "就同一应收账款存在多个权利的，登记在先者优先。"},
    [SCF_RULE_NOTICE] = {"民法典 764",
                         "A factor's notice states who it is and encloses the vouchers.",
                         "保理人发出转让通知应表明保理人身份并附有必要凭证。"},
    [SCF_RULE_RECOURSE] = {"民法典 766", "With recourse the seller may have to buy the claim back.",
                           "有追索权保理可要求债权人回购应收账款债权。"},
    [SCF_RULE_NO_RECOURSE] = {"民法典 767",
                              "Without recourse the seller buys back only a claim that is in "
                              "dispute, reduced or without an invoice.",
                              "无追索权保理仅在存在争议、减少或发票失效时回购。"},
    [SCF_RULE_PLEDGE] = {"民法典 445", "A pledged claim stays the seller's: it is released.",
                         "出质的应收账款仍属出质人，应解除质押而非回购。"},
    [SCF_RULE_ONCE] = {"CR-7.1", "An invoice is financed once.", "一张发票只能融资一次。"},
};

/* ---- the table ---- */

#define S(state) (UINT32_C(1) << SCF_RCV_##state)
#define LENDER SCF_ROLE_LENDER
#define SELLING (SCF_ROLE_SENDER | SCF_ROLE_SELLER)
#define EXAMINING (SCF_ROLE_LENDER | SCF_ROLE_ADMIN)
#define ASKING (SELLING | SCF_ROLE_LENDER)
#define PARTIES (SCF_ROLE_SELLER | SCF_ROLE_DEBTOR | SCF_ROLE_LENDER)
#define PLATFORM SCF_ROLE_PLATFORM

#define CONFIRMING (S(CONFIRM_REQUESTED) | S(CONFIRM_REFUSED) | S(CONFIRM_TIMEOUT))
#define WON (S(CONFIRMED) | S(SEARCHED) | S(REGISTERED) | S(NOTIFIED))
#define VERIFIED (S(INVOICE_VERIFIED) | S(MATCHED) | CONFIRMING | WON)
#define LENT (S(FINANCED) | S(PART_REPAID) | S(OVERDUE))
#define ASIDE (S(DISPUTED) | S(DILUTED))
#define OVER (S(SETTLED) | S(REPURCHASED) | S(RELEASED))
#define ANY ((UINT32_C(1) << SCF_RCV_STATES) - 1)

/* What a transition needs besides its state. */
enum {
    N_SEARCHED = 1,
    N_LENT = 2,
    N_NOT_LENT = 4,
    N_TENOR = 8,       /* good reasons, if it needs any */
    N_LONG_TENOR = 16, /* reasons to examine */
    N_REGISTERED = 32,
    N_MAY_BUY_BACK = 64,
    N_NOT_FOUND = 128, /* the invoice was not found, which may pass */
    N_DUP = 256,
    N_INV = 512,
    N_MATCH = 1024,
    N_TERM = 2048,
    N_CLEAR = 4096
};

struct transition {
    enum scf_rcv_step step;
    int outcome; /* GOOD, BAD, EITHER */
    uint32_t from;
    int to; /* a state, SAME, RESUME */
    unsigned roles, needs;
    enum scf_rcv_rule rule;
};
enum { SAME = -1, RESUME = -2 };
enum { EITHER = -1, BAD = 0, GOOD = 1 };
#define ROW(step, outcome, from, to, roles, needs, rule)                                           \
    { SCF_STEP_##step, outcome, from, to, roles, needs, SCF_RULE_##rule }

static const struct transition table[] = {
    ROW(SUBMIT, EITHER, S(DRAFT), SCF_RCV_SUBMITTED, SELLING, 0, STATES),

    /* What made it ineligible is made good first: one bar at a time, or the second would be lost.
     *
     * The register is searched before the invoice is verified (CR-7.3), once more before the
     * registration (CR-8), and after it, which disbursement asks for (CR-7.3). */
    ROW(SEARCH, GOOD, S(SUBMITTED), SAME, EXAMINING, 0, ORDER),
    ROW(SEARCH, GOOD, S(CONFIRMED), SCF_RCV_SEARCHED, EXAMINING, 0, ORDER),
    ROW(SEARCH, GOOD, S(SEARCHED) | S(REGISTERED) | S(NOTIFIED) | LENT, SAME, EXAMINING, 0, ORDER),
    ROW(SEARCH, GOOD, S(INELIGIBLE), RESUME, EXAMINING, N_DUP, DUP),
    ROW(SEARCH, BAD, S(SUBMITTED) | WON, SCF_RCV_INELIGIBLE, EXAMINING, 0, DUP),
    ROW(SEARCH, BAD, LENT, SAME, EXAMINING, 0, DUP),
    ROW(SEARCH, BAD, S(INELIGIBLE), SAME, EXAMINING, N_DUP, DUP),

    ROW(VERIFY_INVOICE, GOOD, S(SUBMITTED), SCF_RCV_INVOICE_VERIFIED, EXAMINING, N_SEARCHED, ORDER),
    ROW(VERIFY_INVOICE, GOOD, VERIFIED | LENT | ASIDE, SAME, EXAMINING, 0, INV),
    ROW(VERIFY_INVOICE, GOOD, S(INELIGIBLE), RESUME, EXAMINING, N_INV, INV),
    ROW(VERIFY_INVOICE, GOOD, S(RED_LETTERED), RESUME, EXAMINING, N_NOT_FOUND, INV),
    ROW(VERIFY_INVOICE, BAD, S(SUBMITTED), SCF_RCV_INELIGIBLE, EXAMINING, N_SEARCHED, ORDER),
    ROW(VERIFY_INVOICE, BAD, VERIFIED, SCF_RCV_INELIGIBLE, EXAMINING, 0, INV),
    ROW(VERIFY_INVOICE, BAD, LENT, SCF_RCV_RED_LETTERED, EXAMINING, 0, INV),
    ROW(VERIFY_INVOICE, BAD, ASIDE, SCF_RCV_RED_LETTERED, EXAMINING, N_LENT, INV),
    ROW(VERIFY_INVOICE, BAD, S(INELIGIBLE), SAME, EXAMINING, N_INV, INV),
    ROW(VERIFY_INVOICE, BAD, S(RED_LETTERED), SAME, EXAMINING, 0, INV),

    ROW(MATCH, GOOD, S(INVOICE_VERIFIED), SCF_RCV_MATCHED, EXAMINING, 0, MATCH),
    ROW(MATCH, GOOD, S(INELIGIBLE), RESUME, EXAMINING, N_MATCH, MATCH),
    ROW(MATCH, BAD, VERIFIED, SCF_RCV_INELIGIBLE, EXAMINING, 0, MATCH),

    ROW(REQUEST_CONFIRMATION, EITHER, S(MATCHED) | S(CONFIRM_REFUSED) | S(CONFIRM_TIMEOUT),
        SCF_RCV_CONFIRM_REQUESTED, ASKING, 0, TIMER),
    ROW(CONFIRM, EITHER, S(MATCHED) | CONFIRMING, SCF_RCV_CONFIRMED, SCF_ROLE_DEBTOR, 0, ORDER),
    ROW(REFUSE, EITHER, S(MATCHED) | S(CONFIRM_REQUESTED) | S(CONFIRM_TIMEOUT),
        SCF_RCV_CONFIRM_REFUSED, SCF_ROLE_DEBTOR, 0, CONFIRM),
    ROW(TIMEOUT, EITHER, S(CONFIRM_REQUESTED), SCF_RCV_CONFIRM_TIMEOUT, PLATFORM, 0, TIMER),

    ROW(EXAMINE_TENOR, GOOD, S(SUBMITTED) | VERIFIED, SAME, LENDER, N_LONG_TENOR, TERM),
    ROW(EXAMINE_TENOR, GOOD, S(INELIGIBLE), RESUME, LENDER, N_TERM, TERM),
    ROW(EXAMINE_TENOR, BAD, S(SUBMITTED) | VERIFIED, SCF_RCV_INELIGIBLE, LENDER, N_LONG_TENOR,
        TERM),
    ROW(REGISTER, EITHER, S(SEARCHED), SCF_RCV_REGISTERED, LENDER, N_TENOR, ORDER),
    ROW(NOTIFY, EITHER, S(REGISTERED), SCF_RCV_NOTIFIED, LENDER | SCF_ROLE_SELLER, 0, ORDER),

    ROW(DISBURSE, EITHER, S(NOTIFIED), SCF_RCV_FINANCED, PLATFORM, N_CLEAR | N_REGISTERED, ORDER),
    ROW(REPAY, EITHER, S(FINANCED), SCF_RCV_PART_REPAID, PLATFORM, 0, STATES),
    ROW(SETTLE, EITHER, LENT | S(RED_LETTERED), SCF_RCV_SETTLED, PLATFORM, 0, STATES),
    ROW(SETTLE, EITHER, ASIDE, SCF_RCV_SETTLED, PLATFORM, N_LENT, STATES),
    ROW(REOPEN, GOOD, S(SETTLED), SCF_RCV_PART_REPAID, PLATFORM, N_LENT, STATES),
    ROW(REOPEN, BAD, S(SETTLED) | S(PART_REPAID), SCF_RCV_FINANCED, PLATFORM, N_LENT, STATES),
    ROW(OVERDUE, EITHER, S(FINANCED) | S(PART_REPAID), SCF_RCV_OVERDUE, PLATFORM, 0, STATES),

    ROW(DISPUTE, EITHER, VERIFIED | LENT, SCF_RCV_DISPUTED, PARTIES, 0, DISPUTED),
    ROW(RESOLVE_DISPUTE, EITHER, S(DISPUTED), RESUME, EXAMINING | SCF_ROLE_DEBTOR, 0, DISPUTED),
    ROW(DILUTE, EITHER, VERIFIED | LENT | ASIDE, SCF_RCV_DILUTED, PARTIES, 0, DILUTED),
    ROW(ACCEPT_DILUTION, EITHER, S(DILUTED), RESUME, LENDER, 0, DILUTED),
    ROW(REPURCHASE, EITHER, LENT | S(RED_LETTERED), SCF_RCV_REPURCHASED, LENDER, N_MAY_BUY_BACK,
        RECOURSE),
    ROW(REPURCHASE, EITHER, ASIDE, SCF_RCV_REPURCHASED, LENDER, N_LENT | N_MAY_BUY_BACK, RECOURSE),
    ROW(RELEASE, EITHER, S(DRAFT) | S(SUBMITTED) | S(INVOICE_VERIFIED) | S(MATCHED) | CONFIRMING,
        SCF_RCV_RELEASED, ASKING, 0, OWN),
    ROW(RELEASE, EITHER, WON | S(INELIGIBLE), SCF_RCV_RELEASED, LENDER, 0, OWN),
    ROW(RELEASE, EITHER, ASIDE, SCF_RCV_RELEASED, LENDER, N_NOT_LENT, OWN),

    ROW(AMEND_REGISTRATION, EITHER, ANY & ~OVER, SAME, LENDER, N_REGISTERED, REGISTER),
    ROW(EXTEND_REGISTRATION, EITHER, ANY & ~OVER, SAME, LENDER, N_REGISTERED, REGISTER),
    ROW(OBJECT_REGISTRATION, EITHER, ANY, SAME, PARTIES, N_REGISTERED, REGISTER),
    ROW(CANCEL_REGISTRATION, EITHER, OVER, SAME, LENDER, N_REGISTERED, REGISTER),
    ROW(EXPIRE_REGISTRATION, EITHER, ANY, SAME, PLATFORM, N_REGISTERED, REGISTER),

    ROW(REVERIFICATION_DUE, EITHER, LENT, SAME, PLATFORM, 0, INV),
    ROW(REGISTRATION_ENDING, EITHER, ANY & ~OVER, SAME, PLATFORM, N_REGISTERED, REGISTER),
    ROW(CANCELLATION_OVERDUE, EITHER, OVER, SAME, PLATFORM, N_REGISTERED, REGISTER),
};

/* ---- judging ---- */

static bool in(uint32_t states, enum scf_receivable_state state) {
    return (states >> state & 1) != 0;
}

/* The rule under which the seller need not buy the claim back; SCF_RCV_RULES: it has to. */
static enum scf_rcv_rule why_no_buy_back(const struct scf_rcv_facts *f) {
    if (f->kind == SCF_RCV_PLEDGE)
        return SCF_RULE_PLEDGE;
    if (f->kind == SCF_RCV_RECOURSE || in(ASIDE | S(RED_LETTERED), f->state))
        return SCF_RCV_RULES;
    return SCF_RULE_NO_RECOURSE;
}

/* The rule of the first need that is not met; SCF_RCV_RULES: all are. `rule` is the transition's
 * own. */
static enum scf_rcv_rule unmet(const struct scf_rcv_facts *f, unsigned needs,
                               enum scf_rcv_rule rule) {
    const struct {
        unsigned need;
        bool met;
        enum scf_rcv_rule rule;
    } all[] = {
        {N_SEARCHED, f->searched, SCF_RULE_ORDER},
        {N_LENT, f->financed, rule},
        {N_NOT_LENT, !f->financed, rule},
        {N_TENOR, !f->tenor_reasoned || f->tenor_examined, SCF_RULE_TERM},
        {N_LONG_TENOR, f->tenor_reasoned, SCF_RULE_TERM},
        {N_REGISTERED, f->registered, SCF_RULE_REGISTER},
        {N_NOT_FOUND, f->verification == SCF_VERIFIED_NOT_FOUND, SCF_RULE_INV},
        {N_DUP, f->bar == SCF_BAR_DUP, rule},
        {N_INV, f->bar == SCF_BAR_INV, rule},
        {N_MATCH, f->bar == SCF_BAR_MATCH, rule},
        {N_TERM, f->bar == SCF_BAR_TERM, rule},
        {N_CLEAR, f->proven_clear, SCF_RULE_ORDER},
    };
    for (size_t i = 0; i < SCF_COUNT(all); i++)
        if ((needs & all[i].need) != 0 && !all[i].met)
            return all[i].rule;
    return (needs & N_MAY_BUY_BACK) != 0 ? why_no_buy_back(f) : SCF_RCV_RULES;
}

static enum scf_receivable_state target(const struct scf_rcv_facts *f, const struct transition *t) {
    if (t->to == SAME)
        return f->state;
    return t->to == RESUME ? f->resume : (enum scf_receivable_state)t->to;
}

struct scf_verdict scf_rcv_judge(const struct scf_rcv_facts *f, enum scf_rcv_step step, bool good,
                                 unsigned roles) {
    struct scf_verdict v = {.to = f->state, .rule = SCF_RULE_STATES, .first = scf_rcv_due(f)};
    bool known = false, may = false;
    for (size_t i = 0; i < SCF_COUNT(table); i++) {
        const struct transition *t = &table[i];
        if (t->step != step || (t->outcome != EITHER && (t->outcome == GOOD) != good))
            continue;
        if (!known)
            v.rule = t->rule;
        known = true;
        may |= (t->roles & roles) != 0;
        if (!in(t->from, f->state))
            continue;
        enum scf_rcv_rule broken = unmet(f, t->needs, t->rule);
        if (broken != SCF_RCV_RULES) {
            v.rule = broken;
            continue;
        }
        if ((t->roles & roles) == 0)
            return (struct scf_verdict){.forbidden = true, .to = f->state, .rule = t->rule};
        return (struct scf_verdict){.allowed = true, .to = target(f, t), .rule = t->rule};
    }
    v.forbidden = !may;
    return v;
}

/* ---- what is due ---- */

static const char *due_when_ineligible(enum scf_rcv_bar bar) {
    static const char *const cures[] = {"release", "search", "verify_invoice", "match",
                                        "examine_tenor"};
    return cures[bar];
}

const char *scf_rcv_due(const struct scf_rcv_facts *f) {
    switch (f->state) {
    case SCF_RCV_DRAFT:
        return "submit";
    case SCF_RCV_SUBMITTED:
        return f->searched ? "verify_invoice" : "search";
    case SCF_RCV_INVOICE_VERIFIED:
        return "match";
    case SCF_RCV_MATCHED:
        return "request_confirmation";
    case SCF_RCV_CONFIRM_REQUESTED:
    case SCF_RCV_CONFIRM_REFUSED:
    case SCF_RCV_CONFIRM_TIMEOUT:
        return "confirm";
    case SCF_RCV_CONFIRMED:
        return "search";
    case SCF_RCV_SEARCHED:
        return f->tenor_reasoned && !f->tenor_examined ? "examine_tenor" : "register";
    case SCF_RCV_REGISTERED:
        return "notify";
    case SCF_RCV_NOTIFIED:
        return f->proven_clear ? "disburse" : "search";
    case SCF_RCV_FINANCED:
    case SCF_RCV_PART_REPAID:
    case SCF_RCV_OVERDUE:
        return "repay";
    case SCF_RCV_DISPUTED:
        return "resolve_dispute";
    case SCF_RCV_DILUTED:
        return "accept_dilution";
    case SCF_RCV_RED_LETTERED:
        return "repurchase";
    case SCF_RCV_INELIGIBLE:
        return due_when_ineligible(f->bar);
    default:
        return f->registered ? "cancel_registration" : NULL;
    }
}

bool scf_rcv_is_over(enum scf_receivable_state state) {
    return in(OVER, state);
}

bool scf_rcv_is_asked(enum scf_rcv_step step) {
    return step > SCF_STEP_CREATE && step < SCF_STEP_TIMEOUT;
}

enum scf_rcv_bar scf_rcv_bar_of(enum scf_rcv_step step) {
    switch (step) {
    case SCF_STEP_SEARCH:
        return SCF_BAR_DUP;
    case SCF_STEP_VERIFY_INVOICE:
        return SCF_BAR_INV;
    case SCF_STEP_MATCH:
        return SCF_BAR_MATCH;
    case SCF_STEP_EXAMINE_TENOR:
        return SCF_BAR_TERM;
    default:
        return SCF_BAR_NONE;
    }
}

/* ---- events ---- */

const char *scf_rcv_event(enum scf_rcv_step step, enum scf_receivable_state from,
                          enum scf_receivable_state to) {
    static const char *const events[] = {
        "receivable.created",
        "receivable.submitted",
        "receivable.searched",
        "receivable.invoice_verified",
        "receivable.matched",
        "receivable.confirmation_requested",
        "receivable.confirmed",
        "receivable.confirmation_refused",
        "receivable.tenor_examined",
        "receivable.registered",
        "receivable.debtor_notified",
        "receivable.disputed",
        "receivable.dispute_resolved",
        "receivable.diluted",
        "receivable.dilution_accepted",
        "receivable.repurchased",
        "receivable.released",
        "receivable.registration_amended",
        "receivable.registration_extended",
        "receivable.registration_objected",
        "receivable.registration_cancelled",
        "receivable.confirmation_timed_out",
        "receivable.financed",
        "receivable.repaid",
        "receivable.settled",
        "receivable.reopened",
        "receivable.overdue",
        "receivable.registration_expired",
        "receivable.reverification_due",
        "receivable.registration_ending",
        "receivable.cancellation_overdue",
    };
    _Static_assert(SCF_COUNT(events) == SCF_RCV_STEPS, "an event each");
    if (to == SCF_RCV_RED_LETTERED && from != to)
        return "receivable.red_lettered_after_financing";
    if (to == SCF_RCV_INELIGIBLE && from != to)
        return "receivable.ineligible";
    return events[step];
}
