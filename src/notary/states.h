/* The law of a notarization for enforcement (赋强公证) as a table: states, steps, who may take
 * which step from where, what must be there, and the article that a refusal names. Private to
 * notary. Pure; any thread.
 *
 * The articles are those of 公证法, 公证程序规则 (规则), 最高人民法院关于公证债权文书执行若干问题的
 * 规定 (规定, 法释〔2018〕18号), 民诉法 (2023), 民诉解释, 执行工作规定. */
#ifndef SCFD_NOTARY_STATES_H
#define SCFD_NOTARY_STATES_H

#include "scfd/base/text.h"

/* Numbers are stored: append only. */
enum scf_enf_state {
    /* A: at signing */
    SCF_ENF_DRAFT,
    SCF_ENF_SUBMITTED,
    SCF_ENF_ACCEPTED,
    SCF_ENF_IDENTITY_VERIFIED,
    SCF_ENF_INFORMED,
    SCF_ENF_SIGNED,
    SCF_ENF_UNDER_REVIEW,
    SCF_ENF_ISSUED,
    SCF_ENF_SUPPLEMENT_REQUIRED,
    SCF_ENF_REFUSED,
    SCF_ENF_TERMINATED,
    /* B: performance */
    SCF_ENF_EFFECTIVE,
    SCF_ENF_DISBURSED,
    SCF_ENF_PERFORMING,
    SCF_ENF_AMENDMENT_PENDING,
    SCF_ENF_AMENDED_NOTARISED,
    SCF_ENF_FULFILLED,
    /* C: default */
    SCF_ENF_DEFAULTED,
    SCF_ENF_DUNNED,
    SCF_ENF_EC_APPLIED,
    SCF_ENF_VERIFYING,
    SCF_ENF_NO_OBJECTION,
    SCF_ENF_PARTIAL_OBJECTION,
    SCF_ENF_OBJECTION_WITH_EVIDENCE,
    SCF_ENF_EC_ISSUED,
    SCF_ENF_EC_REFUSED,
    /* D: court */
    SCF_ENF_ENF_FILED,
    SCF_ENF_ENF_ACCEPTED,
    SCF_ENF_ENF_REJECTED,
    SCF_ENF_NOTICE_SENT,
    SCF_ENF_MEASURES,
    SCF_ENF_SETTLED,
    SCF_ENF_COMPLETED,
    SCF_ENF_TERMINATED_THIS_ROUND,
    SCF_ENF_NON_ENFORCEMENT_APPLIED,
    SCF_ENF_NON_ENFORCED,
    SCF_ENF_SUSPENDED,
    SCF_ENF_STATES
};
extern const char *const scf_enf_state_names[]; /* NULL-terminated */
/* The status of the resource: "draft", "submitted", "accepted", "issued", "refused",
 * "execution_requested", "execution_issued", "execution_refused", "closed". */
const char *scf_enf_status(enum scf_enf_state state);
char scf_enf_phase(enum scf_enf_state state); /* 'A' to 'D' */

/* Numbers are stored: append only. From TAKE_EFFECT to REOPEN nobody asks for them: the platform
 * takes them. */
