/* The table of transitions, and judging a step by it. Relies on nothing. */
#include "states.h"

const char *const scf_enf_state_names[] = {"draft",
                                           "submitted",
                                           "accepted",
                                           "identity_verified",
                                           "informed",
                                           "signed",
                                           "under_review",
                                           "issued",
                                           "supplement_required",
                                           "refused",
                                           "terminated",
                                           "effective",
                                           "disbursed",
                                           "performing",
                                           "amendment_pending",
                                           "amended_notarised",
                                           "fulfilled",
                                           "defaulted",
                                           "dunned",
                                           "ec_applied",
                                           "verifying",
                                           "no_objection",
                                           "partial_objection",
                                           "objection_with_evidence",
                                           "ec_issued",
                                           "ec_refused",
                                           "enf_filed",
                                           "enf_accepted",
                                           "enf_rejected",
                                           "notice_sent",
                                           "measures",
                                           "settled",
                                           "completed",
                                           "terminated_this_round",
                                           "non_enforcement_applied",
                                           "non_enforced",
                                           "suspended",
                                           NULL};
_Static_assert(SCF_COUNT(scf_enf_state_names) == SCF_ENF_STATES + 1, "a name each");

/* A step, and the event that it is in the feeds. */
#define STEP_NAMES(X)                                                                              \
    X("create")                                                                                    \
    X("submit")                                                                                    \
    X("accept")                                                                                    \
    X("require_supplement")                                                                        \
    X("supplement")                                                                                \
    X("identity")                                                                                  \
    X("inform")                                                                                    \
    X("sign")                                                                                      \
    X("review")                                                                                    \
    X("issue")                                                                                     \
    X("refuse")                                                                                    \
    X("terminate")                                                                                 \
    X("link_loan")                                                                                 \
    X("request_amendment")                                                                         \
    X("amend")                                                                                     \
    X("reject_amendment")                                                                          \
    X("default")                                                                                   \
    X("cure")                                                                                      \
    X("dun")                                                                                       \
    X("apply_ec")                                                                                  \
    X("send_verification")                                                                         \
    X("reply")                                                                                     \
    X("issue_ec")                                                                                  \
    X("refuse_ec")                                                                                 \
    X("file_enforcement")                                                                          \
    X("accept_enforcement")                                                                        \
    X("reject_enforcement")                                                                        \
    X("apply_reconsideration")                                                                     \
    X("decide_reconsideration")                                                                    \
    X("send_notice")                                                                               \
    X("take_measures")                                                                             \
    X("apply_non_enforcement")                                                                     \
    X("decide_non_enforcement")                                                                    \
    X("settle")                                                                                    \
    X("complete")                                                                                  \
    X("end_round")                                                                                 \
    X("suspend")                                                                                   \
    X("resume_enforcement")                                                                        \
    X("report_suit")                                                                               \
    X("end_suit")                                                                                  \
    X("take_effect")                                                                               \
    X("disburse")                                                                                  \
    X("perform")                                                                                   \
    X("fulfil")                                                                                    \
    X("close_verification")                                                                        \
    X("reopen")                                                                                    \
    X("withdraw")                                                                                  \
    X("withdraw_ec")                                                                               \
    X("extend_decision")                                                                           \
    X("assign")                                                                                    \
    X("notify_assignment")
#define NAME(text) text,
#define EVENT(text) "enforcement_notarization." text,
const char *const scf_enf_step_names[] = {STEP_NAMES(NAME) NULL};
_Static_assert(SCF_COUNT(scf_enf_step_names) == SCF_ENF_STEPS + 1, "a name each");

const char *scf_enf_event(enum scf_enf_step step) {
    static const char *const events[] = {STEP_NAMES(EVENT)};
    return events[step];
}

bool scf_enf_is_asked(enum scf_enf_step step) {
    return (step > SCF_ENF_STEP_CREATE && step < SCF_ENF_STEP_TAKE_EFFECT) ||
           step > SCF_ENF_STEP_REOPEN;
}

