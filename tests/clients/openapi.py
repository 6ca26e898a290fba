"""Checks the description of the control API, and answers against it: `openapi.py FILE`, whose FILE has both."""

import json
import sys

from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

with open(sys.argv[1], encoding="utf-8") as file:
    given = json.load(file)
description = given["description"]
validate(description)

used = set()
for answer in given["answers"]:
    where = f"{answer['method']} {answer['path']}"
    operation = description["paths"][answer["path"]][answer["method"]]
    used.add(where)
    response = operation["responses"].get(str(answer["status"]), operation["responses"]["default"])
    checks = [("answer", response, answer["answer"])]
    if answer["status"] == 200 and "requestBody" in operation:
        checks.append(("body", operation["requestBody"], answer["body"]))
    for what, described, value in checks:
        # Its references start at the root of the description.
        schema = {**described["content"]["application/json"]["schema"], "components": description["components"]}
        errors = [error.message for error in Draft202012Validator(schema).iter_errors(value)]
        if errors:
            sys.exit(f"{what} of {where}: {errors} in {value}")

described = {f"{method} {path}" for path, methods in description["paths"].items() for method in methods}
missing = described - used - {"get /_sim/openapi.json"}
if missing:
    sys.exit(f"nothing was asked of {sorted(missing)}")
print(len(given["answers"]), "answers fit")