enum scf_enf_step {
    SCF_ENF_STEP_CREATE,
    SCF_ENF_STEP_SUBMIT,
    SCF_ENF_STEP_ACCEPT,
    SCF_ENF_STEP_REQUIRE_SUPPLEMENT,
    SCF_ENF_STEP_SUPPLEMENT,
    SCF_ENF_STEP_IDENTITY,
    SCF_ENF_STEP_INFORM,
    SCF_ENF_STEP_SIGN,
    SCF_ENF_STEP_REVIEW,
    SCF_ENF_STEP_ISSUE,
    SCF_ENF_STEP_REFUSE,
    SCF_ENF_STEP_TERMINATE,
    SCF_ENF_STEP_LINK_LOAN,
    SCF_ENF_STEP_REQUEST_AMENDMENT,
    SCF_ENF_STEP_AMEND,
    SCF_ENF_STEP_REJECT_AMENDMENT,
    SCF_ENF_STEP_DEFAULT,
    SCF_ENF_STEP_CURE,
    SCF_ENF_STEP_DUN,
    SCF_ENF_STEP_APPLY_EC,
    SCF_ENF_STEP_SEND_VERIFICATION,
    SCF_ENF_STEP_REPLY,
    SCF_ENF_STEP_ISSUE_EC,
    SCF_ENF_STEP_REFUSE_EC,
    SCF_ENF_STEP_FILE_ENFORCEMENT,
    SCF_ENF_STEP_ACCEPT_ENFORCEMENT,
    SCF_ENF_STEP_REJECT_ENFORCEMENT,
    SCF_ENF_STEP_APPLY_RECONSIDERATION,
    SCF_ENF_STEP_DECIDE_RECONSIDERATION,
    SCF_ENF_STEP_SEND_NOTICE,
    SCF_ENF_STEP_TAKE_MEASURES,
    SCF_ENF_STEP_APPLY_NON_ENFORCEMENT,
    SCF_ENF_STEP_DECIDE_NON_ENFORCEMENT,
    SCF_ENF_STEP_SETTLE,
    SCF_ENF_STEP_COMPLETE,
    SCF_ENF_STEP_END_ROUND,
    SCF_ENF_STEP_SUSPEND,
    SCF_ENF_STEP_RESUME_ENFORCEMENT,
    SCF_ENF_STEP_REPORT_SUIT,
    SCF_ENF_STEP_END_SUIT,
    SCF_ENF_STEP_TAKE_EFFECT,
    SCF_ENF_STEP_DISBURSE,
    SCF_ENF_STEP_PERFORM,
    SCF_ENF_STEP_FULFIL,
    SCF_ENF_STEP_CLOSE_VERIFICATION,
    SCF_ENF_STEP_REOPEN, /* a repayment that settled the loan was taken back */
    SCF_ENF_STEP_WITHDRAW,
    SCF_ENF_STEP_WITHDRAW_EC,
    SCF_ENF_STEP_EXTEND_DECISION,
    SCF_ENF_STEP_ASSIGN,
    SCF_ENF_STEP_NOTIFY_ASSIGNMENT,
    SCF_ENF_STEPS
};
extern const char *const scf_enf_step_names[]; /* NULL-terminated */
bool scf_enf_is_asked(enum scf_enf_step step);
/* What a step is called in the feeds: "enforcement_notarization.<step>". */
const char *scf_enf_event(enum scf_enf_step step);

/* Who somebody is to a case, as bits. */
enum scf_enf_role {
    SCF_ENF_LENDER = 1,
    SCF_ENF_NOTARY = 2,
    SCF_ENF_DEBTOR = 4,
    SCF_ENF_GUARANTOR = 8,
    SCF_ENF_COURT = 16,
    SCF_ENF_ADMIN = 32,
    SCF_ENF_PLATFORM = 64
};