const struct scf_enf_rule_text scf_enf_rules[SCF_ENF_RULES] = {
    [SCF_ENF_RULE_APPLICATION] =
        {"公证程序规则 39",
         "The parties apply with an instrument that meets the six conditions for enforcement.",
         "当事人申请赋予债权文书强制执行效力，应当符合规定的六项条件。"},
    [SCF_ENF_RULE_ACCEPTANCE] =
        {"公证法 30",
         "The notary issues the certificate within 15 working days of acceptance; time for "
         "supplements and verification does not count.",
         "公证机构应当自受理之日起十五个工作日内出具公证书；补充证明材料或者核实所需时间不计算在"
         "期限内。"},
    [SCF_ENF_RULE_IDENTITY] =
        {"规定 12",
         "Whoever is bound by the instrument appears before the notary, himself or by an agent "
         "with authority.",
         "被执行人应当到场或者委托代理人到场办理公证。"},
    [SCF_ENF_RULE_INFORM] =
        {"公证法 27", "The notary informs the parties of the legal meaning and consequences.",
         "公证机构应当告知当事人申请公证的法律意义和可能产生的法律后果。"},
    [SCF_ENF_RULE_ISSUE] =
        {"公证法 37",
         "A notarised instrument for payment in which the debtor promises to accept enforcement "
         "may be enforced.",
         "经公证的以给付为内容并载明债务人愿意接受强制执行承诺的债权文书，可以依法申请执行。"},
    [SCF_ENF_RULE_REFUSE] = {"公证法 31",
                             "The notary refuses what the law does not allow to be "
                             "notarised.",
                             "有法定情形的，公证机构不予办理公证。"},
    [SCF_ENF_RULE_TERMINATE] = {"公证程序规则 50",
                                "A notarization that cannot go on, or is withdrawn, ends.",
                                "公证事项因当事人撤回申请等原因不能继续办理的，终止公证。"},
    [SCF_ENF_RULE_EFFECT] =
        {"公证法 36", "Notarised facts and documents stand unless they are rebutted.",
         "经公证的事实和文书应当作为认定事实的根据，有相反证据足以推翻的除外。"},
    [SCF_ENF_RULE_LEDGER] = {"公证程序规则 55",
                             "Whether and how the debt is performed follows from the records of "
                             "payments.",
                             "债务履行情况以往来资金记录为据。"},
    [SCF_ENF_RULE_AMEND] = {"司发通〔2017〕76号",
                            "A supplement or amendment of the instrument is notarised too, else it "
                            "is not enforceable.",
                            "债权文书补充、变更的，应当就补充、变更的内容办理公证。"},
    [SCF_ENF_RULE_APPLY_EC] =
        {"规定 3",
         "The creditor applies for enforcement with the notarised instrument "
         "and the execution certificate.",
         "债权人申请执行公证债权文书，应当提交公证债权文书和执行证书等材料。"},
    [SCF_ENF_RULE_VERIFY] = {"公证程序规则 39",
                             "The notary verifies the performance in the way that was agreed.",
                             "公证机构应当按照约定的核实方式核实债务履行情况。"},
    [SCF_ENF_RULE_NO_REPLY] =
        {"公证程序规则 39",
         "Silence means no objection only where that was agreed, and when the agreed days are "
         "over.",
         "仅在有约定且异议期限届满时，逾期未回复视为无异议。"},
    [SCF_ENF_RULE_EC] =
        {"公证程序规则 55",
         "The execution certificate states applicant, respondents, what is enforced and the term; "
         "what was performed is deducted.",
         "执行证书应当载明申请人、被申请执行人、申请执行标的和申请执行的期限；已经履行的部分应当"
         "扣除。"},
    [SCF_ENF_RULE_REFUSE_EC] = {"规定 8",
                                "After a refusal of the execution certificate the debt can be "
                                "sued for.",
                                "公证机构决定不予出具执行证书的，当事人可以就争议内容提起诉讼。"},
    [SCF_ENF_RULE_BOTH_PAPERS] =
        {"规定 5",
         "Without an execution certificate the court does not accept the application, or dismisses "
         "it.",
         "债权人未提交执行证书的，人民法院裁定不予受理或者驳回执行申请。"},
    [SCF_ENF_RULE_REGISTER] = {"执行工作规定 16",
                               "The court registers an application that meets the conditions "
                               "within 7 days.",
                               "人民法院对符合条件的申请应当在七日内予以立案。"},
    [SCF_ENF_RULE_REJECT] = {"规定 5",
                             "The court does not accept, or dismisses, an application on the "
                             "grounds named there.",
                             "有法定情形的，人民法院裁定不予受理或者驳回执行申请。"},
    [SCF_ENF_RULE_RECONSIDER] =
        {"规定 7",
         "Within 10 days of service of the ruling the creditor may ask the upper court to "
         "reconsider.",
         "申请执行人可以自裁定送达之日起十日内向上一级人民法院申请复议。"},
    [SCF_ENF_RULE_NOTICE] = {"民诉解释 480",
                             "The enforcement notice goes out within 10 days of receipt of the "
                             "application.",
                             "人民法院应当在收到申请执行书后十日内发出执行通知。"},
    [SCF_ENF_RULE_MEASURES] = {"民诉法 251", "Measures may be taken at once.",
                               "执行员可以立即采取强制执行措施。"},
    [SCF_ENF_RULE_NON_ENFORCE] =
        {"规定 13",
         "The debtor asks for non-enforcement within 15 days of service of the enforcement notice.",
         "被执行人应当在执行通知书送达之日起十五日内提出不予执行申请。"},
    [SCF_ENF_RULE_DECIDE] = {"规定 16",
                             "The court decides within 60 days, which may be extended by 30.",
                             "人民法院应当在六十日内审查完毕，可以延长三十日。"},
    [SCF_ENF_RULE_APPEAL] =
        {"规定 21",
         "Within 10 days of service the respondent may ask the upper court to reconsider the "
         "rejection; enforcement goes on meanwhile.",
         "当事人不服驳回不予执行申请裁定的，可以自裁定送达之日起十日内向上一级人民法院申请复议；复"
         "议期间不停止执行。"},
    [SCF_ENF_RULE_GOES_ON] = {"规定 17",
                              "Enforcement goes on while an application for non-enforcement is "
                              "examined.",
                              "人民法院审查不予执行公证债权文书案件期间，不停止执行。"},
    [SCF_ENF_RULE_SETTLE] = {"民诉法 241", "The parties may settle during enforcement.",
                             "在执行中，双方当事人可以自行和解达成协议。"},
    [SCF_ENF_RULE_COMPLETE] = {"执行工作规定 64", "Enforcement ends when all is performed.",
                               "执行完毕的，以执行完毕方式结案。"},
    [SCF_ENF_RULE_ROUND] = {"民诉解释 517",
                            "Without property a round of enforcement may end; it goes on when "
                            "property is found.",
                            "未发现可供执行财产的，可以终结本次执行程序；发现财产后可以再次申请。"},
    [SCF_ENF_RULE_SUSPEND] = {"民诉法 267", "Enforcement is suspended on the grounds named there.",
                              "有法定情形的，人民法院应当裁定中止执行。"},
    [SCF_ENF_RULE_SUIT] =
        {"规定 24",
         "Where the instrument does not match the facts, or is void or voidable, the creditor can "
         "sue; once that suit is accepted, enforcement is not.",
         "公证债权文书与事实不符或者存在无效、可撤销情形的，债权人可以提起诉讼；诉讼受理后又申请执"
         "行"
         "的，人民法院不予受理。"},
    [SCF_ENF_RULE_SUITS] =
        {"规定 22、24",
         "Suits of debtors and interested parties do not stop enforcement; once the creditor's own "
         "is accepted, its application for enforcement is not.",
         "债务人、利害关系人提起诉讼不影响执行；债权人提起的诉讼受理后，其执行申请不予受理。"},
    [SCF_ENF_RULE_SUIT_ENDS] = {"规定 23",
                                "When the debtor's suit succeeds, the judgment is that the "
                                "instrument is not enforced.",
                                "债务人的诉讼请求成立的，人民法院判决不予执行或者部分不予执行。"},
    [SCF_ENF_RULE_WITHDRAW] = {"公证程序规则 50",
                               "A party may withdraw its application until the paper that it "
                               "asks for is issued.",
                               "当事人可以在公证书、执行证书出具前撤回申请。"},
    [SCF_ENF_RULE_ASSIGN] = {"民法典 546",
                             "Without notice to the debtor the assignment of a claim has no effect "
                             "on him.",
                             "债权人转让债权，未通知债务人的，该转让对债务人不发生效力。"},
    [SCF_ENF_RULE_ORDER] = {"公证程序规则 39、55", "The case passes its states in their order.",
                            "赋强公证按既定程序依次进行。"},
};

