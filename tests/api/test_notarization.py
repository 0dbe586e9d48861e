"""Notarization for enforcement: preflight, the whole way from draft to court, refusals with their
articles, who sees and who may, races."""
import hashlib
import json
import os
import random
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from harness import bodies, merkle, mutate
from harness.notary import HASH, PROMISE, Case, amendment, certificate, dossier
from harness.parties import make_node
from harness.server import ROOT, wait_until
from harness.world import World, key, must

PAPER = {"document_sha256": HASH}


def china_today():
    return datetime.now(timezone(timedelta(hours=8))).date().isoformat()


@pytest.fixture(scope="module")
def world(server):
    return World(server)


def amounts(principal="100.00", **members):
    return {"principal": principal, "interest": "0.00", "penalty": "0.00", "compound": "0.00",
            "fees": "0.00", **members}


def claim(**members):
    return {"as_of": bodies.days_ago(0), **amounts(**members)}


def execution_certificate(**members):
    return {
        "no": bodies.unique("执字"), "notary_name": "李明", "issued_on": bodies.days_ago(0),
        "continuing_interest_rule": "自计息截止日次日起按合同约定利率计算至实际清偿之日止",
        **claim(**members),
    }


LETTER = {"mode": "post", "address": "杭州市西湖区文三路1号", "letter_no": "HS-1"}


def refused(answer, article, status=409):
    """The refusal names its article, in the detail, a member or a fault."""
    assert answer.status == status, answer
    assert article in answer.body.decode(), answer
    return answer.json()


def in_default(world, **members):
    case = Case(world, loan={}, **members).until(None)
    case.take("lender", "default", "defaulted", default_kind="acceleration", reason="交叉违约")
    case.take("lender", "dun", "dunned", **PAPER,
              dunning={"mode": "post", "sent_on": bodies.days_ago(0)})
    return case


def verifying(world, **members):
    case = in_default(world, **members)
    case.take("lender", "apply_ec", "ec_applied", **PAPER, claim=claim(), accuracy_promise=True)
    case.take("notary", "send_verification", "verifying", letter=LETTER)
    return case


def with_ec(world):
    case = verifying(world)
    case.take("debtor", "reply", "verifying", result="no_objection")
    case.take("guarantor", "reply", "no_objection", result="no_objection")
    case.take("notary", "issue_ec", "ec_issued", **PAPER,
              execution_certificate=execution_certificate())
    return case


# ---- preflight ----


def fit_body(world, **members):
    chain = world.chain
    return dossier(chain.bank, chain.seller, chain.guarantor, "100.00", bodies.days_ago(-150),
                   **members)


def preflight(world, body):
    return must(world.lender.post("/v1/enforcement-notarizations/preflight", body), 200)


def test_an_agreement_on_an_earlier_debt_names_days_that_have_passed(world):
    body = fit_body(world)
    body["instrument"].update(kind="repayment", signed_on="9999-01-01")
    assert "amount-and-dates" not in {f["code"] for f in preflight(world, body)["faults"]}


def test_a_fit_contract_is_fit_and_nothing_is_written(world):
    before = must(world.admin.get("/v1/enforcement-notarizations"))["data"]
    said = preflight(world, fit_body(world))
    assert said["fit"] is True and said["faults"] == []
    assert all(said["conditions"].values()) and len(said["conditions"]) == 6
    assert all(rule["met"] for rule in said["rules"])
    for rule in said["rules"]:
        assert re.search("[一-鿿]", rule["text"]["zh"]) and rule["article"]
    assert must(world.admin.get("/v1/enforcement-notarizations"))["data"] == before


@pytest.mark.parametrize("change, code, article", [
    (lambda b: b.update(enforcement_clause="债务人愿意接受强制执行"), "promise-clause", "公证法 37"),
    (lambda b: b["performance"]["schedule"][0].update(principal="99.99"), "amount-and-dates",
     "39(3)"),
    (lambda b: b["instrument"].update(signed_on="9999-01-01"), "amount-and-dates", "39(3)"),
    (lambda b: b["performance"].update(revolving=True), "drawn-amount", "39(2)"),
    (lambda b: b["verification"].update(objection_days=31), "verification", "39(5)"),
    (lambda b: b["securities"][0].update(name="另一份合同"), "securities-named", "规定 6"),
    (lambda b: b["notary_office"].update(region_code="110101"), "competence", "公证法 25"),
    (lambda b: b["guarantors"][0].pop("resolution"), "guarantor-resolution", "公司法 15"),
    (lambda b: b["instrument"].update(kind="trade_contract"), "instrument-kind", "规定 5(1)"),
    (lambda b: b["notary_office"].update(conflict_of_interest=True), "conflict-of-interest",
     "规定 12(3)"),
    (lambda b: b.update(signing={"mode": "online"}), "online-signing", "规定 12(1)"),
])
def test_what_is_not_fit_names_its_article(world, change, code, article):
    body = fit_body(world)
    change(body)
    said = preflight(world, body)
    assert said["fit"] is False
    found = [fault for fault in said["faults"] if fault["code"] == code]
    assert found and article in found[0]["detail"], said["faults"]


def test_advice_does_not_stop(world):
    body = fit_body(world)
    body["rate"] = {"type": "fixed", "annual_rate": "0.20", "penalty_rate": "0.05"}
    body["verification"]["no_reply_is_no_objection"] = False
    said = preflight(world, body)
    assert said["fit"] is True
    assert {f["code"] for f in said["faults"]} == {"rate-cap", "no-reply-rule"}


def test_a_draft_that_is_not_fit_is_not_submitted(world):
    case = Case(world, debt_undisputed=False).draft()
    problem = refused(case.step("lender", "submit"), "39(2)", 422)
    assert problem["errors"][0]["pointer"] == "#/debt_undisputed"
    assert case.get()["state"] == "draft"


# ---- the whole way ----


def test_from_draft_to_the_end_of_enforcement(world):
    case = Case(world, loan={}).draft()
    shown = case.get()
    assert (shown["phase"], shown["status"], shown["route"]["path"]) == ("A", "draft",
                                                                         "apply_for_ec")
    assert [n["step"] for n in shown["next_steps"]] == ["submit", "terminate"]
    case.until(None)
    shown = case.get("debtor")
    assert shown["state"] == "disbursed" and shown["phase"] == "B"  # the ledger says so
    assert shown["certificate"]["no"].startswith("证字")
    case.take("lender", "default", "defaulted", default_kind="acceleration", reason="交叉违约")
    case.take("lender", "dun", "dunned", **PAPER,
              dunning={"mode": "post", "sent_on": bodies.days_ago(0)})
    case.take("lender", "apply_ec", "ec_applied", **PAPER, claim=claim(), accuracy_promise=True)
    case.take("notary", "send_verification", "verifying", letter=LETTER)
    shown = case.take("debtor", "reply", "verifying", result="no_objection")
    assert (shown["verification"]["parties"], shown["verification"]["replied"]) == (2, 1)
    case.take("guarantor", "reply", "no_objection", result="no_objection")
    shown = case.take("notary", "issue_ec", "ec_issued", **PAPER,
                      execution_certificate=execution_certificate())
    assert shown["route"]["path"] == "enforcement_pack"
    assert shown["status"] == "execution_issued"
    case.take("lender", "file_enforcement", "enf_filed",
              court={"name": "杭州市西湖区人民法院", "basis": "respondent_domicile",
                     "court_id": case.court.id}, property_clues_sha256=HASH)
    case.take("court", "accept_enforcement", "enf_accepted", case_no="（2026）浙0106执1号")
    case.take("court", "send_notice", "notice_sent", served_on=china_today())
    case.take("court", "take_measures", "measures", measures=[{
        "kind": "deposit", "description": "账户", "from": bodies.days_ago(0),
        "until": bodies.days_ago(-300), "amount": "100.00"}])
    case.take("debtor", "apply_non_enforcement", "non_enforcement_applied",
              ground="serious_breach", reason="程序违法")
    case.take("court", "decide_non_enforcement", "measures", result="partly_granted")
    assert [r["article"] for r in case.get()["route"]["reasons"]] == ["规定 3", "规定 20"]
    shown = case.take("court", "complete", "completed")
    assert shown["status"] == "closed" and shown["next_steps"] == []
    steps = must(case.clients["court"].get(case.path + "/steps"))["data"]
    assert [s["seq"] for s in steps] == list(range(1, len(steps) + 1))
    assert shown["steps"] == len(steps)


