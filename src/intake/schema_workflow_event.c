/* Workflow events: what happened to a contract's goods, services and money, in the shape of GS1
 * EPCIS 2.0 (what, when, where, why). */
#include "rules.h"

#include "scfd/base/clock.h"

static const char *const own_ids[] = {"evt", NULL};
static const char *const event_types[] = {"object",         "aggregation", "transaction",
                                          "transformation", "association", NULL};
static const char *const actions[] = {"add", "observe", "delete", NULL};
static const char *const ref_types[] = {"po",  "pedigree", "desadv", "recadv", "inv",
                                        "bol", "pod",      "cert",   "other",  NULL};
static const char *const transport_modes[] = {"road", "rail", "sea", "air", NULL};
static const char *const error_reasons[] = {"did_not_occur", "incorrect_data", NULL};

static const char *const steps[] = {"order_confirmed",
                                    "production_started",
                                    "production_completed",
                                    "shipped",
                                    "in_transit",
                                    "arrived",
                                    "received",
                                    "inspected",
                                    "accepted",
                                    "warehouse_in",
                                    "warehouse_out",
                                    "installed",
                                    "serviced",
                                    "reconciled",
                                    "invoiced",
                                    "payment_requested",
                                    "paid",
                                    "returned",
                                    "disputed",
                                    "dispute_resolved",
                                    "closed",
                                    "other"};

#define STEP_TEXT                                                                                  \
    "^(order_confirmed|production_started|production_completed|shipped|in_transit|arrived|"        \
    "received|inspected|accepted|warehouse_in|warehouse_out|installed|serviced|reconciled|"        \
    "invoiced|payment_requested|paid|returned|disputed|dispute_resolved|closed|other|"             \
    "cbv:[a-z_]+)$"

static bool is_step(struct scf_str text) {
    for (size_t i = 0; i < SCF_COUNT(steps); i++)
        if (scf_str_is(text, steps[i]))
            return true;
    if (!scf_str_starts(text, "cbv:") || text.n == 4)
        return false;
    for (size_t i = 4; i < text.n; i++)
        if ((text.p[i] < 'a' || text.p[i] > 'z') && text.p[i] != '_')
            return false;
    return true;
}

static bool is_offset(struct scf_str text) {
    int minutes;
    return scf_offset_parse(text, &minutes);
}

static bool is_gtin(struct scf_str text) {
    return (text.n == 8 || (text.n >= 12 && text.n <= 14)) && scf_all_digits(text);
}

static const struct scf_field place_members[] = {
    SCF_F("gln", STRING, "GS1 global location number", "全球位置码",
          SCF_LIKE(scf_is_13_digits, SCF_DIGITS_TEXT(13))),
    SCF_F("name", STRING, "Name", "名称", SCF_SIZE(0, 200)),
    SCF_F("division_code", STRING, "Administrative division (GB/T 2260)", "行政区划代码",
          SCF_LIKE(scf_is_6_digits, SCF_DIGITS_TEXT(6))),
    SCF_F("latitude", DECIMAL, "Degrees north", "纬度", .places = 7, .min = -900000000,
          .max = 900000000),
    SCF_F("longitude", DECIMAL, "Degrees east", "经度", .places = 7, .min = -1800000000,
          .max = 1800000000),
    SCF_FIELD_END,
};

static const struct scf_field item_members[] = {
    SCF_F("item_code", STRING, "Code of the goods", "物料编码", SCF_SIZE(0, 64)),
    SCF_F("gtin", STRING, "GS1 trade item number", "商品条码",
          SCF_LIKE(is_gtin, "^[0-9]{8}([0-9]{4,6})?$")),
    SCF_F("lot", STRING, "Lot", "批次", SCF_SIZE(0, 64)),
    SCF_F("serial", STRING, "Serial number", "序列号", SCF_SIZE(0, 64)),
    SCF_F("quantity", DECIMAL, "Quantity", "数量", SCF_QUANTITY),
    SCF_F("unit", STRING, "Unit", "单位", SCF_SIZE(0, 32)),
    SCF_FIELD_END,
};
static const struct scf_field item_element[] = {{.type = SCF_T_OBJECT, .members = item_members}};