/* ---- states ---- */

#define S(state) (UINT64_C(1) << SCF_ENF_##state)
#define AT_NOTARY (S(ACCEPTED) | S(IDENTITY_VERIFIED) | S(INFORMED) | S(SIGNED) | S(UNDER_REVIEW))
#define OWED (S(DISBURSED) | S(PERFORMING) | S(AMENDED_NOTARISED))
#define IN_DEFAULT (S(DEFAULTED) | S(DUNNED))
#define ANSWERED (S(NO_OBJECTION) | S(PARTIAL_OBJECTION) | S(OBJECTION_WITH_EVIDENCE))
/* Notarised, and not before a court for enforcement. */
#define BEFORE_COURT                                                                               \
    (S(EFFECTIVE) | OWED | S(AMENDMENT_PENDING) | IN_DEFAULT | S(EC_APPLIED) | S(VERIFYING) |      \
     ANSWERED | S(EC_ISSUED) | S(ENF_REJECTED))
#define ENFORCING (S(ENF_ACCEPTED) | S(NOTICE_SENT) | S(MEASURES))
#define BEGUN (S(NOTICE_SENT) | S(MEASURES))
#define PAUSED (S(SUSPENDED) | S(SETTLED) | S(TERMINATED_THIS_ROUND))
#define AT_COURT (S(ENF_FILED) | ENFORCING | S(NON_ENFORCEMENT_APPLIED) | PAUSED)
#define ASIDE                                                                                      \
    (S(SUPPLEMENT_REQUIRED) | S(AMENDMENT_PENDING) | S(NON_ENFORCEMENT_APPLIED) | S(SUSPENDED))