def test_every_step_is_a_record_that_is_proven(world):
    case = Case(world, loan={}).until(None)
    for step in must(case.clients["notary"].get(case.path + "/steps"))["data"]:
        path = f"/v1/records/{step['record_id']}"

        def proof():
            answer = case.clients["guarantor"].get(path + "/proof")
            return answer.status == 200 and answer.json()

        found = wait_until(proof, 10, "the proof")
        body = case.clients["guarantor"].get(path + "/body").body
        merkle.verify_proof(found)
        assert json.loads(body) == step["body"]
        assert case.clients["debtor"].get(path).status == 200


def test_the_notary_and_parties_are_told_in_their_feeds(world):
    case = Case(world, loan={}).draft()
    assert case.notary.client.get(case.path).status == 404  # a draft is the lender's own
    case.until("accepted")
    types = [e["type"] for e in must(case.notary.client.get("/v1/events"))["data"]]
    assert types == ["enforcement_notarization.submit", "enforcement_notarization.accept"]
    record = must(case.notary.client.get(f"/v1/records/{case.id}"))
    assert record["id"] == case.id  # how it began can be read too


def test_a_loan_may_follow_the_certificate(world):
    case = Case(world).until(None)
    assert case.get()["state"] == "effective"
    refused(case.step("lender", "default", default_kind="overdue"), "规则 55")
    loan_id = must(world.lender.post("/v1/loans", world.loan_body("100.00"), key()))["id"]
    assert case.take("lender", "link_loan", loan_id=loan_id)["state"] == "disbursed"
    refused(case.step("lender", "link_loan", loan_id=loan_id), "规则 55")
    other = Case(world)  # on the contract alone
    other.body["loan_id"] = loan_id
    other.draft(409)  # one notarization on a loan


# ---- phase A ----


def test_everybody_bound_is_identified_and_certified(world):
    case = Case(world, loan={}).until("accepted")
    refused(case.step("notary", "identity", identities=case.identities()[:1]), "规定 12", 422)
    case.take("notary", "identity", identities=case.identities())
    case.take("notary", "inform", **PAPER)
    case.take("notary", "sign", **PAPER, signing_mode="on_site")
    case.take("notary", "review")
    paper = certificate(case.parties[0])
    refused(case.step("notary", "issue", **PAPER, certificate=paper), "规定 5(3)", 422)
    paper = certificate(*case.parties, issued_on=bodies.days_ago(-2))
    assert case.step("notary", "issue", **PAPER, certificate=paper).status == 422


def test_supplements_stop_the_notarys_clock(world):
    case = Case(world, loan={}).until("informed")
    due = [d["due_on"] for d in case.get()["deadlines"] if d["code"] == "issue_certificate"]
    case.take("notary", "require_supplement", "supplement_required", items=["营业执照"])
    refused(case.step("notary", "sign", **PAPER, signing_mode="on_site"), "公证法 27")
    case.take("lender", "supplement", "informed", **PAPER)
    again = [d["due_on"] for d in case.get()["deadlines"] if d["code"] == "issue_certificate"]
    assert len(due) == 1 and again >= due


@pytest.mark.parametrize("step, state, members, article", [
    ("refuse", "refused", {"reason": "文件不实", "reason_code": "documents_untrue"}, "公证法 37"),
    ("terminate", "terminated", {"reason": "撤回"}, "公证法 37"),
])
def test_without_a_certificate_the_way_is_a_suit(world, step, state, members, article):
    case = Case(world, loan={}).until("accepted")
    shown = case.take("notary", step, state, **members)
    assert shown["route"]["path"] == "civil_pack"
    assert shown["route"]["reasons"][0]["article"] == article
    refused(case.step("lender", "submit"), "公证程序规则 39")
    case.draft()  # the loan is free for another


@pytest.mark.parametrize("who, state", [
    ("lender", "submitted"), ("debtor", "informed"), ("guarantor", "signed")])
def test_a_party_withdraws_before_the_certificate_is_issued(world, who, state):
    case = Case(world, loan={}).draft()
    refused(case.step("lender", "withdraw", reason="x"), "公证程序规则 50")
    case.until(state)
    assert case.step("notary", "withdraw", reason="x").status == 403
    assert case.step(who, "withdraw").status == 422
    shown = case.take(who, "withdraw", "terminated", reason="不再办理")
    assert shown["status"] == "closed" and shown["next_steps"] == []
    assert shown["route"]["path"] == "civil_pack"
    refused(case.step("lender", "submit"), "公证程序规则 39")
    issued = Case(world, loan={}).until(None)
    refused(issued.step("lender", "withdraw", reason="x"), "公证程序规则 50")


@pytest.mark.parametrize("coverage, outside, bound", [
    ("principal_debt", "guarantor", "debtor"), ("guarantee_debt", "debtor", "guarantor")])
def test_whose_debt_is_not_notarised_ends_no_application(world, coverage, outside, bound):
    case = Case(world, loan={}, coverage=coverage).until("accepted")
    problem = refused(case.step(outside, "withdraw", reason="x"), "规定 6")
    assert (problem["rule"], problem["state"]) == ("规定 6", "accepted")
    case.take(bound, "withdraw", "terminated", reason="不再办理")


def test_an_application_for_the_execution_certificate_is_withdrawn(world):
    case = verifying(world)
    case.take("debtor", "reply", "verifying", result="objection", reason="已还",
              document_sha256=HASH)
    assert case.step("debtor", "withdraw_ec", reason="x").status == 403
    shown = case.take("lender", "withdraw_ec", "dunned", reason="与债务人协商")
    assert "claim" not in shown and "verification" not in shown
    assert not {"reply_to_verification", "issue_execution_certificate", "apply_for_enforcement"} & {
        d["code"] for d in shown["deadlines"]}
    listed = {d["name"]: d["available"] for d in must(
        world.lender.get(case.path + "/documents"))["data"]}
    assert not listed["verification-letter"] and not listed["execution-certificate-application"]
    case.take("lender", "apply_ec", "ec_applied", **PAPER, claim=claim(), accuracy_promise=True)
    case.take("notary", "send_verification", "verifying", letter=LETTER)
    case.take("debtor", "reply", "verifying", result="no_objection")  # the first counts no more
    shown = case.take("guarantor", "reply", "no_objection", result="no_objection")
    assert shown["verification"]["replied"] == 2
    case.take("notary", "issue_ec", "ec_issued", **PAPER,
              execution_certificate=execution_certificate())
    refused(case.step("lender", "withdraw_ec", reason="x"), "公证程序规则 50")


# ---- amendments ----


