"""The credit model once more, from docs/credit-model.md and the shipped template files, in Python's
exact integers: what scfd must answer. No code of scfd takes part."""
import json
import re
from collections import defaultdict
from datetime import date, datetime
from fractions import Fraction

from harness.server import ROOT

PPM = 1_000_000
HOUR_US = 3_600_000_000
GRADES = "ABCD"
POLICY = {
    "advance": 300_000,
    "truth": (250_000, 150_000, 250_000, 350_000),
    "lateness_h": 168,
    "qualification_base": 500_000,
    "history_full": 3,
    "history": (1_000_000, 900_000, 800_000),
    "stages": {"preparation": 300_000, "accepted": 700_000},  # those that these deliveries reach
    "quantity_tolerance": 20_000,
}
DECIMAL = re.compile(r"-?(0|[1-9]\d*)(\.\d{1,9})?")


def ppm(text):
    """A decimal in millionths, rounded down; None for other text."""
    text = str(text)
    if not DECIMAL.fullmatch(text):
        return None
    exact = Fraction(text) * PPM
    return int(exact) if exact >= 0 else -int(-exact)


def ratio(part, whole):
    return part * PPM // whole if whole else 0


def blend(a, b, weight):
    return (a * weight + b * (PPM - weight)) // PPM


class Template:
    def __init__(self, code):
        self.definition = json.loads(
            (ROOT / "templates" / f"{code}.json").read_text(encoding="utf-8")
        )
        self.fields = self.definition["fields"]
        self.grading = self.definition["grading"]

    def judge(self, body, on_time):
        """Weights, what is missing, what is out of range, the watched values."""
        expected = present = 0
        missing, out_of_range, measures = [], [], {}
        for field in self.fields:
            weight = ppm(field.get("weight", "1"))
            expected += weight
            value = look_up(body, field["key"])
            if not has_type(field, value):
                missing.append(field["key"])
                continue
            present += weight
            if not in_range(field, value):
                out_of_range.append(field["key"])
            if ppm(field.get("fluctuation_threshold", "0")):
                measures[field["key"]] = ppm(value)
        return {
            "expected": expected,
            "present": present,
            "missing": missing,
            "out_of_range": out_of_range,
            "measures": measures,
            "range_ok": on_time and not out_of_range,
        }


def look_up(body, key):
    if key in body.get("fields", {}):
        return body["fields"][key]
    for part in key.split("."):
        if isinstance(body, list):
            body = body[int(part)] if int(part) < len(body) else None
        else:
            body = body.get(part) if isinstance(body, dict) else None
    return body


def has_type(field, value):
    kind = field["type"]
    if value is None:
        return False
    if kind in ("decimal", "integer"):
        units = ppm(value) if not isinstance(value, bool) else None
        return units is not None and (kind == "decimal" or units % PPM == 0)
    if kind == "boolean":
        return isinstance(value, bool)
    if not isinstance(value, str) or value == "":
        return False
    if kind in ("date", "datetime"):
        try:
            (date if kind == "date" else datetime).fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            return False
    return True


def in_range(field, value):
    if field["type"] == "enum":
        return value in field["enum"]
    if field["type"] not in ("decimal", "integer"):
        return True
    units = ppm(value)
    return ("min" not in field or units >= ppm(field["min"])) and (
        "max" not in field or units <= ppm(field["max"])
    )


class Series:
    """Each watched value against the mean of its field over the latest earlier month."""

    def __init__(self, template):
        self.thresholds = {
            f["key"]: ppm(f["fluctuation_threshold"])
            for f in template.fields
            if "fluctuation_threshold" in f
        }
        self.month, self.values, self.means = None, defaultdict(list), {}

    def add(self, day, measures):
        """(comparable, within the thresholds)"""
        month = (day.year, day.month)
        if self.month is not None and month > self.month:
            for key, values in self.values.items():
                self.means[key] = sum(values) // len(values)
            self.values.clear()
        self.month = max(self.month or month, month)
        compared = [
            abs(value - self.means[key]) * PPM
            <= max(abs(self.means[key]), 1) * self.thresholds[key]
            for key, value in measures.items()
            if key in self.means
        ]
        for key, value in measures.items():
            self.values[key].append(value)
        return bool(compared), bool(compared) and all(compared)