static bool in(uint64_t states, enum scf_enf_state state) {
    return (states >> state & 1) != 0;
}

bool scf_enf_is_aside(enum scf_enf_state state) {
    return in(ASIDE, state);
}

bool scf_enf_is_notarised(enum scf_enf_state state) {
    return state == SCF_ENF_ISSUED || state >= SCF_ENF_EFFECTIVE;
}

char scf_enf_phase(enum scf_enf_state state) {
    if (state < SCF_ENF_EFFECTIVE)
        return 'A';
    if (state < SCF_ENF_DEFAULTED)
        return 'B';
    return state < SCF_ENF_ENF_FILED ? 'C' : 'D';
}

const char *scf_enf_status(enum scf_enf_state state) {
    if (state == SCF_ENF_DRAFT || state == SCF_ENF_SUBMITTED || state == SCF_ENF_REFUSED)
        return scf_enf_state_names[state];
    if (in(AT_NOTARY | S(SUPPLEMENT_REQUIRED), state))
        return "accepted";
    if (in(S(EC_APPLIED) | S(VERIFYING) | ANSWERED, state))
        return "execution_requested";
    if (state == SCF_ENF_EC_REFUSED)
        return "execution_refused";
    if (in(S(TERMINATED) | S(FULFILLED) | S(COMPLETED) | S(NON_ENFORCED), state))
        return "closed";
    return state >= SCF_ENF_EC_ISSUED ? "execution_issued" : "issued";
}

/* ---- the table ---- */

enum { SAME = -1, RESUME = -2, FINDING = -3 }; /* where to, beside states */
enum outcome { EITHER, GOOD, BAD };
enum {
    N_LOAN = 1,            /* a loan is named */
    N_NO_LOAN = 2,         /* none is named yet */
    N_OVERDUE = 4,         /* the ledger is in arrears, or the debt fell due early */
    N_CURED = 8,           /* the ledger is not in arrears */
    N_ANSWERS = 16,        /* all have replied, or silence counts and the days are over */
    N_FIFTEEN_DAYS = 32,   /* 规定 13 */
    N_TEN_DAYS = 64,       /* 规定 7 */
    N_NOT_ASKED = 128,     /* reconsideration of the ruling was not asked for before */
    N_ASKED = 256,         /* one is */
    N_SETTLED = 512,       /* the ledger owes nothing */
    N_OWING = 1024,        /* it owes something */
    N_NO_SUIT = 2048,      /* no suit of the creditor is pending: 规定 24 */
    N_KNOWN = 4096,        /* a suit of that plaintiff was reported */
    N_UNKNOWN = 8192,      /* none was */
    N_UNNOTIFIED = 32768,  /* no notice went out before */
    N_RULED = 16384,       /* the application for non-enforcement was rejected */
    N_SIXTY_DAYS = 65536,  /* 规定 16 */
    N_UNEXTENDED = 131072, /* the court's days were not extended before */
    N_NOTIFIED = 262144,   /* no assignment of the claim waits for its notice */
    N_ASSIGNED = 524288    /* one does */
};