def test_amendments_are_notarised_or_taken_back(world):
    case = Case(world, loan={}).until(None)
    asked = {**PAPER, "reason": "展期", "amendment": amendment("100.00", bodies.days_ago(-300))}
    assert case.step("debtor", "request_amendment", **asked).status == 403
    case.take("lender", "request_amendment", "amendment_pending", **asked)
    refused(case.step("lender", "default", default_kind="acceleration", reason="x"), "规则 55")
    shown = case.take("lender", "reject_amendment", "disbursed", reason="不展期")
    assert "terms" not in shown
    case.take("lender", "request_amendment", "amendment_pending", **asked)
    assert case.step("lender", "amend", **PAPER,
                     certificate=certificate(*case.parties)).status == 403
    shown = case.take("notary", "amend", "amended_notarised", **PAPER,
                      certificate=certificate(*case.parties))
    assert shown["amendment"]["no"] != shown["certificate"]["no"]
    assert [a["status"] for a in shown["amendments"]] == ["not_notarised", "notarised"]
    assert shown["amendments"][1]["certificate"] == shown["amendment"]
    assert shown["terms"]["performance"] == asked["amendment"]["performance"]
    assert shown["dossier"]["performance"] == case.body["performance"]


@pytest.mark.parametrize("change, pointer, article", [
    (lambda a: a["performance"]["schedule"][0].update(principal="99.99"),
     "#/amendment/performance/schedule", "39(3)"),
    (lambda a: a["performance"].update(amount="90.00", schedule=[
        {"due_on": bodies.days_ago(-300), "principal": "90.00"}]),
     "#/amendment/performance/amount", "39(3)"),
    (lambda a: a["performance"]["schedule"][0].update(due_on="1926-12-01"),
     "#/amendment/performance", "39(3)"),
    (lambda a: a["performance"].update(deadline="1926-12-01"), "#/amendment/performance", "39(3)"),
    (lambda a: a["performance"].update(kind="goods"), "#/amendment/performance", ""),
    (lambda a: a.update(securities=[{"kind": "pledge", "name": "《质押合同》ZY-1", "scope": "本金"}]),
     "#/amendment/securities/0", "规定 6"),
    (lambda a: a.update(enforcement_clause=PROMISE + "另加", securities=[
        {"kind": "guarantee", "name": "《最高额保证合同》BZ-1", "scope": "本金"}]),
     "#/amendment/enforcement_clause", "公证法 37"),
    (lambda a: a.update(enforcement_clause="接受强制执行。", text="第二条 接受强制执行。"),
     "#/amendment/enforcement_clause", "规定 6"),
    (lambda a: a.update(enforcement_clause=PROMISE),  # it stands in the instrument alone
     "#/amendment/enforcement_clause", "76号"),
    (lambda a: a.update(acceleration_clause="任一期逾期则全部到期"),
     "#/amendment/acceleration_clause", "76号"),
    (lambda a: a.update(rate={"type": "lpr", "spread_bp": 10}), "#/amendment/rate/reset_rule",
     "39(3)"),
    (lambda a: a.pop("performance"), "#/amendment", ""),
    (lambda a: a.update(signed_on=bodies.days_ago(-2)), "#/amendment/signed_on", ""),
    (lambda a: a.update(effective_on=bodies.days_ago(-2)), "#/amendment/effective_on", ""),
    (lambda a: a.update(x=1), "#/amendment/x", ""),
])
def test_an_amendment_is_as_fit_as_the_instrument(world, amendable, change, pointer, article):
    terms = amendment("100.00", bodies.days_ago(-300))
    change(terms)
    answer = amendable.step("lender", "request_amendment", **PAPER, reason="x", amendment=terms)
    problem = refused(answer, article, 422)
    assert any(fault["pointer"].startswith(pointer) for fault in problem["errors"]), answer


@pytest.fixture(scope="module")
def amendable(world):
    return Case(world, loan={}).until(None)


def test_an_amendment_is_in_the_currency_of_the_case(world):
    """Yen have no hundredths: what does not say yen could not be read afterwards."""
    case = Case(world, "100", currency="JPY").until(None)
    terms = amendment("100", bodies.days_ago(-300))
    terms["performance"]["schedule"] = [
        {"due_on": bodies.days_ago(-300), "principal": "100", "interest": "10.50"}]
    asked = {**PAPER, "reason": "展期", "amendment": terms}
    answer = case.step("lender", "request_amendment", **asked)
    assert (answer.status, answer.json()["errors"][0]["pointer"]) == (422, "#/currency"), answer
    answer = case.step("lender", "request_amendment", **asked, currency="JPY")
    assert (answer.status, answer.json()["errors"][0]["pointer"]) == (
        422, "#/amendment/performance/schedule/0/interest"), answer
    terms["performance"]["schedule"][0]["interest"] = "10"
    case.take("lender", "request_amendment", "amendment_pending", **asked, currency="JPY")


def test_amended_terms_are_those_of_the_certificate_and_the_papers(world):
    case = Case(world, loan={}).until(None)
    days = [bodies.days_ago(-200), bodies.days_ago(-400)]
    promise = PROMISE + "本承诺亦及于《质押合同》ZY-1。"
    terms = amendment(
        "100.00", *days, no="BC-2026-1", signed_on=bodies.days_ago(1),
        text="第二条 " + promise + "第三条 任一期逾期则全部到期。",
        enforcement_clause=promise, acceleration_clause="任一期逾期则全部到期",
        rate={"type": "fixed", "annual_rate": "0.03"},
        securities=[{"kind": "guarantee", "name": "《最高额保证合同》BZ-1", "scope": "全部债务"},
                    {"kind": "pledge", "name": "《质押合同》ZY-1", "scope": "本金"}])
    unscheduled = {k: v for k, v in terms.items() if k != "performance"}
    answer = case.step("lender", "request_amendment", **PAPER, reason="降息", amendment=unscheduled)
    assert answer.status == 422, answer
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
        ("#/amendment/performance", "required")]
    case.take("lender", "request_amendment", "amendment_pending", **PAPER, reason="展期",
              amendment=terms)
    paper = certificate(*case.parties, no="变更-1")
    shown = case.take("notary", "amend", "amended_notarised", **PAPER, certificate=paper)
    assert shown["terms"]["rate"] == terms["rate"]
    due = {d["code"]: d["due_on"] for d in shown["deadlines"]}
    last = datetime.fromisoformat(days[1])
    months = last.year * 12 + last.month - 1 + 6  # 民法典 692: from the amended last day
    assert due["preserve_guarantee"][:7] == f"{months // 12}-{months % 12 + 1:02d}"
    case.take("lender", "default", "defaulted", default_kind="acceleration", reason="交叉违约")
    case.take("lender", "dun", **PAPER, dunning={"mode": "post", "sent_on": bodies.days_ago(0)})
    case.take("lender", "apply_ec", **PAPER, claim=claim(), accuracy_promise=True)
    case.take("notary", "send_verification", letter=LETTER)
    for who in ("debtor", "guarantor"):
        case.take(who, "reply", result="no_objection")
    shown = case.take("notary", "issue_ec", "ec_issued", **PAPER,
                      execution_certificate=execution_certificate())
    issued = shown["execution_certificate"]
    assert issued["basis"] == [
        {"instrument_no": "JK-2026-001", "certificate_no": shown["certificate"]["no"],
         "certified_on": shown["certificate"]["issued_on"]},
        {"instrument_no": "BC-2026-1", "signed_on": terms["signed_on"], "certificate_no": "变更-1",
         "certified_on": paper["issued_on"]}]
    assert issued["interest"]["rate_formula"] == "fixed 0.03"
    assert [g["scope"] for g in issued["guarantees"]] == ["全部债务"]
    assert [c["name"] for c in issued["collateral"]] == ["《质押合同》ZY-1"]
    text = {name: pages(must_pdf(case, name)) for name in (
        "application", "clause", "execution-certificate-draft")}
    assert days[1] in text["clause"] and "ZY-1" in text["clause"]
    assert days[1] not in text["application"]  # what was applied for then
    assert "BC-2026-1" in text["execution-certificate-draft"]
    assert "变更-1" in text["execution-certificate-draft"]


