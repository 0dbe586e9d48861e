/* The routes table of the whole server, and the two routes that belong to no room. */
#include "routes.h"

#include "scfd/account/account.h"
#include "scfd/anchor/anchor.h"
#include "scfd/chain/chain.h"
#include "scfd/codec/jsonw.h"
#include "scfd/credit/credit.h"
#include "scfd/erasure/erasure.h"
#include "scfd/evidence/evidence.h"
#include "scfd/exchange/exchange.h"
#include "scfd/increment/increment.h"
#include "scfd/intake/intake.h"
#include "scfd/lending/lending.h"
#include "scfd/notary/notary.h"
#include "scfd/policy/policy.h"
#include "scfd/receivable/receivable.h"
#include "scfd/replay/replay.h"
#include "scfd/report/report.h"
#include "scfd/template/template.h"
#include "scfd/trade/trade.h"
#include "scfd/trial/trial.h"
#include "scfd/whatif/whatif.h"
#include "scfd/witness/witness.h"
#include "scfd/work/work.h"

enum { LIMITS_MAX = 16 << 10, OPENAPI_MAX = 4 << 20 };

static void get_limits(struct scf_request *rq) {
    const struct scf_services *services = scf_rq_app(rq);
    struct scf_buf body;
    scf_buf_init(&body, LIMITS_MAX);
    struct scf_jsonw w = scf_jsonw(&body);
    scf_jw_object(&w, NULL);
    scf_jw_i64(&w, "body_bytes", services->config->max_body_bytes);
    scf_jw_i64(&w, "bulk_bytes", services->config->max_bulk_bytes);
    scf_jw_i64(&w, "bulk_line_bytes", services->config->max_body_bytes);
    scf_jw_i64(&w, "atomic_lines", SCF_ATOMIC_LINES_MAX);
    scf_jw_i64(&w, "atomic_bytes", SCF_ATOMIC_BYTES_MAX);
    scf_jw_i64(&w, "json_depth", SCF_JSON_MAX_DEPTH);
    scf_jw_i64(&w, "json_members", SCF_JSON_MAX_MEMBERS);
    scf_jw_i64(&w, "connections", services->config->max_connections);
    scf_jw_i64(&w, "client_timeout_seconds", services->config->client_timeout_s);
    scf_jw_i64(&w, "idempotency_key_hours", services->config->idempotency_ttl_h);
    scf_jw_end_object(&w);
    scf_reply_json(rq, 200, &body);
}

static void get_openapi(struct scf_request *rq) {
    struct scf_buf body;
    scf_buf_init(&body, OPENAPI_MAX);
    scf_openapi_json(&body);
    scf_reply_json(rq, 200, &body);
}

static const struct scf_route own_routes[] = {
    {.method = "GET",
     .pattern = "/v1/limits",
     .operation_id = "getLimits",
     .tag = "Server",
     .summary = "The limits that requests must keep",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_INLINE,
     .handle = get_limits,
     .answers = "200 Limits"},
    {.method = "GET",
     .pattern = "/openapi.json",
     .operation_id = "getOpenapi",
     .tag = "Server",
     .summary = "This description",
     .access = SCF_PUBLIC,
     .run = SCF_RUN_INLINE,
     .handle = get_openapi,
     .answers = "200 object"},
};

struct scf_route *scf_all_routes(size_t *ret_count) {
    const struct {
        const struct scf_route *routes;
        size_t count;
    } rooms[] = {
        {own_routes, SCF_COUNT(own_routes)},
        {scf_party_routes, scf_party_route_count},
        {scf_template_routes, scf_template_route_count},
        {scf_intake_routes, scf_intake_route_count},
        {scf_chain_routes, scf_chain_route_count},
        {scf_account_routes, scf_account_route_count},
        {scf_policy_routes, scf_policy_route_count},
        {scf_trial_routes, scf_trial_route_count},
        {scf_whatif_routes, scf_whatif_route_count},
        {scf_trade_routes, scf_trade_route_count},
        {scf_credit_routes, scf_credit_route_count},
        {scf_replay_routes, scf_replay_route_count},
        {scf_run_routes, scf_run_route_count},
        {scf_terms_routes, scf_terms_route_count},
        {scf_receivable_routes, scf_receivable_route_count},
        {scf_lending_routes, scf_lending_route_count},
        {scf_report_routes, scf_report_route_count},
        {scf_erasure_routes, scf_erasure_route_count},
        {scf_anchor_routes, scf_anchor_route_count},
        {scf_evidence_routes, scf_evidence_route_count},
        {scf_witness_routes, scf_witness_route_count},
        {scf_notary_routes, scf_notary_route_count},
        {scf_exchange_routes, scf_exchange_route_count},
        {scf_work_routes, scf_work_route_count},
    };
    size_t total = 0;
    for (size_t i = 0; i < SCF_COUNT(rooms); i++)
        total += rooms[i].count;
    struct scf_route *all = calloc(total, sizeof *all);
    SCF_ASSERT(all);
    size_t n = 0;
    for (size_t i = 0; i < SCF_COUNT(rooms); i++)
        for (size_t k = 0; k < rooms[i].count; k++)
            all[n++] = rooms[i].routes[k];
    *ret_count = total;
    return all;
}