static const struct scf_field ref_members[] = {
    SCF_F("type", ENUM, "Type of the paper", "单据类型", SCF_MUST, SCF_AMONG(ref_types)),
    SCF_F("value", STRING, "Its number", "单据号", SCF_MUST, SCF_SIZE(1, 128)),
    SCF_F("issuer", STRING, "Who issued it", "出具方", SCF_SIZE(0, 200)),
    SCF_FIELD_END,
};
static const struct scf_field ref_element[] = {{.type = SCF_T_OBJECT, .members = ref_members}};

static const struct scf_field event_id_element[] = {{.type = SCF_T_STRING, .min = 1, .max = 128}};

static const struct scf_field error_members[] = {
    SCF_F("declared_at", TIME, "When the error was declared", "声明时间", SCF_MUST),
    SCF_F("reason", ENUM, "What is wrong", "原因", SCF_MUST, SCF_AMONG(error_reasons)),
    SCF_F("corrective_event_ids", ARRAY, "event_id of the events that replace it", "更正事件编号",
          SCF_SIZE(0, 100), SCF_OF(event_id_element)),
    SCF_FIELD_END,
};

static const struct scf_field shipment_members[] = {
    SCF_F("waybill_no", STRING, "Number of the waybill", "运单号", SCF_SIZE(0, 64)),
    SCF_F("carrier", STRING, "Carrier", "承运人", SCF_SIZE(0, 200)),
    SCF_F("mode", ENUM, "Mode of transport", "运输方式", SCF_AMONG(transport_modes)),
    SCF_F("distance_km", DECIMAL, "Distance in km", "运输距离（公里）", .places = 3, .min = 0,
          .max = 100000000),
    SCF_F("weight_kg", DECIMAL, "Gross weight in kg", "毛重（千克）", .places = 3, .min = 0,
          .max = 1000000000000),
    SCF_F("vehicles", INTEGER, "How many vehicles carry it", "车辆数", SCF_SIZE(1, 10000)),
    SCF_FIELD_END,
};

static const struct scf_field payment_members[] = {
    SCF_F("payer_id", ID, "Who paid", "付款方企业编号", SCF_AMONG(scf_enterprise_ids)),
    SCF_F("payer_account_no", STRING, "Account that was debited", "付款账号", SCF_SIZE(0, 64)),
    SCF_F("payee_account_no", STRING, "Account that was credited", "收款账号", SCF_SIZE(0, 64)),
    SCF_F("bank_receipt_no", STRING, "Number of the bank receipt", "银行回单号", SCF_SIZE(0, 128)),
    SCF_FIELD_END,
};

static const struct scf_field sensor_members[] = {
    SCF_F("type", STRING, "What is measured", "测量类型", SCF_MUST, SCF_SIZE(1, 64)),
    SCF_F("time", TIME, "When", "测量时间"),
    SCF_F("value", DECIMAL, "Measured value", "测量值", SCF_MUST, .places = 6),
    SCF_F("unit", STRING, "Unit", "单位", SCF_SIZE(0, 32)),
    SCF_FIELD_END,
};
static const struct scf_field sensor_element[] = {
    {.type = SCF_T_OBJECT, .members = sensor_members}};