def must_pdf(case, name):
    answer = case.clients["lender"].get(f"{case.path}/documents/{name}")
    assert answer.status == 200, answer
    return answer.body


def test_a_signed_amendment_that_is_not_notarised_holds_up_the_application(world):
    case = Case(world, loan={}).until(None)
    terms = amendment("100.00", bodies.days_ago(-300), no="BC-9", signed_on=bodies.days_ago(1))
    case.take("lender", "request_amendment", **PAPER, reason="展期", amendment=terms)
    shown = case.take("notary", "reject_amendment", "disbursed", reason="材料不齐")
    assert shown["amendments"][0]["status"] == "not_notarised"
    case.take("lender", "default", "defaulted", default_kind="acceleration", reason="交叉违约")
    case.take("lender", "dun", **PAPER, dunning={"mode": "post", "sent_on": bodies.days_ago(0)})
    apply = {**PAPER, "claim": claim(), "accuracy_promise": True}
    problem = refused(case.step("lender", "apply_ec", **apply), "司发通〔2017〕76号")
    assert problem["rule"] == "司发通〔2017〕76号" and "BC-9" in problem["detail"]
    case.take("lender", "apply_ec", "ec_applied", **apply, reason="补充协议未生效")


def test_what_amends_an_instrument_is_notarised_with_it(world):
    body = fit_body(world, amendments=[{"no": "BC-1", "signed_on": "2026-01-06"}])
    said = preflight(world, body)
    assert said["fit"] is False
    assert [(f["pointer"], f["code"]) for f in said["faults"]] == [
        ("#/amendments/0", "amendment-notarised")]
    assert "司发通〔2017〕76号" in said["faults"][0]["detail"]
    for notarised in ({"certificate_no": "GZ-1"}, {"included": True}):
        body["amendments"][0] = {"no": "BC-1", **notarised}
        assert preflight(world, body)["fit"] is True
    body["amendments"][0]["text"] = f"第二条 {PROMISE}"  # the promise may stand there
    body["instrument"]["text"] = body["instrument"]["text"].replace(PROMISE, "")
    assert preflight(world, body)["fit"] is True
    case = Case(world, amendments=[{"no": "BC-1"}]).draft()
    refused(case.step("lender", "submit"), "司发通〔2017〕76号", 422)


# ---- change of creditor ----


def assignee(world):
    """Anybody who is no party of the case."""
    return {"name": world.chain.buyer["name"], "uscc": world.chain.buyer["uscc"],
            "legal_representative": "赵敏"}


def notice(case, *parties, **members):
    return {"mode": "post", "notified_on": bodies.days_ago(0),
            "party_ids": [p["id"] for p in parties or case.parties], **members}


def test_an_assignee_is_the_applicant_once_the_debtor_was_notified(world):
    case = in_default(world)
    given = {**PAPER, "assignee": assignee(world), "assigned_on": bodies.days_ago(1)}
    assert case.step("notary", "assign", **given).status == 403
    refused(case.step("lender", "notify_assignment", **PAPER, notice=notice(case)), "民法典 546")
    shown = case.take("lender", "assign", "dunned", **given)
    assert [s["assignee_name"] for s in shown["succession"]] == [world.chain.buyer["name"]]
    assert shown["dossier"]["creditor"] == case.body["creditor"]
    apply = {**PAPER, "claim": claim(), "accuracy_promise": True}
    assert refused(case.step("lender", "apply_ec", **apply), "民法典 546")["rule"] == "民法典 546"
    refused(case.step("lender", "assign", **given), "民法典 546")
    answer = case.step("lender", "notify_assignment", **PAPER,
                       notice=notice(case, case.parties[0]))
    assert refused(answer, "民法典 546", 422)["errors"][0]["pointer"] == "#/notice/party_ids"
    answer = case.step("lender", "notify_assignment", **PAPER,
                       notice=notice(case, notified_on=bodies.days_ago(2)))
    assert answer.json()["errors"][0]["pointer"] == "#/notice/notified_on"
    case.take("lender", "notify_assignment", "dunned", **PAPER, notice=notice(case))
    case.take("lender", "apply_ec", "ec_applied", **apply)
    refused(case.step("lender", "assign", **given), "民法典 546")
    case.take("notary", "send_verification", letter=LETTER)
    for who in ("debtor", "guarantor"):
        case.take(who, "reply", result="no_objection")
    shown = case.take("notary", "issue_ec", "ec_issued", **PAPER,
                      execution_certificate=execution_certificate())
    issued = shown["execution_certificate"]
    assert [a["name"] for a in issued["applicants"]] == [world.chain.buyer["name"]]
    assert issued["succession"] == shown["succession"] == [{
        "assignor_name": world.chain.bank["name"], "assignee_name": world.chain.buyer["name"],
        "assignee_uscc": world.chain.buyer["uscc"], "assigned_on": given["assigned_on"],
        "agreement_sha256": HASH, "notified_on": bodies.days_ago(0), "notice_sha256": HASH}]
    proof = pages(must_pdf(case, "succession"))
    assert world.chain.bank["name"] in proof and world.chain.buyer["name"] in proof
    assert world.chain.buyer["name"] in pages(must_pdf(case, "execution-certificate-application"))


def test_a_claim_is_assigned_again_by_whom_it_was_assigned_to(world):
    case = Case(world, loan={}).until(None)
    case.take("lender", "assign", **PAPER, assignee=assignee(world),
              assigned_on=bodies.days_ago(3))
    case.take("lender", "notify_assignment", **PAPER, notice=notice(case))
    again = {"name": "再受让人", "uscc": bodies.uscc(), "legal_representative": "钱敏"}
    answer = case.step("lender", "assign", **PAPER, assignee=again,
                       assigned_on=bodies.days_ago(4))
    assert (answer.status, answer.json()["errors"][0]["pointer"]) == (422, "#/assigned_on"), answer
    shown = case.take("lender", "assign", **PAPER, assignee=again, assigned_on=bodies.days_ago(3))
    assert [s["assignee_name"] for s in shown["succession"]] == [
        world.chain.buyer["name"], "再受让人"]


def wrong_check(uscc):
    return uscc[:-1] + ("0" if uscc[-1] != "0" else "1")