enum scf_enf_rule {
    SCF_ENF_RULE_APPLICATION, /* 规则 39 */
    SCF_ENF_RULE_ACCEPTANCE,  /* 公证法 30 */
    SCF_ENF_RULE_IDENTITY,    /* 规定 12 */
    SCF_ENF_RULE_INFORM,      /* 公证法 27 */
    SCF_ENF_RULE_ISSUE,       /* 公证法 37 */
    SCF_ENF_RULE_REFUSE,      /* 公证法 31 */
    SCF_ENF_RULE_TERMINATE,   /* 规则 50 */
    SCF_ENF_RULE_EFFECT,      /* 公证法 36 */
    SCF_ENF_RULE_LEDGER,      /* 规则 55 */
    SCF_ENF_RULE_AMEND,       /* 76号文 */
    SCF_ENF_RULE_APPLY_EC,    /* 规定 3 */
    SCF_ENF_RULE_VERIFY,      /* 规则 39 */
    SCF_ENF_RULE_NO_REPLY,    /* 规则 39 */
    SCF_ENF_RULE_EC,          /* 规则 55 */
    SCF_ENF_RULE_REFUSE_EC,   /* 规定 8 */
    SCF_ENF_RULE_BOTH_PAPERS, /* 规定 5 */
    SCF_ENF_RULE_REGISTER,    /* 执行工作规定 16 */
    SCF_ENF_RULE_REJECT,      /* 规定 5 */
    SCF_ENF_RULE_RECONSIDER,  /* 规定 7 */
    SCF_ENF_RULE_NOTICE,      /* 民诉解释 480 */
    SCF_ENF_RULE_MEASURES,    /* 民诉法 251 */
    SCF_ENF_RULE_NON_ENFORCE, /* 规定 13 */
    SCF_ENF_RULE_DECIDE,      /* 规定 16 */
    SCF_ENF_RULE_APPEAL,      /* 规定 21 */
    SCF_ENF_RULE_GOES_ON,     /* 规定 17 */
    SCF_ENF_RULE_SETTLE,      /* 民诉法 241 */
    SCF_ENF_RULE_COMPLETE,    /* 执行工作规定 64 */
    SCF_ENF_RULE_ROUND,       /* 民诉解释 517 */
    SCF_ENF_RULE_SUSPEND,     /* 民诉法 267 */
    SCF_ENF_RULE_SUIT,        /* 规定 24 */
    SCF_ENF_RULE_SUITS,       /* 规定 22, 24 */
    SCF_ENF_RULE_SUIT_ENDS,   /* 规定 23 */
    SCF_ENF_RULE_WITHDRAW,    /* 规则 50 */
    SCF_ENF_RULE_ASSIGN,      /* 民法典 546 */
    SCF_ENF_RULE_ORDER,       /* the order of states */
    SCF_ENF_RULES
};
struct scf_enf_rule_text {
    const char *article, *en, *zh;
};
extern const struct scf_enf_rule_text scf_enf_rules[SCF_ENF_RULES];

/* What judging needs to know of a case. */
struct scf_enf_facts {
    enum scf_enf_state state, resume; /* resume: where a state aside goes back to */
    bool has_loan, overdue, settled;  /* of the ledger */
    bool accelerated;                 /* the step says that the debt fell due early */
    bool all_replied, window_over, no_reply_agreed;
    enum scf_enf_state finding;       /* of the replies: NO_OBJECTION … OBJECTION_WITH_EVIDENCE */
    bool within_non_enforcement_days; /* the debtor's 15 days */
    bool within_reconsideration_days; /* 10 days from service of the newest ruling */
    bool suit;                        /* of the creditor, accepted by a court and not ended */
    bool suit_known, suit_unknown;    /* of the plaintiff that the step names; without: of any */
    bool notified;                    /* the enforcement notice went out */
    bool has_court;                   /* the court has a node, and speaks for itself */
    bool application_rejected;        /* the newest ruling rejects the debtor's application */
    bool asked_reconsideration;       /* for this ruling, once */
    bool reconsidering;               /* asked, and not decided */
    bool within_decision_days;        /* the court's 60 days for the application are not over */
    bool decision_extended;           /* by 30 days, for this application */
    bool unnotified;                  /* the claim was assigned, the debtor not notified */
};

struct scf_enf_verdict {
    bool allowed, forbidden; /* forbidden: a step that is possible now, but not for these roles */
    enum scf_enf_state to;
    enum scf_enf_rule rule;
    unsigned roles;      /* who may, where the step is possible */
    const char *missing; /* what is not there, an English phrase; NULL: only the state is wrong */
};
/* `good` is the step's outcome where it has two: of decide_reconsideration that the one who asked
 * is right, of decide_non_enforcement and end_suit that enforcement ends; else true. */
struct scf_enf_verdict scf_enf_judge(const struct scf_enf_facts *f, enum scf_enf_step step,
                                     bool good, unsigned roles);

/* Steps after which the case goes back to where it was need to remember where that is. */
bool scf_enf_is_aside(enum scf_enf_state state);
/* Has the notary's certificate come, and is it in force? */
bool scf_enf_is_notarised(enum scf_enf_state state);

#endif