static const struct scf_field fields[] = {
    SCF_COMMON_FIELDS(own_ids),
    SCF_F("event_id", STRING, "Identifier of the event (EPCIS); external_id if absent",
          "事件编号，缺省为 external_id", SCF_SIZE(1, 128),
          SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("contract_id", ID, "The contract; or name it by contract_no and its seller",
          "所属合同；或用合同编号与卖方指明", SCF_AMONG(scf_contract_ids)),
    SCF_F("contract_no", STRING, "Number of the contract; needs seller_uscc or seller",
          "合同编号，须同时提供卖方", SCF_SIZE(1, 100), SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("seller_uscc", USCC, "The contract's seller, when it has a unified social credit code",
          "合同卖方的统一社会信用代码"),
    SCF_F("seller", OBJECT,
          "The contract's seller in any of the three forms, such as a foreign one",
          "合同卖方，三种写法之一，例如境外卖方", SCF_OF(scf_party_members)),
    SCF_F("event_type", ENUM, "EPCIS event type; \"transaction\" if absent", "事件类型",
          SCF_AMONG(event_types)),
    SCF_F("action", ENUM, "EPCIS action", "动作", SCF_AMONG(actions)),
    SCF_F("step", STRING, "Business step, or cbv: and a GS1 CBV step", "业务步骤", SCF_MUST,
          SCF_SIZE(1, 64), SCF_LIKE(is_step, STEP_TEXT)),
    SCF_F("disposition", STRING, "State of the goods afterwards", "处置状态", SCF_SIZE(0, 64)),
    SCF_F("occurred_at", TIME, "When it happened; at most 5 minutes after it was received",
          "发生时间，不晚于接收时间5分钟", SCF_MUST),
    SCF_F("occurred_timezone", STRING, "Time zone of the place", "当地时区",
          SCF_LIKE(is_offset, "^[+-]([01][0-9]|2[0-3]):[0-5][0-9]$")),
    SCF_F("actor_enterprise_id", ID, "Who did it", "执行方企业编号", SCF_MUST,
          SCF_AMONG(scf_enterprise_ids)),
    SCF_F("counterparty_id", ID, "With whom", "相对方企业编号", SCF_AMONG(scf_enterprise_ids)),
    SCF_F("read_point", OBJECT, "Where it was recorded", "采集地点", SCF_OF(place_members)),
    SCF_F("location", OBJECT, "Where the goods are afterwards", "所在地点", SCF_OF(place_members)),
    SCF_F("items", ARRAY, "What it is about", "物品", SCF_SIZE(0, SCF_MAX_LINES),
          SCF_OF(item_element)),
    SCF_F("amount", MONEY, "Amount; needs currency", "金额，须同时提供币种", SCF_NOT_NEGATIVE),
    SCF_F("currency", CURRENCY, "Currency (ISO 4217)", "币种"),
    SCF_F("completion_percent", DECIMAL, "Share of the contract that is done, in per cent",
          "合同完成百分比", SCF_PERCENT),
    SCF_F("milestone_code", STRING, "Milestone of the contract that it completes",
          "完成的履约节点编码", SCF_SIZE(1, 64), SCF_LIKE(scf_is_visible, SCF_VISIBLE_TEXT)),
    SCF_F("shipment", OBJECT, "How the goods travel", "运输信息", SCF_OF(shipment_members)),
    SCF_F("payment", OBJECT, "Of a payment: from where to where", "付款信息",
          SCF_OF(payment_members)),
    SCF_F("business_refs", ARRAY, "Papers it rests on", "业务单据", SCF_SIZE(0, 100),
          SCF_OF(ref_element)),
    SCF_F("error_declaration", OBJECT, "Declares an earlier event wrong", "错误声明",
          SCF_OF(error_members)),
    SCF_F("sensor", ARRAY, "Measurements", "传感器数据", SCF_SIZE(0, 100), SCF_OF(sensor_element)),
    SCF_FIELD_END,
};

static void rules(const cJSON *body, struct scf_faults *faults, struct scf_faults *warnings,
                  const void *ctx) {
    struct scf_rules r = scf_rules_begin(body, faults, warnings, ctx);
    int64_t occurred;
    scf_rule_contract(&r, NULL);
    if (scf_json_get(body, "amount"))
        scf_rule_needs(&r, "currency", "beside \"amount\"");
    if (scf_body_time(body, "occurred_at", r.ctx->offset_minutes, &occurred) &&
        occurred > r.ctx->received_us + 5 * 60 * SCF_US_PER_SECOND)
        scf_fault_add(faults, "#/occurred_at", "in-future",
                      "The event must not be later than now (5 minutes are tolerated).");
}

const struct scf_schema scf_schema_workflow_event = {
    .name = "WorkflowEventCreate",
    .doc_en = "Something that happened in the course of a contract",
    .doc_zh = "合同履行过程中的业务事件",
    .fields = fields,
    .rules = rules,
};
