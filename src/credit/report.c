/* The blocks of a report, and how figures, codes and foreign text are shown in it. Pure. */
#include "report.h"

#include "scfd/base/money.h"

static const char absent[] = "\xe2\x80\x93";   /* – */
static const char ellipsis[] = "\xe2\x80\xa6"; /* … */

const char *scf_say(const struct scf_report *r, const char *en, const char *zh) {
    return r->chinese ? zh : en;
}

const char *scf_printed(struct scf_report *r, const char *format, ...) {
    char formatted[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(formatted, sizeof formatted, format, args);
    va_end(args);
    const char *copy = n >= 0 ? scf_strdup(r->arena, formatted) : NULL;
    if (copy == NULL) {
        r->failed = true;
        return "";
    }
    return copy;
}

/* ---- foreign text ---- */

/* The code point at *p, which moves past it; malformed bytes, which records do not have, one by
 * one.
 */
static uint32_t next_point(const unsigned char **p) {
    const unsigned char *s = *p;
    int more = s[0] >= 0xf0 ? 3 : s[0] >= 0xe0 ? 2 : s[0] >= 0xc0 ? 1 : 0;
    uint32_t c = more == 3 ? s[0] & 7u : more == 2 ? s[0] & 15u : more == 1 ? s[0] & 31u : s[0];
    for (int i = 1; i <= more; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            *p = s + 1;
            return 0xfffd;
        }
        c = c << 6 | (s[i] & 0x3fu);
    }
    *p = s + 1 + more;
    return s[0] >= 0x80 && more == 0 ? 0xfffd : c;
}

/* Controls, direction marks and overrides, and the like, which could make a text look like another.
 */
static bool misleading(uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0xfeff ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfffd || c >= 0xe0000;
}

const char *scf_shown(struct scf_report *r, const char *text) {
    if (text == NULL || *text == '\0')
        return absent;
    size_t n = strlen(text), room = n < 4 * SCF_REPORT_TEXT ? n : 4 * SCF_REPORT_TEXT;
    char *out = scf_alloc(r->arena, room + sizeof ellipsis, 1), *end = out;
    if (out == NULL) {
        r->failed = true;
        return "";
    }
    const unsigned char *p = (const unsigned char *)text;
    for (int count = 0; *p != '\0'; count++) {
        const unsigned char *from = p;
        if (count == SCF_REPORT_TEXT) {
            memcpy(end, ellipsis, sizeof ellipsis);
            break;
        }
        if (misleading(next_point(&p))) {
            *end++ = ' ';
        } else {
            memcpy(end, from, (size_t)(p - from));
            end += p - from;
        }
    }
    return out;
}

/* ---- figures ---- */

const char *scf_grouped(struct scf_report *r, const char *decimal) {
    if (decimal == NULL)
        return absent;
    const char *digits = decimal + (*decimal == '-');
    size_t whole = strspn(digits, "0123456789"), n = strlen(decimal);
    if (whole <= 3 || whole > 30)
        return scf_shown(r, decimal);
    char *out = scf_alloc(r->arena, n + whole / 3 + 1, 1), *end = out;
    if (out == NULL) {
        r->failed = true;
        return "";
    }
    if (*decimal == '-')
        *end++ = '-';
    for (size_t i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0)
            *end++ = ',';
        *end++ = digits[i];
    }
    memcpy(end, digits + whole, strlen(digits + whole));
    return out;
}

const char *scf_money_shown(struct scf_report *r, int64_t minor, const char *currency) {
    char text[SCF_MONEY_TEXT];
    scf_money_format(minor, scf_scale_of(currency), text);
    return scf_grouped(r, text);
}

const char *scf_percent(struct scf_report *r, const char *decimal) {
    int64_t ppm;
    if (decimal == NULL || !scf_decimal_parse(scf_str(decimal), 6, &ppm) || ppm < 0)
        return absent;
    return scf_printed(r, "%" PRId64 ".%02" PRId64 "%%", ppm / 10000, ppm / 100 % 100);
}

const char *scf_hours(struct scf_report *r, const char *decimal) {
    int64_t millionths;
    if (decimal == NULL || !scf_decimal_parse(scf_str(decimal), 6, &millionths) || millionths < 0)
        return absent;
    return scf_printed(r, "%" PRId64 ".%02" PRId64 " h", millionths / SCF_PPM,
                       millionths / 10000 % 100);
}

/* ---- words ---- */