@pytest.mark.parametrize("change, pointer", [
    (lambda w, b: b["assignee"].pop("uscc"), "#/assignee/uscc"),
    (lambda w, b: b["assignee"].update(uscc=wrong_check(b["assignee"]["uscc"])),
     "#/assignee/uscc"),
    (lambda w, b: b["assignee"].pop("legal_representative"), "#/assignee/legal_representative"),
    (lambda w, b: b["assignee"].update(uscc=w.chain.seller["uscc"]), "#/assignee/uscc"),
    (lambda w, b: b["assignee"].update(uscc=w.chain.bank["uscc"]), "#/assignee/uscc"),
    (lambda w, b: b.update(assigned_on=bodies.days_ago(-2)), "#/assigned_on"),
    (lambda w, b: b.pop("assigned_on"), "#/assigned_on"),
    (lambda w, b: b.pop("document_sha256"), "#/document_sha256"),
])
def test_a_new_creditor_is_clear(world, amendable, change, pointer):
    body = {**PAPER, "assignee": assignee(world), "assigned_on": bodies.days_ago(1)}
    change(world, body)
    answer = amendable.step("lender", "assign", **body)
    assert (answer.status, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer


# ---- verification and the execution certificate ----


def test_amounts_that_are_not_the_ledgers_are_refused_with_the_difference(world):
    case = in_default(world)
    for wrong, differs in (("100.01", "0.01"), ("99.00", "-1.00")):
        problem = refused(case.step("lender", "apply_ec", **PAPER, claim=claim(principal=wrong),
                                    accuracy_promise=True), "公证程序规则 55")
        assert problem["difference"]["principal"] == differs
        assert problem["expected_amounts"]["principal"] == "100.00"
    must(world.lender.post("/v1/repayments", world.repayment_body(case.loan_id, "40.00"), key()))
    case.take("lender", "apply_ec", "ec_applied", **PAPER, claim=claim(principal="60.00"),
              accuracy_promise=True)
    case.take("notary", "send_verification", letter=LETTER)
    case.take("debtor", "reply", result="no_objection")
    case.take("guarantor", "reply", result="no_objection")
    refused(case.step("notary", "issue_ec", **PAPER,
                      execution_certificate=execution_certificate()), "公证程序规则 55")
    shown = case.take("notary", "issue_ec", "ec_issued", **PAPER,
                      execution_certificate=execution_certificate(principal="60.00"))
    paper = shown["execution_certificate"]
    assert paper["base_certificate_no"] == shown["certificate"]["no"]
    assert [p["name"] for p in paper["applicants"]] == [world.chain.bank["name"]]
    assert [(p["uscc"], p["role"]) for p in paper["respondents"]] == [
        (world.chain.seller["uscc"], "debtor"), (world.chain.guarantor["uscc"], "guarantor")]
    assert (paper["principal"], paper["interest"]["amount"]) == ("60.00", "0.00")
    assert [p["amount"] for p in paper["deducted_payments"]] == ["40.00"]
    assert [g["name"] for g in paper["guarantees"]] == ["《最高额保证合同》BZ-1"]
    assert paper["verification"]["result"] == "no_objection" and paper["content_hash"] == HASH
    due = [d["due_on"] for d in shown["deadlines"] if d["code"] == "apply_for_enforcement"]
    assert [paper["enforcement_deadline"]] == due


def test_the_letter_goes_the_agreed_way(world):
    case = in_default(world)
    case.take("lender", "apply_ec", **PAPER, claim=claim(), accuracy_promise=True)
    for wrong in ({"mode": "sms"}, {"address": "别处"}):
        refused(case.step("notary", "send_verification", letter={**LETTER, **wrong}), "39(5)")
    assert case.step("lender", "apply_ec", **PAPER, claim=claim(),
                     accuracy_promise=False).status == 422


def test_a_partial_objection_leaves_the_rest_enforceable(world):
    case = verifying(world)
    case.take("debtor", "reply", "verifying", result="partial_objection",
              disputed=amounts(principal="30.00"), reason="已还30元")
    case.take("guarantor", "reply", "partial_objection", result="no_objection")
    refused(case.step("notary", "issue_ec", **PAPER,
                      execution_certificate=execution_certificate()), "公证程序规则 55")
    case.take("notary", "issue_ec", "ec_issued", **PAPER,
              execution_certificate=execution_certificate(principal="70.00"))


def test_an_objection_with_evidence_is_answered_or_the_certificate_refused(world):
    case = verifying(world)
    assert case.notary.client.get(f"/v1/contracts/{world.contract_id}").status == 404
    case.take("debtor", "reply", "verifying", result="objection", reason="已清偿",
              evidence_record_ids=[world.contract_id])
    assert case.notary.client.get(f"/v1/contracts/{world.contract_id}").status == 200
    shown = case.take("notary", "reply", "objection_with_evidence", result="no_objection",
                      party_id=case.parties[1]["id"])
    assert shown["verification"]["result"] == "objection_with_evidence"
    refused(case.step("notary", "issue_ec", **PAPER,
                      execution_certificate=execution_certificate()), "规则 55", 422)
    shown = case.take("notary", "refuse_ec", "ec_refused", reason="债务已清偿",
                      reason_code="debt_performed")
    assert shown["route"]["reasons"][0]["article"] == "规定 8"
    assert shown["route"]["path"] == "civil_pack"
    assert shown["refusal"]["reason_code"] == "debt_performed"
    refused(case.step("lender", "file_enforcement", court={
        "name": "x", "basis": "respondent_domicile"}), "规定 5")


def test_replies_come_from_who_is_bound(world):
    case = verifying(world)
    assert case.step("debtor", "reply", result="no_objection",
                     party_id=case.parties[1]["id"]).status == 422
    assert case.step("notary", "reply", result="no_objection").status == 422
    refused(case.step("notary", "reply", result="no_objection", party_id=world.chain.buyer["id"]),
            "规定 6", 422)
    assert case.step("debtor", "reply", result="objection", reason="x").status == 422
    assert case.step("debtor", "reply", result="objection", reason="x",
                     evidence_record_ids=["ctr_00000000000000000000000000"]).status == 422
    assert case.step("lender", "reply", result="no_objection").status == 403


# ---- the court ----


def test_both_papers_come_before_enforcement(world):
    case = in_default(world)
    refused(case.step("lender", "file_enforcement", court={
        "name": "法院", "basis": "property_location"}), "规定 5")


def test_a_rejection_and_its_reconsideration(world):
    case = with_ec(world)
    case.take("lender", "file_enforcement", court={"name": "法院", "basis": "property_location"})
    assert case.step("court", "accept_enforcement", case_no="1").status == 404  # not its case
    case.take("lender", "reject_enforcement", "enf_rejected",
              reason_code="unclear_parties_or_payment", served_on=china_today())
    refused(case.step("lender", "decide_reconsideration", result="upheld"), "规定 7")
    case.take("lender", "apply_reconsideration", "enf_rejected")
    refused(case.step("lender", "apply_reconsideration"), "规定 7")
    shown = case.take("lender", "decide_reconsideration", "enf_rejected", result="upheld")
    refused(case.step("lender", "apply_reconsideration"), "规定 7")
    assert (shown["route"]["path"], shown["route"]["reasons"][0]["article"]) == ("civil_pack",
                                                                                 "规定 7")


def at_court(case, court_id=None):
    """Filed and registered; `court_id`: the court has a node."""
    named = {"court_id": court_id} if court_id else {}
    case.take("lender", "file_enforcement",
              court={"name": "法院", "basis": "property_location", **named})
    case.take("court" if court_id else "lender", "accept_enforcement", case_no="1")
    return case


def test_a_court_with_a_node_speaks_for_itself(world):
    case = with_ec(world)
    at_court(case, case.court.id)
    assert case.step("lender", "send_notice", served_on=china_today()).status == 403
    case.take("court", "send_notice", "notice_sent", served_on=china_today())


def test_service_does_not_lie_before_what_it_follows_from(world):
    """Else whoever reports it could take the other side's days."""
    case = at_court(with_ec(world))
    answer = case.step("lender", "send_notice", served_on=bodies.days_ago(40))
    assert (answer.status, answer.json()["errors"][0]["pointer"]) == (422, "#/served_on")
    answer = case.step("lender", "send_notice", served_on=china_today(),
                       happened_at=bodies.hours_ago(30))
    assert (answer.status, answer.json()["errors"][0]["pointer"]) == (422, "#/happened_at")


def test_a_rejected_application_is_reconsidered_or_made_anew_for_what_is_new(world):
    case = at_court(with_ec(world))
    case.take("lender", "send_notice", "notice_sent", served_on=china_today())
    refused(case.step("debtor", "apply_reconsideration"), "规定 21")
    case.take("debtor", "apply_non_enforcement", "non_enforcement_applied", ground="incapacity")
    measure = {"kind": "deposit", "description": "账户", "from": bodies.days_ago(0),
               "until": bodies.days_ago(-300)}
    shown = case.take("lender", "take_measures", "non_enforcement_applied", measures=[measure])
    assert [d["due_on"] for d in shown["deadlines"] if d["code"] == "renew_measure"] == \
        [measure["until"]]  # 规定 17: enforcement is not stopped
    case.take("lender", "decide_non_enforcement", "measures", result="rejected",
              served_on=china_today())
    refused(case.step("debtor", "apply_non_enforcement", ground="serious_breach"), "规定 14")
    refused(case.step("lender", "apply_reconsideration"), "", 403)
    case.take("debtor", "apply_reconsideration", "measures")
    refused(case.step("debtor", "apply_reconsideration"), "规定 21")
    case.take("lender", "decide_reconsideration", "measures", result="upheld")
    case.take("guarantor", "apply_non_enforcement", "non_enforcement_applied", ground="incapacity")
    case.take("lender", "decide_non_enforcement", "measures", result="rejected")
    case.take("debtor", "apply_non_enforcement", "non_enforcement_applied",
              ground="serious_breach", known_on=china_today())
    case.take("lender", "decide_non_enforcement", "measures", result="rejected")
    case.take("guarantor", "apply_reconsideration", "measures")
    shown = case.take("lender", "decide_reconsideration", "non_enforced", result="accepted")
    assert shown["route"]["reasons"][0]["article"] == "规定 20"


def test_public_order_is_the_courts_own_ground(world):
    case = with_ec(world)
    at_court(case, case.court.id)
    case.take("court", "send_notice", served_on=china_today())
    assert case.step("court", "apply_non_enforcement", ground="incapacity").status == 422
    case.take("court", "apply_non_enforcement", "non_enforcement_applied", ground="public_order")


def test_freezes_end_in_time(world):
    case = with_ec(world)
    case.take("lender", "file_enforcement", court={"name": "法院", "basis": "property_location"})
    case.take("lender", "accept_enforcement", case_no="1")
    measure = {"kind": "deposit", "description": "账户", "from": bodies.days_ago(0),
               "until": bodies.days_ago(-367)}
    refused(case.step("lender", "take_measures", measures=[measure]), "民诉解释 485", 422)
    measure["kind"] = "movable"
    shown = case.take("lender", "take_measures", "measures", measures=[measure])
    due = [d for d in shown["deadlines"] if d["code"] == "renew_measure"]
    assert due[0]["due_on"] == measure["until"]
    case.take("lender", "suspend", "suspended", reason="案外人异议")
    case.take("lender", "resume_enforcement", "measures")
    case.take("lender", "settle", "settled", **PAPER)
    case.take("lender", "resume_enforcement", "measures")
    case.take("lender", "end_round", "terminated_this_round")
    case.take("lender", "resume_enforcement", "measures")


def test_a_suit_on_the_instrument_bars_enforcement_until_it_ends(world):
    case = with_ec(world)
    suit = {"case_no": "（2026）浙0106民初1号", "reason": "公证债权文书与事实不符"}
    refused(case.step("debtor", "report_suit", **suit, plaintiff="creditor"), "规定 24", 422)
    shown = case.take("debtor", "report_suit", "ec_issued", **suit, plaintiff="debtor")
    assert shown["route"]["path"] == "enforcement_pack"  # 规定 22: it stops nothing
    refused(case.step("debtor", "report_suit", **suit, plaintiff="debtor"), "规定 22")
    case.take("debtor", "end_suit", "ec_issued", plaintiff="debtor", reason="撤诉")
    shown = case.take("lender", "report_suit", "ec_issued", **suit, plaintiff="creditor")
    assert shown["route"]["reasons"][0]["article"] == "规定 24"
    court = {"name": "法院", "basis": "property_location"}
    problem = refused(case.step("lender", "file_enforcement", court=court), "规定 24")
    assert problem["missing"]
    shown = case.take("lender", "end_suit", "ec_issued", plaintiff="creditor", reason="撤诉")
    assert shown["route"]["path"] == "enforcement_pack"
    refused(case.step("lender", "end_suit", plaintiff="creditor", reason="x"), "规定 22、24")
    case.take("debtor", "report_suit", **suit, plaintiff="debtor")
    case.take("lender", "file_enforcement", "enf_filed", court=court)
    case.take("lender", "accept_enforcement", case_no="1")
    won = {"plaintiff": "debtor", "reason": "判决不予执行", "result": "granted"}
    assert case.step("debtor", "end_suit", **won).status == 403
    shown = case.take("lender", "end_suit", "non_enforced", **won)
    assert shown["route"]["path"] == "civil_pack"


def test_a_debt_that_is_paid_needs_no_certificate(world):
    """规则 55: while the notary verifies, or with the certificate in hand; a payment that is taken
    back leaves the creditor where it was."""
    case = verifying(world)
    must(world.lender.post("/v1/repayments", world.repayment_body(case.loan_id, "100.00"), key()))
    wait_until(lambda: case.get()["state"] == "fulfilled", 10, "the end of the case")
    case = with_ec(world)
    paid = must(world.lender.post(
        "/v1/repayments", world.repayment_body(case.loan_id, "100.00"), key()))
    wait_until(lambda: case.get()["state"] == "fulfilled", 10, "the end of the case")
    must(world.lender.post("/v1/repayments", world.repayment_body(
        case.loan_id, paid["amount"], value_date=paid["value_date"], paid_at=paid["paid_at"],
        reversal_of=paid["id"]), key()))
    wait_until(lambda: case.get()["state"] == "ec_issued", 10, "the certificate counts again")


def test_a_dispute_without_ground_is_overruled_with_a_reason(world):
    case = verifying(world)
    case.take("debtor", "reply", result="partial_objection", reason="x",
              disputed=amounts(principal="100.00"))
    case.take("guarantor", "reply", "partial_objection", result="no_objection")
    paper = execution_certificate()
    refused(case.step("notary", "issue_ec", **PAPER, execution_certificate=paper), "规则 55")
    shown = case.take("notary", "issue_ec", "ec_issued", **PAPER, execution_certificate=paper,
                      reason="债务人未提交任何还款证据")
    said = shown["execution_certificate"]
    assert said["principal"] == "100.00"
    assert [r["result"] for r in said["verification"]["replies"]] == ["partial_objection",
                                                                      "no_objection"]


def test_a_loan_beyond_the_instrument_was_not_notarised(world):
    lower = {"rate": {"type": "fixed", "annual_rate": "0.0434"}}
    for members, terms, pointer in (
            ({"principal": "100.01"}, {}, "#/performance/amount"),
            ({"maturity_date": bodies.days_ago(-151)}, {}, "#/performance/deadline"),
            ({}, lower, "#/rate/annual_rate")):
        loan_id = must(world.lender.post(
            "/v1/loans", world.loan_body(**{"principal": "100.00", **members}), key()))["id"]
        case = Case(world, **terms)
        case.body["loan_id"] = loan_id
        answer = world.lender.post("/v1/enforcement-notarizations", case.body, key())
        assert refused(answer, "39(3)", 422)["errors"][0]["pointer"] == pointer
        case = Case(world, **terms).draft()
        refused(case.step("lender", "link_loan", loan_id=loan_id), "39(3)", 422)
    taken = Case(world, loan={}).draft().loan_id
    case = Case(world).draft()
    assert case.step("lender", "link_loan", loan_id=taken).status == 409


def test_only_guarantees_may_be_notarised(world):
    """规定 6: then the debtor is not bound."""
    case = Case(world, loan={}, coverage="guarantee_debt").until("accepted")
    guarantor = case.identities()[1:]
    case.take("notary", "identity", "identity_verified", identities=guarantor)
    case.take("notary", "inform", **PAPER)
    refused(case.step("notary", "sign", **PAPER, signing_mode="online"), "规定 12(1)")
    case.take("notary", "sign", **PAPER, signing_mode="on_site")
    case.take("notary", "review")
    case.take("notary", "issue", **PAPER, certificate=certificate(case.parties[1]))
    case.take("lender", "default", default_kind="acceleration", reason="交叉违约")
    case.take("lender", "dun", **PAPER, dunning={"mode": "post", "sent_on": bodies.days_ago(0)})
    case.take("lender", "apply_ec", **PAPER, claim=claim(), accuracy_promise=True)
    case.take("notary", "send_verification", letter=LETTER)
    refused(case.step("debtor", "reply", result="no_objection"), "规定 6", 422)
    case.take("guarantor", "reply", "no_objection", result="no_objection")
    shown = case.take("notary", "issue_ec", "ec_issued", **PAPER,
                      execution_certificate=execution_certificate())
    assert [p["role"] for p in shown["execution_certificate"]["respondents"]] == ["guarantor"]
    guarantee = [d for d in shown["deadlines"] if d["code"] == "preserve_guarantee"]
    assert guarantee and "担保解释 27" in guarantee[0]["article"]


def test_a_party_cannot_use_up_the_steps_of_a_case(world):
    case = with_ec(world)
    suit = {"plaintiff": "debtor", "reason": "x"}
    for _ in range(14):  # with its reply 29 steps
        case.take("debtor", "report_suit", case_no="1", **suit)
        case.take("debtor", "end_suit", **suit)
    case.take("debtor", "report_suit", case_no="1", **suit)
    answer = case.step("debtor", "end_suit", **suit)
    assert answer.status == 409 and "at most 30" in answer.json()["detail"]
    at_court(case)


# ---- who, races, idempotency, bodies ----


def test_who_sees_and_who_may(world):
    case = Case(world, loan={}).until("accepted")
    stranger = make_node(world.admin, "notary").client
    other_lender = make_node(world.admin, "lender").client
    for client in (stranger, other_lender, world.debtor):
        assert client.get(case.path).status == 404
        assert client.get(case.path + "/steps").status == 404
        assert client.post(case.path + "/steps", {"step": "review"}, key()).status == 404
        assert case.id not in client.get("/v1/enforcement-notarizations").body.decode()
    assert case.step("lender", "identity", identities=case.identities()).status == 403
    assert case.step("debtor", "terminate", reason="x").status == 403
    assert world.erp.post("/v1/enforcement-notarizations", case.body, key()).status == 403
    assert must(world.erp.get("/v1/enforcement-notarizations", state="accepted",
                              loan_id=case.loan_id))["data"][0]["id"] == case.id
    assert case.step("admin", "identity", identities=case.identities()).status == 201
    assert world.regulator.get(case.path).status == 404


def test_a_step_is_taken_once_however_many_ask(world):
    case = Case(world, loan={}).until("accepted")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(
            lambda _: case.step("notary", "identity", identities=case.identities()).status,
            range(8)))
    assert sorted(answers) == [201] + [409] * 7
    steps = must(world.lender.get(case.path + "/steps"))["data"]
    assert [s["step"] for s in steps] == ["create", "submit", "accept", "identity"]