def grade_up(value, bounds):
    return GRADES[sum(value < ppm(bound) for bound in bounds)]


def grade_down(value, hours):
    return GRADES[sum(value > int(bound) * HOUR_US for bound in hours)]


class Borrower:
    """A vendor's records in the order in which they came in, and what follows from those of a
    window of days."""

    def __init__(self, event_template, invoice_template):
        self.templates = {"event": event_template, "invoice": invoice_template}
        self.series = Series(event_template)
        self.records = []  # (day, kind, judgement, delay, comparable, within, applicable, passed)

    def add(self, kind, body, day, delay_us, applicable, passed):
        """Takes an accepted record; returns the judgement of its template."""
        judged = self.templates[kind].judge(body, delay_us >= 0)
        compared = (False, False)
        if kind == "event":
            compared = self.series.add(day, judged["measures"])
        self.records.append((day, kind, judged, max(0, delay_us), *compared, applicable, passed))
        return judged

    def window(self, first=date.min, last=date.max):
        return Window(self, [r for r in self.records if first <= r[0] <= last])


class Window:
    """Sums over records, and the figures that follow (CR-2)."""

    def __init__(self, borrower, records):
        self.grading = borrower.templates["event"].grading
        events = [r for r in records if r[1] == "event"]
        self.present = sum(r[2]["present"] for r in records)
        self.expected = sum(r[2]["expected"] for r in records)
        self.events = len(events)
        self.in_range = sum(r[2]["range_ok"] for r in events)
        self.compared = sum(r[4] for r in events)
        self.within = sum(r[5] for r in events)
        self.delays = {k: [r[3] for r in records if r[1] == k] for k in ("event", "invoice")}
        self.months = {(r[0].year, r[0].month) for r in records}
        self.applicable = sum(r[6] for r in records)
        self.passed = sum(r[7] for r in records)

    def ratings(self):
        grading = self.grading
        n = ratio(self.present, self.expected)
        means = {k: sum(v) // len(v) for k, v in self.delays.items() if v}
        if len(means) == 2:
            delay = blend(
                means["event"], means["invoice"], ppm(grading["delay_weights"]["workflow"])
            )
        else:
            delay = next(iter(means.values()), None)
        in_range, within = ratio(self.in_range, self.events), ratio(self.within, self.compared)
        accuracy = (
            blend(in_range, within, ppm(grading["accuracy_weights"]["range"]))
            if self.compared
            else in_range
        )
        grades = (
            grade_up(n, grading["normativity"]),
            grade_down(delay, grading["timeliness_hours"]) if means else "D",
            grade_up(accuracy, grading["accuracy"]) if self.events else "D",
        )
        lateness = POLICY["lateness_h"] * HOUR_US
        scores = dict(zip(GRADES, map(ppm, grading["scores"])))
        weights = [
            ppm(grading["rating_weights"][k]) for k in ("normativity", "timeliness", "accuracy")
        ]
        credibility = (
            0 if "D" in grades else sum(w * scores[g] for w, g in zip(weights, grades)) // PPM
        )
        return {
            "normativity": n,
            "delay_us": delay,
            "workflow_us": means.get("event"),
            "invoice_us": means.get("invoice"),
            "in_range": in_range,
            "within": within if self.compared else None,
            "timeliness": ratio(max(0, lateness - delay), lateness) if means else 0,
            "accuracy": accuracy,
            "grades": grades,
            "overall": max(grades),
            "credibility": credibility,
        }

    def checks(self, contracts):
        """X of CR-6.2: every check of a contract weighs one, all checks inside records together
        one."""
        applicable = passed = 0
        if self.applicable:
            applicable, passed = PPM, ratio(self.passed, self.applicable)
        for contract in contracts:
            outcomes = contract.findings().values()
            applicable += PPM * sum(o is not None for o in outcomes)
            passed += PPM * sum(o is True for o in outcomes)
        return ratio(passed, applicable)

    def limit(self, contracts):
        """The initial limit in minor units: no guarantee, no licence, nothing financed (CR-2.3)."""
        if not self.months:
            return 0
        rated = self.ratings()
        values = (
            rated["normativity"],
            rated["timeliness"],
            rated["accuracy"],
            self.checks(contracts),
        )
        truth = sum(w * v for w, v in zip(POLICY["truth"], values)) // PPM
        months = len(self.months)
        history = POLICY["history"][0 if months >= POLICY["history_full"] else 1]
        return sum(
            contract.amount
            * POLICY["advance"]
            * truth
            * POLICY["qualification_base"]
            * history
            // PPM**4
            for contract in contracts
        )


class Trade:
    """What a contract's papers say together, of deliveries that a system nobody operates reports:
    whole lines, at once received and invoiced."""

    def __init__(self, amount, signed, ordered):
        self.amount, self.signed = amount, signed  # minor units; a day
        self.ordered = ordered  # code → (quantity, value in minor units), in order
        self.delivered, self.invoiced = {}, {}  # code → [quantity, …]
        self.delivered_on, self.billed_on = [], []
        self.delivered_value = self.billed = 0

    def deliver(self, code, quantity, value, day):
        self.delivered.setdefault(code, []).append(quantity)
        self.delivered_value += value
        self.delivered_on.append(day)

    def invoice(self, code, quantity, amount, day):
        self.invoiced.setdefault(code, []).append(quantity)
        self.billed += amount
        self.billed_on.append(day)

    def completion(self):
        """P_t of CR-2.4: each ordered line weighs what it is worth, its share is what was accepted
        of it; or what was accepted of the whole, whichever proves more."""
        whole = sum(value for _, value in self.ordered.values())
        by_lines = sum(
            ratio(value, whole)
            * min(PPM, ratio(sum(self.delivered.get(code, [])), quantity))
            // PPM
            for code, (quantity, value) in self.ordered.items()
        )
        return max(by_lines, min(PPM, ratio(self.delivered_value, self.amount)))

    def stage(self):
        return "accepted" if self.delivered else "preparation"

    def findings(self):
        """Check → passed; None where there is nothing to look at (CR-6.1). Only those that these
        papers can speak to."""
        matched = [
            abs(sum(self.invoiced[code]) - sum(self.delivered[code])) * PPM
            <= POLICY["quantity_tolerance"] * quantity
            for code, (quantity, _) in self.ordered.items()
            if code in self.delivered and code in self.invoiced
        ]
        return {
            "parties": True if self.delivered or self.invoiced else None,
            "signed-first": (
                all(day >= self.signed for day in self.delivered_on) if self.delivered else None
            ),
            "step-order": (
                all(day >= self.signed for day in self.billed_on) if self.invoiced else None
            ),
            "quantity-match": all(matched) if matched else None,
            "quantity-ordered": (
                all(
                    sum(quantities) * 100 <= self.ordered[code][0] * 105
                    for code, quantities in self.delivered.items()
                )
                if self.delivered
                else None
            ),
            "invoice-sum": self.billed <= self.amount if self.invoiced else None,
            "line-tax": True if self.invoiced else None,
        }


class Account:
    """What a contract's account grants: cumulative targets (CR-2.3)."""

    def __init__(self, initial):
        self.initial, self.increments, self.frozen = initial, 0, False

    def granted(self):
        return self.initial + self.increments

    def run(self, trade, credibility):
        """One period: the target and the increment."""
        target = (
            trade.amount
            * POLICY["stages"][trade.stage()]
            * trade.completion()
            * credibility
            // PPM**3
        )
        self.frozen = credibility == 0
        increment = 0 if self.frozen else max(0, target - self.granted())
        self.increments += increment
        return target, increment
