/* The law of a receivable's way (CR-8, CR-7.3): which step leads from which state to which, who may
 * make it, and the rule that it rests on. Private to receivable. Pure; any thread. */
#ifndef SCFD_RECEIVABLE_STATE_H
#define SCFD_RECEIVABLE_STATE_H

#include "scfd/receivable/receivable.h"

/* Numbers are stored: append only. The ones from SCF_STEP_TIMEOUT to SCF_STEP_CANCELLATION_OVERDUE
 * are made by the platform and by lending; the API does not take them. */
enum scf_rcv_step {
    SCF_STEP_CREATE,
    SCF_STEP_SUBMIT,
    SCF_STEP_SEARCH,
    SCF_STEP_VERIFY_INVOICE,
    SCF_STEP_MATCH,
    SCF_STEP_REQUEST_CONFIRMATION,
    SCF_STEP_CONFIRM,
    SCF_STEP_REFUSE,
    SCF_STEP_EXAMINE_TENOR,
    SCF_STEP_REGISTER,
    SCF_STEP_NOTIFY,
    SCF_STEP_DISPUTE,
    SCF_STEP_RESOLVE_DISPUTE,
    SCF_STEP_DILUTE,
    SCF_STEP_ACCEPT_DILUTION,
    SCF_STEP_REPURCHASE,
    SCF_STEP_RELEASE,
    SCF_STEP_AMEND_REGISTRATION,
    SCF_STEP_EXTEND_REGISTRATION,
    SCF_STEP_OBJECT_REGISTRATION,
    SCF_STEP_CANCEL_REGISTRATION,
    SCF_STEP_TIMEOUT,
    SCF_STEP_DISBURSE,
    SCF_STEP_REPAY,
    SCF_STEP_SETTLE,
    SCF_STEP_REOPEN,
    SCF_STEP_OVERDUE,
    SCF_STEP_EXPIRE_REGISTRATION,
    SCF_STEP_REVERIFICATION_DUE,
    SCF_STEP_REGISTRATION_ENDING,
    SCF_STEP_CANCELLATION_OVERDUE,
    SCF_RCV_STEPS
};
extern const char *const scf_rcv_step_names[]; /* in enum order, NULL-terminated */

/* The rules, by which a refusal names what it rests on. */
enum scf_rcv_rule {
    SCF_RULE_ORDER,       /* CR-7.3 */
    SCF_RULE_STATES,      /* CR-8 */
    SCF_RULE_DUP,         /* CR-3.1 DUP */
    SCF_RULE_INV,         /* CR-6.3 */
    SCF_RULE_MATCH,       /* CR-6.1 */
    SCF_RULE_TERM,        /* CR-9.1 */
    SCF_RULE_CONFIRM,     /* CR-7.7 */
    SCF_RULE_TIMER,       /* CR-7.8 */
    SCF_RULE_DISPUTED,    /* CR-3.1 DISP */
    SCF_RULE_DILUTED,     /* CR-3.2 */
    SCF_RULE_OWN,         /* CR-3.1 OWN */
    SCF_RULE_REGISTER,    /* CR-7.4 */
    SCF_RULE_PRIORITY,    /* 民法典 768 */
    SCF_RULE_NOTICE,      /* 民法典 764 */
    SCF_RULE_RECOURSE,    /* 民法典 766 */
    SCF_RULE_NO_RECOURSE, /* 民法典 767 */
    SCF_RULE_PLEDGE,      /* 民法典 445 */
    SCF_RULE_ONCE,        /* CR-7.1 */
    SCF_RCV_RULES
};
struct scf_rcv_rule_text {
    const char *id, *en, *zh;
};
extern const struct scf_rcv_rule_text scf_rcv_rules[]; /* in enum order */

/* Why a receivable is ineligible. Numbers are stored. */
enum scf_rcv_bar { SCF_BAR_NONE, SCF_BAR_DUP, SCF_BAR_INV, SCF_BAR_MATCH, SCF_BAR_TERM };
extern const char *const scf_rcv_bar_codes[]; /* "", "DUP", "INV" … */

enum scf_rcv_kind { SCF_RCV_RECOURSE, SCF_RCV_NO_RECOURSE, SCF_RCV_PLEDGE, SCF_RCV_VOUCHER };
extern const char *const scf_rcv_kind_names[]; /* NULL-terminated */

/* What the tax authority said of the invoice. Numbers are stored. */
enum scf_rcv_verification {
    SCF_VERIFIED_NOT_YET,
    SCF_VERIFIED_NORMAL,
    SCF_VERIFIED_VOIDED,
    SCF_VERIFIED_PARTIALLY_RED,
    SCF_VERIFIED_FULLY_RED,
    SCF_VERIFIED_NOT_FOUND
};
extern const char *const scf_rcv_verification_names[]; /* NULL-terminated; the first is none */

/* Who makes a step, as bits: a node may be several. */
enum scf_rcv_role {
    SCF_ROLE_SENDER = 1,
    SCF_ROLE_SELLER = 2,
    SCF_ROLE_DEBTOR = 4,
    SCF_ROLE_LENDER = 8,
    SCF_ROLE_ADMIN = 16,   /* an administrator's key */
    SCF_ROLE_PLATFORM = 32 /* the task, and lending */
};

/* What the law looks at. */
struct scf_rcv_facts {
    enum scf_receivable_state state, resume;
    enum scf_rcv_bar bar;
    enum scf_rcv_kind kind;
    enum scf_rcv_verification verification;
    bool searched;       /* before verification */
    bool proven_clear;   /* a clear search after the registration */
    bool financed;       /* by a loan; stays so when it is settled */
    bool tenor_reasoned; /* its tenor needs reasons */
    bool tenor_examined; /* and the lender found them good */
    bool registered;     /* an entry stands in the register: neither cancelled nor expired */
};

struct scf_verdict {
    bool allowed;
    bool forbidden;               /* it is another's step; else it is out of order */
    enum scf_receivable_state to; /* allowed */
    enum scf_rcv_rule rule;       /* that the step, or its refusal, rests on */
    const char *first;            /* out of order: the step that is due now; NULL: none is */
};

/* May somebody with these roles make the step now? `good` is its outcome where it has one: a search
 * without a finding, a normal invoice, a match, good reasons; else true. */
struct scf_verdict scf_rcv_judge(const struct scf_rcv_facts *f, enum scf_rcv_step step, bool good,
                                 unsigned roles);
/* The step that is due in this state: "search", …, "disburse"; NULL when nothing can follow. */
const char *scf_rcv_due(const struct scf_rcv_facts *f);

/* The states in which the claim is over. */
bool scf_rcv_is_over(enum scf_receivable_state state);
/* May the API take this step? */
bool scf_rcv_is_asked(enum scf_rcv_step step);
/* Which bar a step with a bad outcome puts up. */
enum scf_rcv_bar scf_rcv_bar_of(enum scf_rcv_step step);
/* The type of the event that a step is in the feeds: "receivable.confirmed". */
const char *scf_rcv_event(enum scf_rcv_step step, enum scf_receivable_state from,
                          enum scf_receivable_state to);

#endif