struct transition {
    enum scf_enf_step step;
    enum outcome outcome;
    uint64_t from;
    int to;
    unsigned roles, needs;
    enum scf_enf_rule rule;
};

#define LENDER SCF_ENF_LENDER
#define OFFICE (SCF_ENF_NOTARY | SCF_ENF_ADMIN)
#define COURTING (SCF_ENF_COURT | SCF_ENF_LENDER | SCF_ENF_ADMIN)
#define OWING (SCF_ENF_DEBTOR | SCF_ENF_GUARANTOR)
#define SUING (COURTING | OWING)
#define PLATFORM SCF_ENF_PLATFORM
#define ROW(step, outcome, from, to, roles, needs, rule)                                           \
    { SCF_ENF_STEP_##step, outcome, from, to, roles, needs, SCF_ENF_RULE_##rule }

/* What a notary or a court did is told by its own node, or filed by an administrator where it came
 * on paper; what a court did also by the creditor, to whom it is served. */
static const struct transition table[] = {
    ROW(SUBMIT, EITHER, S(DRAFT), SCF_ENF_SUBMITTED, LENDER, 0, APPLICATION),
    ROW(ACCEPT, EITHER, S(SUBMITTED), SCF_ENF_ACCEPTED, OFFICE, 0, ACCEPTANCE),
    ROW(REQUIRE_SUPPLEMENT, EITHER, AT_NOTARY, SCF_ENF_SUPPLEMENT_REQUIRED, OFFICE, 0, ACCEPTANCE),
    ROW(SUPPLEMENT, EITHER, S(SUPPLEMENT_REQUIRED), RESUME, LENDER, 0, ACCEPTANCE),
    ROW(IDENTITY, EITHER, S(ACCEPTED), SCF_ENF_IDENTITY_VERIFIED, OFFICE, 0, IDENTITY),
    ROW(INFORM, EITHER, S(IDENTITY_VERIFIED), SCF_ENF_INFORMED, OFFICE, 0, INFORM),
    ROW(SIGN, EITHER, S(INFORMED), SCF_ENF_SIGNED, OFFICE, 0, INFORM),
    ROW(REVIEW, EITHER, S(SIGNED), SCF_ENF_UNDER_REVIEW, OFFICE, 0, ISSUE),
    ROW(ISSUE, EITHER, S(UNDER_REVIEW), SCF_ENF_ISSUED, OFFICE, 0, ISSUE),
    ROW(REFUSE, EITHER, S(SUBMITTED) | AT_NOTARY | S(SUPPLEMENT_REQUIRED), SCF_ENF_REFUSED, OFFICE,
        0, REFUSE),
    ROW(TERMINATE, EITHER, S(DRAFT), SCF_ENF_TERMINATED, LENDER, 0, TERMINATE),
    ROW(TERMINATE, EITHER, S(SUBMITTED) | AT_NOTARY | S(SUPPLEMENT_REQUIRED), SCF_ENF_TERMINATED,
        LENDER | OFFICE, 0, TERMINATE),
    ROW(WITHDRAW, EITHER, S(SUBMITTED) | AT_NOTARY | S(SUPPLEMENT_REQUIRED), SCF_ENF_TERMINATED,
        LENDER | OWING, 0, WITHDRAW),

    ROW(TAKE_EFFECT, EITHER, S(ISSUED), SCF_ENF_EFFECTIVE, PLATFORM, 0, EFFECT),
    ROW(LINK_LOAN, EITHER, S(DRAFT) | S(ISSUED) | S(EFFECTIVE), SAME, LENDER, N_NO_LOAN, LEDGER),
    ROW(DISBURSE, EITHER, S(EFFECTIVE), SCF_ENF_DISBURSED, PLATFORM, N_LOAN, LEDGER),
    ROW(PERFORM, EITHER, S(DISBURSED), SCF_ENF_PERFORMING, PLATFORM, N_LOAN, LEDGER),
    ROW(FULFIL, EITHER,
        OWED | S(AMENDMENT_PENDING) | IN_DEFAULT | S(EC_APPLIED) | S(VERIFYING) | ANSWERED |
            S(EC_ISSUED),
        SCF_ENF_FULFILLED, PLATFORM, N_LOAN | N_SETTLED, LEDGER),
    ROW(REOPEN, EITHER, S(FULFILLED), RESUME, PLATFORM, N_OWING, LEDGER),
    ROW(REQUEST_AMENDMENT, EITHER, S(EFFECTIVE) | OWED, SCF_ENF_AMENDMENT_PENDING, LENDER, 0,
        AMEND),
    ROW(AMEND, EITHER, S(AMENDMENT_PENDING), SCF_ENF_AMENDED_NOTARISED, OFFICE, N_LOAN, AMEND),
    ROW(REJECT_AMENDMENT, EITHER, S(AMENDMENT_PENDING), RESUME, LENDER | OFFICE, 0, AMEND),

    ROW(DEFAULT, EITHER, OWED, SCF_ENF_DEFAULTED, LENDER, N_LOAN | N_OVERDUE, LEDGER),
    ROW(CURE, EITHER, IN_DEFAULT, SCF_ENF_PERFORMING, LENDER, N_CURED, LEDGER),
    ROW(DUN, EITHER, IN_DEFAULT, SCF_ENF_DUNNED, LENDER, 0, APPLY_EC),
    ROW(ASSIGN, EITHER, S(EFFECTIVE) | OWED | IN_DEFAULT, SAME, LENDER, N_NOTIFIED, ASSIGN),
    ROW(NOTIFY_ASSIGNMENT, EITHER, S(EFFECTIVE) | OWED | S(AMENDMENT_PENDING) | IN_DEFAULT, SAME,
        LENDER, N_ASSIGNED, ASSIGN),
    ROW(APPLY_EC, EITHER, S(DUNNED), SCF_ENF_EC_APPLIED, LENDER, N_LOAN | N_NOTIFIED, APPLY_EC),
    ROW(SEND_VERIFICATION, EITHER, S(EC_APPLIED) | S(VERIFYING), SCF_ENF_VERIFYING, OFFICE, 0,
        VERIFY),
    ROW(REPLY, EITHER, S(VERIFYING), SAME, OWING | OFFICE, 0, VERIFY),
    ROW(CLOSE_VERIFICATION, EITHER, S(VERIFYING), FINDING, PLATFORM, N_ANSWERS, NO_REPLY),
    ROW(WITHDRAW_EC, EITHER, S(EC_APPLIED) | S(VERIFYING) | ANSWERED, SCF_ENF_DUNNED, LENDER, 0,
        WITHDRAW),
    ROW(ISSUE_EC, EITHER, ANSWERED, SCF_ENF_EC_ISSUED, OFFICE, N_LOAN, EC),
    ROW(REFUSE_EC, EITHER, S(EC_APPLIED) | S(VERIFYING) | ANSWERED, SCF_ENF_EC_REFUSED, OFFICE, 0,
        REFUSE_EC),

    ROW(FILE_ENFORCEMENT, EITHER, S(EC_ISSUED), SCF_ENF_ENF_FILED, LENDER, N_NO_SUIT | N_OWING,
        BOTH_PAPERS),
    ROW(ACCEPT_ENFORCEMENT, EITHER, S(ENF_FILED), SCF_ENF_ENF_ACCEPTED, COURTING, 0, REGISTER),
    ROW(REJECT_ENFORCEMENT, EITHER, S(ENF_FILED) | S(ENF_ACCEPTED), SCF_ENF_ENF_REJECTED, COURTING,
        0, REJECT),
    ROW(APPLY_RECONSIDERATION, EITHER, S(ENF_REJECTED), SAME,
        LENDER | SCF_ENF_COURT | SCF_ENF_ADMIN, N_NOT_ASKED | N_TEN_DAYS, RECONSIDER),
    ROW(DECIDE_RECONSIDERATION, GOOD, S(ENF_REJECTED), SCF_ENF_ENF_ACCEPTED, COURTING, N_ASKED,
        RECONSIDER),
    ROW(DECIDE_RECONSIDERATION, BAD, S(ENF_REJECTED), SAME, COURTING, N_ASKED, RECONSIDER),
    ROW(APPLY_RECONSIDERATION, EITHER, BEGUN, SAME, OWING | SCF_ENF_COURT | SCF_ENF_ADMIN,
        N_RULED | N_NOT_ASKED | N_TEN_DAYS, APPEAL),
    ROW(DECIDE_RECONSIDERATION, GOOD, BEGUN | PAUSED, SCF_ENF_NON_ENFORCED, COURTING,
        N_RULED | N_ASKED, APPEAL),
    ROW(DECIDE_RECONSIDERATION, BAD, BEGUN | PAUSED, SAME, COURTING, N_RULED | N_ASKED, APPEAL),
    ROW(SEND_NOTICE, EITHER, S(ENF_ACCEPTED), SCF_ENF_NOTICE_SENT, COURTING, N_UNNOTIFIED, NOTICE),
    ROW(SEND_NOTICE, EITHER, S(MEASURES), SAME, COURTING, N_UNNOTIFIED, NOTICE),
    ROW(TAKE_MEASURES, EITHER, S(ENF_ACCEPTED) | S(NOTICE_SENT) | S(MEASURES), SCF_ENF_MEASURES,
        COURTING, 0, MEASURES),
    ROW(TAKE_MEASURES, EITHER, S(NON_ENFORCEMENT_APPLIED), SAME, COURTING, 0, GOES_ON),
    ROW(APPLY_NON_ENFORCEMENT, EITHER, S(NOTICE_SENT) | S(MEASURES),
        SCF_ENF_NON_ENFORCEMENT_APPLIED, OWING | SCF_ENF_COURT | SCF_ENF_ADMIN, N_FIFTEEN_DAYS,
        NON_ENFORCE),
    ROW(DECIDE_NON_ENFORCEMENT, GOOD, S(NON_ENFORCEMENT_APPLIED), SCF_ENF_NON_ENFORCED, COURTING, 0,
        DECIDE),
    ROW(DECIDE_NON_ENFORCEMENT, BAD, S(NON_ENFORCEMENT_APPLIED), RESUME, COURTING, 0, DECIDE),
    ROW(EXTEND_DECISION, EITHER, S(NON_ENFORCEMENT_APPLIED), SAME, COURTING,
        N_UNEXTENDED | N_SIXTY_DAYS, DECIDE),
    ROW(SETTLE, EITHER, ENFORCING, SCF_ENF_SETTLED, COURTING, 0, SETTLE),
    ROW(COMPLETE, EITHER, ENFORCING | S(SETTLED), SCF_ENF_COMPLETED, COURTING, 0, COMPLETE),
    ROW(END_ROUND, EITHER, S(NOTICE_SENT) | S(MEASURES), SCF_ENF_TERMINATED_THIS_ROUND, COURTING, 0,
        ROUND),
    ROW(SUSPEND, EITHER, ENFORCING, SCF_ENF_SUSPENDED, COURTING, 0, SUSPEND),
    ROW(RESUME_ENFORCEMENT, EITHER, S(SUSPENDED), RESUME, COURTING, 0, SUSPEND),
    ROW(RESUME_ENFORCEMENT, EITHER, S(SETTLED), SCF_ENF_MEASURES, COURTING, 0, SETTLE),
    ROW(RESUME_ENFORCEMENT, EITHER, S(TERMINATED_THIS_ROUND), SCF_ENF_MEASURES, COURTING, 0, ROUND),
    ROW(REPORT_SUIT, EITHER, BEFORE_COURT | AT_COURT, SAME, SUING, N_UNKNOWN, SUITS),
    ROW(END_SUIT, GOOD, S(EC_ISSUED) | AT_COURT, SCF_ENF_NON_ENFORCED, COURTING, N_KNOWN,
        SUIT_ENDS),
    ROW(END_SUIT, BAD, BEFORE_COURT | AT_COURT, SAME, SUING, N_KNOWN, SUITS),
};

/* ---- judging ---- */

static const char suit_pending[] = "no suit of the creditor on the instrument is pending";
static const char unnotified[] = "debtors and guarantors were notified of the assignment";

/* Where the court has a node, the creditor does not say what the court did. */
static unsigned roles_of(const struct scf_enf_facts *f, const struct transition *t) {
    return f->has_court && t->roles == COURTING ? t->roles & ~(unsigned)LENDER : t->roles;
}

/* What is missing; NULL: nothing. */
static const char *unmet(const struct scf_enf_facts *f, unsigned needs) {
    const struct {
        unsigned need;
        bool met;
        const char *what;
    } all[] = {
        {N_LOAN, f->has_loan, "a loan is named under the instrument"},
        {N_NO_LOAN, !f->has_loan, "no loan was named before"},
        {N_OVERDUE, f->overdue || f->accelerated,
         "the loan's ledger is in arrears, or the debt fell due early"},
        {N_CURED, !f->overdue, "the loan's ledger is out of arrears"},
        {N_ANSWERS, f->all_replied || (f->no_reply_agreed && f->window_over),
         "everybody has replied, or silence was agreed to mean no objection and the days are over"},
        {N_FIFTEEN_DAYS, f->within_non_enforcement_days,
         "the application comes within 15 days of service of the notice"},
        {N_TEN_DAYS, f->within_reconsideration_days,
         "the application comes within 10 days of service of the ruling"},
        {N_NOT_ASKED, !f->asked_reconsideration,
         "reconsideration of the ruling was not asked for before"},
        {N_ASKED, f->reconsidering, "reconsideration was applied for"},
        {N_SETTLED, f->settled, "the loan is settled"},
        {N_OWING, f->has_loan && !f->settled, "the loan is not settled"},
        {N_NO_SUIT, !f->suit, suit_pending},
        {N_KNOWN, f->suit_known, "a suit of that plaintiff is pending"},
        {N_UNKNOWN, f->suit_unknown, "no suit of that plaintiff was reported before"},
        {N_UNNOTIFIED, !f->notified, "no enforcement notice went out before"},
        {N_RULED, f->application_rejected, "an application for non-enforcement was rejected"},
        {N_UNEXTENDED, !f->decision_extended, "the days of the court were not extended before"},
        {N_SIXTY_DAYS, f->within_decision_days,
         "the 60 days of the court are extended before they are over"},
        {N_NOTIFIED, !f->unnotified, unnotified},
        {N_ASSIGNED, f->unnotified, "an assignment waits for its notice"},
    };
    for (size_t i = 0; i < SCF_COUNT(all); i++)
        if ((needs & all[i].need) != 0 && !all[i].met)
            return all[i].what;
    return NULL;
}

static enum scf_enf_state target(const struct scf_enf_facts *f, const struct transition *t) {
    if (t->to == SAME)
        return f->state;
    if (t->to == FINDING)
        return f->finding;
    return t->to == RESUME ? f->resume : (enum scf_enf_state)t->to;
}

struct scf_enf_verdict scf_enf_judge(const struct scf_enf_facts *f, enum scf_enf_step step,
                                     bool good, unsigned roles) {
    struct scf_enf_verdict v = {.to = f->state, .rule = SCF_ENF_RULE_ORDER};
    unsigned ever = 0;
    for (size_t i = 0; i < SCF_COUNT(table); i++) {
        const struct transition *t = &table[i];
        if (t->step != step || (t->outcome != EITHER && (t->outcome == GOOD) != good))
            continue;
        unsigned allowed = roles_of(f, t);
        if (ever == 0)
            v.rule = t->rule;
        ever |= allowed;
        if (!in(t->from, f->state))
            continue;
        v.rule = t->rule;
        v.roles = allowed;
        if ((allowed & roles) == 0) {
            v.forbidden = true;
            return v;
        }
        v.missing = unmet(f, t->needs);
        if (v.missing == suit_pending)
            v.rule = SCF_ENF_RULE_SUIT;
        if (v.missing == unnotified)
            v.rule = SCF_ENF_RULE_ASSIGN;
        v.allowed = v.missing == NULL;
        v.to = v.allowed ? target(f, t) : f->state;
        return v;
    }
    v.roles = ever;
    v.forbidden = (ever & roles) == 0;
    return v;
}
