//! The description of the control API, OpenAPI 3.1: made from the endpoints' rows and the types that they take and answer.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::PREFIX;
use super::endpoint::ENDPOINTS;
use super::shape::Refusal;

/// The description.
pub(super) fn openapi() -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let refusal = json!({ "application/json": { "schema": generator.subschema_for::<Refusal>() } });
    let mut paths = Map::new();
    for endpoint in ENDPOINTS {
        let mut operation = json!({
            "operationId": operation_id(endpoint.method, endpoint.path),
            "summary": endpoint.summary,
            "responses": {
                "200": {
                    "description": "Done",
                    "content": { "application/json": { "schema": (endpoint.answer)(&mut generator) } },
                },
                "default": { "description": "Refused", "content": refusal },
            },
        });
        if let Some(body) = endpoint.body {
            let schema = body(&mut generator);
            operation["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        }
        let varying = endpoint.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameters: Vec<Value> = varying
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .collect();
        if !parameters.is_empty() {
            operation["parameters"] = parameters.into();
        }
        let path = paths.entry(format!("{PREFIX}{}", endpoint.path)).or_insert_with(|| json!({}));
        path[endpoint.method.to_ascii_lowercase()] = operation;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "hsm-sim control API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Breaks, rewinds and inspects the simulated world. Every change is one transaction, seen by all processes of the directory.",
            "license": { "name": "Apache-2.0 OR MIT" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": { "schemas": generator.take_definitions(true) },
    })
}

/// `postSnapshotsNameRestore` of `POST snapshots/{name}/restore`.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let capitalised = words.map(|word| word[..1].to_ascii_uppercase() + &word[1..]);
    method.to_ascii_lowercase() + &capitalised.collect::<String>()
}