def test_the_same_key_gets_the_same_answer(world):
    case = Case(world, loan={}).until("accepted")
    same = key()
    first = case.step("notary", "identity", same, identities=case.identities())
    again = case.step("notary", "identity", same, identities=case.identities())
    assert first.status == again.status == 201 and first.body == again.body
    assert again.headers["Idempotent-Replayed"] == "true"
    answer = world.lender.post("/v1/enforcement-notarizations", case.body)
    assert answer.json()["code"] == "idempotency-key-invalid"


def test_tags_and_pages(world):
    case = Case(world, loan={}).until("accepted")
    answer = world.lender.get(case.path)
    tag = answer.headers["ETag"]
    assert world.lender.get(case.path, {"If-None-Match": tag}).status == 304
    page = must(world.lender.get(case.path + "/steps", limit=2))
    rest = must(world.lender.get(case.path + "/steps", limit=2, after=page["next_cursor"]))
    assert [s["seq"] for s in page["data"] + rest["data"]] == [1, 2, 3]
    assert world.lender.get("/v1/enforcement-notarizations", state="x").status == 400


def test_references_must_exist(world):
    for member, value in (("notary_id", world.chain.lender.id), ("contract_id", None),
                          ("loan_id", "loan_00000000000000000000000000")):
        case = Case(world)
        case.body[member] = value or "ctr_00000000000000000000000000"
        case.draft(422)
    case = Case(world, loan={})
    case.body["debtors"][0]["enterprise_id"] = world.chain.buyer["id"]
    case.body["debtors"][0]["uscc"] = world.chain.buyer["uscc"]
    assert "borrower" in world.lender.post("/v1/enforcement-notarizations", case.body,
                                           key()).body.decode()


