"""Hooks of Schemathesis: keep it on this machine, let it ask only what a web server passes on, and judge refusals of what follows the document."""
import re

import schemathesis
from schemathesis.core import NOT_SET

# What JSON Schema cannot say, so that a request may be refused although it is as the document has it: things that must be there, values that depend on a
# scenario or on each other, bytes where it counts characters, integers of more than 64 bits where anything may stand. A pattern of what `details` may name, for each operation; `limit` of nothing else.
BEYOND = {
    "createExperiment": r"scenario|policies|network_settings\.\w+|[a-z][a-z0-9_]*",
    "cloneExperiment": r"scenario|policies|network_settings\.\w+|[a-z][a-z0-9_]*",
    "controlExperiment": r"scheduled_at",
    "listExperiments": r"q",
    "listRounds": r"limit|offset",
    "listClients": r"limit|offset",
    "getMetricHistory": r"service|step|from|to",
    "getLiveMetrics": r"services",
    "getHealthHistory": r"from|to",
    "listAlerts": r"from|to",
    "readEvents": r"experiment_ids",
    "reportEvents": r"events\.\d+|body",
    "createToken": r"name|experiment",
    "createSilence": r"until|service|rule_id|experiment_id",
    "createAlertRule": r"metric|service|experiment_id|clear_threshold|critical_threshold",
    "replaceAlertRule": r"metric|service|experiment_id|clear_threshold|critical_threshold",
    "updateConfig": r"(services|integration|notifications)\..+|body",
    "login": r"$^",
}
RIGHT = {200, 201, 202, 204, 304, 404, 409, 412, 429}


@schemathesis.check
def taken_when_it_follows_the_document(ctx, response, case):
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code in RIGHT:
        return None
    name = case.operation.definition.raw.get("operationId")
    if response.status_code in (401, 403):
        return None  # who may is told by tests/e2e/test_contract_reads.py
    details = {}
    if response.status_code == 400 and "application/json" in str(response.headers.get("content-type")):
        details = response.json()["error"].get("details", {})
    wrong = [field for field in details if not re.fullmatch(BEYOND.get(name, r"$^"), field)]
    if wrong or not details:
        raise AssertionError(f"{name}: refused with {response.status_code} {details or response.text[:300]}, which the document does not say")
    return None


@schemathesis.hook
def before_call(context, case, **kwargs):
    operation = case.operation.definition.raw.get("operationId")
    # A web server may refuse a GET with a body before the API sees it, and ours does.
    if case.method.upper() in ("GET", "HEAD"):
        case.body = NOT_SET
    # Addresses that were made up would be called by probes and notifications: such a change is only tried.
    if operation in ("updateConfig", "revertConfig") and "dry_run" not in (case.query or {}):
        case.query = {**(case.query or {}), "dry_run": "true"}
    # A scenario's name is made up too; with one that is there something comes into being, and the links from it lead further.
    if operation in ("createExperiment", "cloneExperiment") and case.meta and case.meta.generation.mode.is_positive and isinstance(case.body, dict) and len(str(case.body)) % 4:
        scenario = {"scenario": "shell"} if operation == "createExperiment" else {}
        case.body = {**{k: v for k, v in case.body.items() if k not in ("configuration", "seed")}, **scenario}
