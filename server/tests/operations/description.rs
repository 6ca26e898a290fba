//! The description of the control API, and that what the API answers is what it describes.

use hsm_sim::fault::{FaultKind, FaultSpec};
use serde_json::{Value, json};

use crate::Scene;
use crate::control::Control;

/// Why a value is not what a schema describes, with the place; for the keywords that the description uses.
fn misfit(description: &Value, schema: &Value, value: &Value, place: &str) -> Option<String> {
    let wrong = |what: &str| Some(format!("{place}: {value} {what}"));
    if *schema == json!(true) {
        return None;
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let target = reference.strip_prefix('#').and_then(|pointer| description.pointer(pointer));
        return match target {
            Some(target) => misfit(description, target, value, place),
            None => wrong(&format!("has an unknown schema {reference}")),
        };
    }
    for keyword in schema.as_object().into_iter().flatten().map(|(keyword, _)| keyword.as_str()) {
        let known = [
            "type",
            "properties",
            "required",
            "items",
            "enum",
            "anyOf",
            "additionalProperties",
            "description",
            "format",
            "minimum",
            "maximum",
            "title",
            "default",
        ];
        assert!(known.contains(&keyword), "{place}: {keyword} is not checked");
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        return match choices.iter().any(|choice| misfit(description, choice, value, place).is_none()) {
            true => None,
            false => wrong("fits none of its schemas"),
        };
    }
    if schema["enum"].as_array().is_some_and(|choices| !choices.contains(value)) {
        return wrong("is none of the listed values");
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => vec![kind],
    };
    let fits = types.contains(&kind) || (kind == "integer" && types.contains(&"number"));
    if !fits {
        return wrong(&format!("is no {types:?}"));
    }
    if let Some(items) = value.as_array() {
        return items
            .iter()
            .enumerate()
            .find_map(|(nth, item)| misfit(description, &schema["items"], item, &format!("{place}/{nth}")));
    }
    let members = value.as_object()?;
    let missing = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .find(|name| !members.contains_key(*name));
    if let Some(missing) = missing {
        return wrong(&format!("lacks {missing}"));
    }
    members.iter().find_map(|(name, member)| {
        let place = format!("{place}/{name}");
        match (&schema["properties"][name], &schema["additionalProperties"]) {
            (Value::Null, Value::Null | Value::Bool(false)) => Some(format!("{place} is not described")),
            (Value::Null, others) => misfit(description, others, member, &place),
            (described, _) => misfit(description, described, member, &place),
        }
    })
}

/// Every `$ref` of a description.
fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|member| references(member, found));
        }
        _ => {}
    }
}

#[test]
fn the_description_is_whole() {
    let scene = Scene::new();
    let description = Control(&scene.server).ok("GET", "openapi.json", "");
    assert_eq!(description["openapi"], "3.1.0");
    let mut found = Vec::new();
    references(&description, &mut found);
    assert!(found.len() > 10, "{found:?}");
    for reference in found {
        assert!(description.pointer(&reference[1..]).is_some(), "{reference}");
    }
    let mut ids = std::collections::BTreeSet::new();
    for (path, operations) in description["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            assert!(["get", "post", "delete"].contains(&method.as_str()), "{method} {path}");
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{method} {path}");
            assert!(operation["summary"].is_string() && operation["responses"]["200"].is_object(), "{method} {path}");
            let varying: Vec<&str> =
                path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let named: Vec<&str> = parameters.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
            assert_eq!(named, varying, "{method} {path}");
        }
    }
    // The kinds of faults come from their table.
    let kinds = &description["components"]["schemas"]["FaultBody"]["properties"]["kind"]["enum"];
    assert_eq!(kinds.as_array().map(Vec::len), Some(hsm_sim::fault::KINDS.len()));
}

