/* Amounts of execution certificates against the ledger. */
#include "claim.h"

#include "scfd/base/buf.h"
#include "scfd/base/money.h"
#include "scfd/codec/body.h"
#include "scfd/codec/jsonw.h"

enum { MEMBERS_MAX = 4096, COMPONENTS = 5 };

static const char *const names[COMPONENTS] = {"principal", "interest", "penalty", "compound",
                                              "fees"};

static void to_list(const struct scf_owed_amounts *a, int64_t list[COMPONENTS]) {
    const int64_t all[COMPONENTS] = {a->principal, a->interest, a->penalty, a->compound, a->fees};
    memcpy(list, all, sizeof all);
}

/* base × rate × days / (1 000 000 × year), half up, in two steps that fit: base × days first. */
static bool penalty_on(int64_t base, int64_t rate_ppm, int32_t days, int year_days, int64_t *sum) {
    int64_t weighted, part;
    if (__builtin_mul_overflow((int64_t)days, rate_ppm, &weighted))
        return false;
    return scf_mul_div_half_up(base, weighted, (int64_t)SCF_PPM * year_days, &part) &&
           !__builtin_add_overflow(*sum, part, sum);
}

static bool add_penalties(const struct scf_owed *owed, const cJSON *rate, int32_t as_of,
                          struct scf_owed_amounts *ret) {
    int64_t rate_ppm = 0, interest_left = owed->owed.interest;
    bool compound = scf_json_bool(rate, "compound", false), fits = true;
    if (!scf_body_decimal(rate, "penalty_rate", 6, &rate_ppm))
        return true;
    for (size_t i = 0; fits && i < owed->instalment_count; i++) {
        const struct scf_owed_instalment *part = &owed->instalments[i];
        int64_t interest =
            part->unpaid_interest < interest_left ? part->unpaid_interest : interest_left;
        interest_left -= interest;
        if (part->due_day >= as_of)
            continue;
        int32_t days = as_of - part->due_day;
        fits = penalty_on(part->unpaid_principal, rate_ppm, days, owed->year_days, &ret->penalty);
        if (fits && compound)
            fits = penalty_on(interest, rate_ppm, days, owed->year_days, &ret->compound);
    }
    return fits;
}

static void take_off(int64_t *amount, int64_t disputed) {
    *amount = disputed >= *amount ? 0 : *amount - disputed;
}

bool scf_enf_expected(const struct scf_owed *owed, const cJSON *rate, int32_t as_of,
                      const struct scf_owed_amounts *disputed, struct scf_owed_amounts *ret) {
    *ret = owed->owed;
    if (!add_penalties(owed, rate, as_of, ret))
        return false;
    take_off(&ret->principal, disputed->principal);
    take_off(&ret->interest, disputed->interest);
    take_off(&ret->penalty, disputed->penalty);
    take_off(&ret->compound, disputed->compound);
    take_off(&ret->fees, disputed->fees);
    return true;
}

struct scf_owed_amounts scf_enf_claimed(const cJSON *claim, int scale) {
    struct scf_owed_amounts a = {0};
    scf_body_money(claim, "principal", scale, &a.principal);
    scf_body_money(claim, "interest", scale, &a.interest);
    scf_body_money(claim, "penalty", scale, &a.penalty);
    scf_body_money(claim, "compound", scale, &a.compound);
    scf_body_money(claim, "fees", scale, &a.fees);
    return a;
}

static void list_write(struct scf_jsonw *w, const char *key, const int64_t list[COMPONENTS],
                       int scale) {
    scf_jw_object(w, key);
    for (int i = 0; i < COMPONENTS; i++)
        scf_jw_money(w, names[i], list[i], scale);
    scf_jw_end_object(w);
}

static const char *members(struct scf_arena *arena, const int64_t claimed[COMPONENTS],
                           const int64_t expected[COMPONENTS], int scale) {
    struct scf_buf out;
    int64_t difference[COMPONENTS];
    for (int i = 0; i < COMPONENTS; i++)
        difference[i] = claimed[i] - expected[i];
    scf_buf_init(&out, MEMBERS_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "rule", "公证程序规则 55");
    list_write(&w, "claimed_amounts", claimed, scale);
    list_write(&w, "expected_amounts", expected, scale);
    list_write(&w, "difference", difference, scale);
    scf_jw_end_object(&w);
    const char *text = out.overflow ? NULL : scf_strndup(arena, out.data, out.len);
    scf_buf_free(&out);
    return text;
}

static enum scf_code check_day(const struct scf_owed *owed, const cJSON *claim, int32_t today,
                               int32_t *ret_day, struct scf_error *err) {
    if (!scf_body_day(claim, "as_of", ret_day))
        return scf_fail(err, SCF_E_INTERNAL, "The claim has no day.");
    if (*ret_day < owed->booked_day)
        return scf_fail(err, SCF_E_CONFLICT,
                        "The ledger of the loan has moved on since that day; claim as of a later "
                        "one (公证程序规则 55).");
    if (*ret_day > today)
        return scf_fail(
            err, SCF_E_CONFLICT,
            "Interest is not claimed beyond today; the continuing rule says how it goes "
            "on (公证程序规则 55).");
    return SCF_OK;
}

enum scf_code scf_enf_claim_check(struct scf_arena *arena, const struct scf_owed *owed,
                                  const cJSON *rate, const cJSON *claim, int32_t today,
                                  const struct scf_owed_amounts *disputed, struct scf_error *err) {
    int scale = scf_currency_scale(scf_str(owed->currency));
    struct scf_owed_amounts given = scf_enf_claimed(claim, scale), right;
    int64_t claimed[COMPONENTS], expected[COMPONENTS];
    int32_t as_of;
    enum scf_code code = check_day(owed, claim, today, &as_of, err);
    if (code != SCF_OK)
        return code;
    if (!scf_enf_expected(owed, rate, as_of, disputed, &right))
        return scf_fail(err, SCF_E_CONFLICT, "The penalty interest does not fit.");
    to_list(&given, claimed);
    if (given.principal + given.interest + given.penalty + given.compound + given.fees == 0)
        return scf_fail(err, SCF_E_CONFLICT, "Nothing is left to be enforced (公证程序规则 55).");
    to_list(&right, expected);
    for (int i = 0; i < COMPONENTS; i++) {
        if (claimed[i] == expected[i])
            continue;
        char text[SCF_MONEY_TEXT];
        scf_money_format(claimed[i] - expected[i], scale, text);
        scf_fail(err, SCF_E_CONFLICT,
                 "The %s differs by %s from what the ledger owes, performed and disputed parts "
                 "deducted (公证程序规则 55).",
                 names[i], text);
        err->members_json = members(arena, claimed, expected, scale);
        return err->code;
    }
    return SCF_OK;
}