BODIES = {
    "identity": lambda c: {"identities": c.identities()},
    "issue": lambda c: {**PAPER, "certificate": certificate(*c.parties)},
    "request_amendment": lambda c: {**PAPER, "reason": "x", "amendment": amendment(
        "100.00", bodies.days_ago(-300), rate={"type": "none"})},
    "assign": lambda c: {**PAPER, "assigned_on": bodies.days_ago(1),
                         "assignee": assignee(c.world)},
    "notify_assignment": lambda c: {**PAPER, "notice": notice(c)},
    "apply_ec": lambda c: {**PAPER, "claim": claim(), "accuracy_promise": True},
    "reply": lambda c: {"result": "partial_objection", "disputed": amounts(), "reason": "x",
                        "evidence_record_ids": [c.world.contract_id],
                        "party_id": c.parties[0]["id"]},
    "issue_ec": lambda c: {**PAPER, "execution_certificate": execution_certificate()},
    "take_measures": lambda c: {"measures": [{
        "kind": "deposit", "description": "a", "from": bodies.days_ago(0),
        "until": bodies.days_ago(-3), "amount": "1.00"}]},
    "file_enforcement": lambda c: {"court": {"name": "a", "basis": "property_location"},
                                   "property_clues_sha256": HASH},
}


LENDERS = ("request_amendment", "assign", "notify_assignment")