/// Every endpoint answers what is described, and refuses as described; the table must name each.
#[test]
fn answers_are_as_described() {
    let scene = Scene::new();
    let control = Control(&scene.server);
    let description = control.ok("GET", "openapi.json", "");
    let cluster = scene.store.cluster();
    let fault = FaultKind::NetworkCut { cluster: cluster.cluster_id().clone() };
    let set = cluster.world().faults().set(&FaultSpec::new(fault)).unwrap();
    let delete = format!("faults/{}", set.id);
    let audit = format!("audit/{}", cluster.world().audited().unwrap()[0]);
    let table = [
        ("GET", "health", "health", ""),
        ("GET", "openapi.json", "openapi.json", ""),
        ("GET", "state", "state", ""),
        ("GET", "audit", "audit", ""),
        ("GET", "audit/{hsm}", audit.as_str(), ""),
        ("GET", "faults", "faults", ""),
        ("POST", "faults", "faults", r#"{"kind":"kms-internal-error","count":1,"for":"1h"}"#),
        ("DELETE", "faults/{id}", delete.as_str(), ""),
        ("DELETE", "faults", "faults", ""),
        ("GET", "clock", "clock", ""),
        ("POST", "clock", "clock", r#"{"rate":2.5}"#),
        ("GET", "hardware-roots", "hardware-roots", ""),
        ("POST", "snapshots/{name}", "snapshots/one", ""),
        ("GET", "snapshots", "snapshots", ""),
        ("POST", "snapshots/{name}/restore", "snapshots/one/restore", ""),
        ("DELETE", "snapshots/{name}", "snapshots/one", ""),
        ("POST", "reset", "reset", ""),
    ];
    let mut described = 0;
    for operations in description["paths"].as_object().unwrap().values() {
        described += operations.as_object().unwrap().len();
    }
    assert_eq!(table.len(), described);
    for (method, template, path, body) in table {
        let operation = &description["paths"][format!("/_sim/{template}")][method.to_ascii_lowercase()];
        let fits = |schema: &Value, value: &Value| {
            assert_eq!(misfit(&description, schema, value, ""), None, "{method} {template}");
        };
        if let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema") {
            fits(schema, &serde_json::from_str(body).unwrap());
            let (status, refusal) = control.send(method, path, r#"{"nonsense":true}"#);
            assert_eq!(status, 400, "{refusal}");
            fits(&operation["responses"]["default"]["content"]["application/json"]["schema"], &refusal);
        }
        let answer = control.ok(method, path, body);
        fits(&operation["responses"]["200"]["content"]["application/json"]["schema"], &answer);
    }
}

/// The whole world is shown, and none of its secrets.
#[test]
fn the_state_holds_no_secret() {
    let scene = Scene::new();
    let control = Control(&scene.server);
    let key = scene.key();
    scene.kms("CreateKey", json!({ "Description": "of KMS itself" }));
    let cluster = scene.store.cluster();
    let mut tool = cluster.world().admin(cluster.cluster_id()).unwrap();
    tool.login(hsm_sim::user::LoginType::Co, "admin", cluster.admin_password()).unwrap();
    control.ok(
        "POST",
        "faults",
        &json!({ "kind": "network-cut", "cluster": cluster.cluster_id().as_str(), "for": "10m" }).to_string(),
    );

    let state = control.ok("GET", "state", "");
    let shown = &state["clusters"][0];
    assert_eq!(shown["id"], cluster.cluster_id().as_str());
    assert_eq!(shown["hsms"].as_array().map(Vec::len), Some(3));
    for hsm in shown["hsms"].as_array().unwrap() {
        let names: Vec<&str> =
            hsm["users"].as_array().unwrap().iter().map(|user| user["name"].as_str().unwrap()).collect();
        assert!(names.contains(&"kmsuser") && names.contains(&"admin"), "{hsm}");
        assert_eq!(hsm["logins"], json!({ "admin": 1 }));
    }
    let object = shown["objects"]
        .as_array()
        .unwrap()
        .iter()
        .find(|object| object["label"].as_str().is_some_and(|label| label.contains(&key)));
    assert_eq!(object.map(|object| object["hsms"].as_array().unwrap().len()), Some(3), "{shown}");
    assert_eq!(state["key_stores"][0]["connection_state"], "CONNECTED");
    assert_eq!(shown["services"][0]["owner"], state["key_stores"][0]["id"]);
    assert_eq!(state["keys"].as_array().map(Vec::len), Some(2));
    assert_eq!((&state["faults"][0]["kind"], &state["clock"]["rate"]), (&json!("network-cut"), &json!(0.0)));
    assert!(!state["backups"].as_array().unwrap().is_empty());

    let text = state.to_string();
    let secrets = [
        cluster.admin_password().expose(),
        cluster.kmsuser_password().unwrap().expose(),
        "PRIVATE KEY",
        "argon2",
        "verifier",
        "sealed",
    ];
    for secret in secrets {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert_eq!(scene.trail("DescribeCustomKeyStores").len(), 0, "a look leaves no record");
}