static const struct {
    const char *code, *en, *zh;
} words[] = {
    /* kinds of assessment */
    {"initial", "Initial limit", "初始额度"},
    {"incremental", "Increment", "增量额度"},
    {"periodic", "Periodic review", "定期复评"},
    /* factors */
    {"normativity", "Normativity N", "规范度 N"},
    {"timeliness", "Timeliness", "及时度"},
    {"accuracy", "Accuracy A", "准确度 A"},
    {"cross_checks", "Cross-checks X", "交叉核验 X"},
    {"qualification", "Qualification q", "资质系数 q"},
    {"history", "History h", "历史系数 h"},
    {"order_advance_rate", "Advance rate r0", "预付比例 r0"},
    {"contract_net", "Net contract amount", "合同净额"},
    {"guarantee", "Guarantees", "担保增额"},
    {"requested_amount", "Requested amount", "申请金额"},
    /* steps of the chain of limits */
    {"model", "Model limit", "模型额度"},
    {"base", "Borrowing base", "借款基数"},
    {"borrowing_base", "Borrowing base", "借款基数"},
    {"need", "Need for working capital", "营运资金需求"},
    {"requested", "Requested amount", "申请金额"},
    {"debtor", "Room of the debtors", "付款人剩余额度"},
    {"regulatory", "Regulatory caps", "监管限额"},
    {"lender", "Lender's own cap", "贷款人自设上限"},
    /* states */
    {"active", "active", "有效"},
    {"pending", "pending", "待生效"},
    {"draft", "draft", "草稿"},
    {"completed", "completed", "已完成"},
    {"terminated", "terminated", "已终止"},
    {"cancelled", "cancelled", "已取消"},
    {"expired", "expired", "已到期"},
    {"released", "released", "已解除"},
    {"called", "called", "已索偿"},
    /* directions of reasons */
    {"positive", "raises", "有利"},
    {"negative", "lowers", "不利"},
    {"neutral", "neutral", "中性"},
    /* findings */
    {"hard", "hard", "硬性"},
    {"soft", "soft", "软性"},
    {"alert", "alert", "提示"},
    {"failed", "failed", "未通过"},
    {"passed", "passed", "通过"},
    {"not_applicable", "not applicable", "不适用"},
    {"parties", "Parties agree", "当事人一致"},
    {"signed-first", "Signed before anything is received", "先签约后收货"},
    {"step-order", "Order of the steps", "业务时序"},
    {"due-after-acceptance", "Payment due after acceptance", "付款日晚于验收日"},
    {"quantity-match", "Quantity invoiced as accepted", "开票数量与验收数量一致"},
    {"quantity-ordered", "Quantity accepted within the order", "验收数量不超订单"},
    {"price-match", "Price invoiced as ordered", "开票单价与订单一致"},
    {"invoice-sum", "Invoices within the contract", "发票合计不超合同"},
    {"line-tax", "Tax of the lines", "税额计算"},
    {"fund-flow", "Flow of funds", "资金流向"},
    {"logistics", "Logistics", "物流"},
    {"round-trip", "Round trips", "循环交易"},
    {"declared-revenue", "Declared revenue", "申报收入"},
    {"invoice-cancelled", "Invoice void or red", "发票作废或红冲"},
    /* qualifications */
    {"business_license", "Business licence", "营业执照"},
    {"industry_permit", "Industry permit", "行业许可证"},
    {"safety_license", "Safety licence", "安全生产许可证"},
    {"quality_system", "Quality system", "质量管理体系认证"},
    {"high_tech", "High-tech enterprise", "高新技术企业"},
    {"credit_rating", "Credit rating", "信用评级"},
    {"import_export", "Import and export", "进出口资质"},
    {"construction_grade", "Construction grade", "建筑业资质"},
    {"other", "Other", "其他"},
};

const char *scf_word(struct scf_report *r, const char *code) {
    for (size_t i = 0; code != NULL && i < SCF_COUNT(words); i++)
        if (strcmp(words[i].code, code) == 0)
            return scf_say(r, words[i].en, words[i].zh);
    for (int i = 0; code != NULL && i < SCF_REASON_COUNT; i++)
        if (strcmp(scf_reason_slug((enum scf_reason)i), code) == 0)
            return scf_reason_text((enum scf_reason)i, r->chinese);
    return scf_shown(r, code);
}

/* ---- blocks ---- */

/* Where a block goes when the arena is full: nobody reads it, for the report has failed. */
static struct scf_block *spare(struct scf_report *r) {
    static _Thread_local struct scf_block nowhere;
    nowhere = (struct scf_block){0};
    r->failed = true;
    return &nowhere;
}

struct scf_block *scf_add_block(struct scf_report *r, enum scf_block_kind kind, const char *text) {
    struct scf_block *b = scf_alloc(r->arena, 1, sizeof *b);
    if (b == NULL)
        return spare(r);
    b->kind = kind;
    b->text = text;
    if (r->last != NULL)
        r->last->next = b;
    else
        r->first = b;
    r->last = b;
    return b;
}

void scf_table_begin(struct scf_report *r, struct scf_report_table *t, const char *caption,
                     const struct scf_report_column *columns, size_t column_count,
                     size_t max_rows) {
    *t = (struct scf_report_table){.capacity = column_count * max_rows};
    t->cells = scf_alloc(r->arena, t->capacity, sizeof *t->cells);
    struct scf_report_column *copy = scf_alloc(r->arena, column_count, sizeof *copy);
    t->block = scf_add_block(r, SCF_BLOCK_TABLE, caption);
    if (t->cells == NULL || copy == NULL) {
        t->capacity = 0;
        r->failed = true;
        return;
    }
    memcpy(copy, columns, column_count * sizeof *copy);
    t->block->columns = copy;
    t->block->column_count = column_count;
}

void scf_table_cell(struct scf_report *r, struct scf_report_table *t, const char *text) {
    if (t->used < t->capacity)
        t->cells[t->used++] = text;
    else
        r->failed = true;
}

void scf_table_end(struct scf_report_table *t) {
    t->block->cells = t->cells;
    t->block->n = t->block->column_count > 0 ? t->used / t->block->column_count : 0;
}