@pytest.mark.parametrize("name", BODIES)
def test_bodies_with_one_thing_wrong(world, name):
    case = (Case(world, loan={}).until("accepted") if name == "identity" else
            Case(world, loan={}).until(None) if name in LENDERS else verifying(world))
    source = random.Random(name)
    body = {"step": name, "happened_at": "2026-01-02T03:04:05Z", **BODIES[name](case)}
    client = (world.lender if name in LENDERS else world.admin).copy()
    for text in [*mutate.mutants(body, source, 60), *mutate.broken_texts(body)]:
        answer = client.post(case.path + "/steps", text, key())
        assert answer.status in (201, 400, 403, 409, 413, 422), (text[:300], answer)


def test_drafts_and_preflights_with_one_thing_wrong(world):
    source = random.Random(4)
    body = Case(world).body
    for text in mutate.mutants(body, source, 120):
        answer = world.lender.copy().post("/v1/enforcement-notarizations", text, key())
        assert answer.status in (201, 400, 409, 413, 422), (text[:300], answer)
        answer = world.lender.copy().post("/v1/enforcement-notarizations/preflight", text)
        assert answer.status in (200, 400, 413, 422), (text[:300], answer)


def test_a_dossier_that_is_too_large_is_told_so(world):
    """The schema bounds its parts, not their sum; who looks before drafting learns it too."""
    amendments = [{"no": f"BC-{n}", "text": "约" * 19000} for n in range(20)]
    case = Case(world, amendments=amendments)
    look = "/v1/enforcement-notarizations/preflight"
    draft = "/v1/enforcement-notarizations"
    for path, body in ((look, fit_body(world, amendments=amendments)), (draft, case.body)):
        answer = world.lender.post(path, body, key())
        assert (answer.status, answer.json()["code"]) == (413, "body-too-large"), answer
        assert "1048576 bytes" in answer.json()["detail"]
    case.body["amendments"] = amendments[:18]
    case.draft()


def test_a_case_from_paper_is_not_older_than_loans_are(world):
    case = Case(world).draft()
    old = case.step("lender", "submit", happened_at="1990-01-01T00:00:00Z")
    assert (old.status, old.json()["errors"][0]["pointer"]) == (422, "#/happened_at"), old
    case.take("lender", "submit", "submitted", happened_at=bodies.hours_ago(365 * 24))


# ---- calendars ----


def test_calendars_are_versioned(world):
    shipped = must(world.lender.get("/v1/working-calendars"))["data"]
    assert [(c["year"], c["version"]) for c in shipped][:3] == [(2024, 1), (2025, 1), (2026, 1)]
    body = {"year": 2093, "holidays": ["2093-01-01"], "workdays": [], "source": "试验"}
    assert world.lender.post("/v1/working-calendars", body).status == 403
    for version in (1, 2):
        made = must(world.admin.post("/v1/working-calendars", body), 201)
        assert (made["version"], made["holidays"]) == (version, ["2093-01-01"])
    wrong = {**body, "workdays": ["2094-01-02"]}
    assert world.admin.post("/v1/working-calendars", wrong).status == 422
    for twice, pointer in (({"workdays": ["2093-01-01"]}, "#/workdays/0"),
                           ({"holidays": ["2093-01-01", "2093-01-01"]}, "#/holidays/1")):
        answer = world.admin.post("/v1/working-calendars", {**body, **twice})
        assert answer.status == 422
        assert [e["pointer"] for e in answer.json()["errors"]] == [pointer]
    assert len(must(world.lender.get("/v1/working-calendars", year=2093))["data"]) == 2


def test_calendars_with_one_thing_wrong(world):
    body = {"year": 2092, "holidays": ["2092-01-01"], "workdays": ["2092-01-05"], "source": "试验"}
    for text in [*mutate.mutants(body, random.Random(5), 60), *mutate.broken_texts(body)]:
        answer = world.admin.copy().post("/v1/working-calendars", text)
        assert answer.status in (201, 400, 413, 422), (text[:300], answer)


# ---- papers ----

EARLY = {"application", "clause", "settlement"}


def pages(pdf):
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(pdf)
        file.flush()
        return subprocess.run(["pdftotext", "-layout", file.name, "-"], capture_output=True,
                              check=True).stdout.decode()


def papers(case, who="lender"):
    return {d["name"]: d for d in must(case.clients[who].get(case.path + "/documents"))["data"]}


def test_papers_say_what_the_case_says(world):
    case = Case(world, loan={}).draft()
    listed = papers(case)
    assert {name for name, d in listed.items() if d["available"]} == EARLY
    answer = case.clients["lender"].get(case.path + "/documents/verification-letter")
    assert answer.status == 409 and answer.json()["code"] == "wrong-state"
    assert case.clients["lender"].get(case.path + "/documents/x").status == 404
    case.until(None)
    case.take("lender", "default", default_kind="acceleration", reason="交叉违约")
    case.take("lender", "dun", **PAPER, dunning={"mode": "post", "sent_on": bodies.days_ago(0)})
    case.take("lender", "apply_ec", **PAPER, claim=claim(), accuracy_promise=True)
    case.take("notary", "send_verification", letter=LETTER)
    case.take("debtor", "reply", result="partial_objection", reason="x",
              disputed=amounts(principal="30.00"))
    case.take("guarantor", "reply", result="no_objection")
    listed = papers(case)
    assert {n for n, d in listed.items() if not d["available"]} == {
        "execution-certificate-refusal", "succession"}
    internal = {"execution-certificate-application", "settlement", "execution-certificate-draft"}
    assert set(listed) - set(papers(case, "debtor")) == internal
    assert set(papers(case, "notary")) == set(listed)
    for name in internal:
        assert case.clients["guarantor"].get(f"{case.path}/documents/{name}").status == 404
    texts = {}
    for name, entry in listed.items():
        if not entry["available"]:
            continue
        who = "notary" if name in internal else "guarantor"
        answer = case.clients[who].get(f"{case.path}/documents/{name}")
        assert answer.headers["Content-Type"] == "application/pdf"
        assert hashlib.sha256(answer.body).hexdigest() == entry["sha256"]
        assert len(answer.body) == entry["bytes"]
        texts[name] = re.sub(r"\s", "", pages(answer.body))
        assert entry["title"] in texts[name]
    assert "愿意接受强制执行的承诺" in texts["clause"]
    assert "自愿接受强制执行" in texts["clause"] and "BZ-1" in texts["clause"]
    assert "第三十七条" in texts["notice"]
    assert "逾期未回复视为无异议" in texts["verification-letter"]
    assert "合计：CNY100.00" in texts["execution-certificate-application"]
    assert "放款100.00" in texts["settlement"] and "已履行" in texts["settlement"]
    assert "本金：CNY70.00" in texts["execution-certificate-draft"]
    assert "申请执行期限届满日" in texts["execution-certificate-draft"]
    assert papers(case) == listed  # the same bytes again


def test_the_walk_of_the_manual_runs_as_it_stands(server, world, tmp_path):
    text = (ROOT / "docs" / "notarization.md").read_text(encoding="utf-8")
    script = "set -e\n" + "\n".join(re.findall(r"```sh\n(.*?)```", text, re.S))
    case = Case(world, loan={})
    (tmp_path / "dossier.json").write_text(json.dumps(case.body, ensure_ascii=False))
    keys = {name.upper(): case.clients[name].key
            for name in ("lender", "notary", "debtor", "guarantor")}
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, text=True, timeout=300,
                          env={**os.environ, **keys, "URL": server.url}, capture_output=True,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    states = [line for line in done.stdout.split() if re.fullmatch("[a-z_]+", line)]
    assert states[:3] == ["true", "submitted", "accepted"] and "ec_issued" in states
    assert (tmp_path / "draft.pdf").read_bytes().startswith(b"%PDF")
