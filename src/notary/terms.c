/* A loan against the instrument. Relies on a dossier that the field table accepted. */
#include "terms.h"

#include "body.h"

#include "scfd/base/money.h"

static bool has_debtor(const cJSON *dossier, const struct scf_uuid *enterprise_id) {
    const cJSON *party;
    cJSON_ArrayForEach(party, scf_json_get(dossier, "debtors")) {
        struct scf_uuid id = scf_enf_body_id(party, "enterprise_id");
        if (scf_uuid_eq(&id, enterprise_id))
            return true;
    }
    return false;
}

static bool is_more(const cJSON *performance, const struct scf_owed *owed) {
    const char *name = scf_json_get(performance, "drawn_amount") ? "drawn_amount" : "amount";
    int64_t amount;
    return scf_body_is(performance, "kind", "money") &&
           scf_body_money(performance, name, scf_currency_scale(scf_str(owed->currency)),
                          &amount) &&
           owed->principal > amount;
}

/* An extension that was not notarised shows as a loan that runs longer. */
static bool is_longer(const cJSON *performance, const struct scf_owed *owed) {
    int32_t last = INT32_MIN, day;
    const cJSON *item;
    if (scf_body_day(performance, "deadline", &day))
        last = day;
    cJSON_ArrayForEach(item, scf_json_get(performance, "schedule")) {
        if (scf_body_day(item, "due_on", &day) && day > last)
            last = day;
    }
    return last != INT32_MIN && owed->maturity_day > last;
}

static bool is_dearer(const cJSON *rate, const struct scf_owed *owed) {
    int64_t annual;
    return scf_body_is(rate, "type", "fixed") &&
           scf_body_decimal(rate, "annual_rate", 6, &annual) && owed->rate_ppm > annual;
}

struct scf_enf_mismatch scf_enf_loan_mismatch(const cJSON *dossier, const struct scf_owed *owed) {
    const cJSON *performance = scf_json_get(dossier, "performance");
    const char *currency = scf_json_string(dossier, "currency");
    if (!has_debtor(dossier, &owed->borrower_id))
        return (struct scf_enf_mismatch){"#/debtors",
                                         "The loan's borrower is none of the debtors."};
    if (strcmp(owed->currency, currency ? currency : "CNY") != 0)
        return (struct scf_enf_mismatch){"#/currency", "The loan is in another currency."};
    if (is_more(performance, owed))
        return (struct scf_enf_mismatch){"#/performance/amount",
                                         "More was lent than is notarised (公证程序规则 39(3))."};
    if (is_longer(performance, owed))
        return (struct scf_enf_mismatch){"#/performance/deadline",
                                         "The loan runs longer than the instrument: an extension "
                                         "is notarised first (公证程序规则 "
                                         "39(3)、司发通〔2017〕76号)."};
    if (is_dearer(scf_json_get(dossier, "rate"), owed))
        return (struct scf_enf_mismatch){
            "#/rate/annual_rate",
            "The loan's rate is above that of the instrument (公证程序规则 39(3))."};
    return (struct scf_enf_mismatch){NULL, NULL};
}

/* What falls due before the money was lent would bear penalty for days without a debt. */
static bool is_due_too_early(const cJSON *performance, const struct scf_owed *owed) {
    int32_t day;
    const cJSON *item;
    if (scf_body_day(performance, "deadline", &day) && day < owed->value_day)
        return true;
    cJSON_ArrayForEach(item, scf_json_get(performance, "schedule")) {
        if (scf_body_day(item, "due_on", &day) && day < owed->value_day)
            return true;
    }
    return false;
}

struct scf_enf_mismatch scf_enf_amendment_mismatch(const cJSON *amendment,
                                                   const struct scf_owed *owed) {
    const cJSON *performance = scf_json_get(amendment, "performance");
    bool drawn = scf_json_get(performance, "drawn_amount") != NULL;
    int64_t amount = 0;
    if (performance == NULL)
        return (struct scf_enf_mismatch){NULL, NULL};
    if (!scf_body_is(performance, "kind", "money"))
        return (struct scf_enf_mismatch){"#/amendment/performance/kind",
                                         "A loan is performed in money."};
    if (is_due_too_early(performance, owed))
        return (struct scf_enf_mismatch){"#/amendment/performance",
                                         "The loan was paid out later than what the amended "
                                         "terms let fall due (公证程序规则 39(3))."};
    scf_body_money(performance, drawn ? "drawn_amount" : "amount",
                   scf_currency_scale(scf_str(owed->currency)), &amount);
    if (amount == owed->principal)
        return (struct scf_enf_mismatch){NULL, NULL};
    return (struct scf_enf_mismatch){drawn ? "#/amendment/performance/drawn_amount"
                                           : "#/amendment/performance/amount",
                                     "The amended schedule is that of the whole loan, paid "
                                     "instalments among them: its principal "
                                     "is what was lent (公证程序规则 39(3))."};
}
