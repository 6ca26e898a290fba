//! Aliases and every exception of their operations.

use kms_store::{CreateKey, ListAliases, Page};

use crate::drill::{Drill, exception};

#[test]
fn life_of_an_alias() {
    let drill = Drill::new();
    let (kms, caller) = (drill.kms(), drill.caller());
    let [a, b] = [0, 1].map(|_| kms.create_key(caller, &CreateKey::default()).unwrap());
    kms.create_alias(caller, "alias/x", &a.arn).unwrap();
    assert_eq!(kms.describe_key(caller, "alias/x").unwrap().arn, a.arn);
    let error = kms.create_alias(caller, "alias/x", &b.arn).unwrap_err();
    assert_eq!(error.to_string(), "An alias with the name arn:aws:kms:us-east-1:111122223333:alias/x already exists");
    kms.update_alias(caller, "alias/x", &b.key_id.to_string()).unwrap();
    assert_eq!(kms.describe_key(caller, "arn:aws:kms:us-east-1:111122223333:alias/x").unwrap().arn, b.arn);
    kms.delete_alias(caller, "alias/x").unwrap();
    assert_eq!(exception(kms.describe_key(caller, "alias/x")), "NotFoundException");
}

#[test]
fn refusals() {
    let drill = Drill::new();
    let (kms, caller) = (drill.kms(), drill.caller());
    let key = kms.create_key(caller, &CreateKey::default()).unwrap().arn;
    kms.create_alias(caller, "alias/here", &key).unwrap();
    let none = "1234abcd-12ab-34cd-56ef-1234567890ab";
    let table = [
        ("x", key.as_str(), "ValidationException"),
        ("alias/", &key, "ValidationException"),
        ("alias/aws/ebs", &key, "NotAuthorizedException"),
        ("alias/new", "alias/here", "ValidationException"),
        ("alias/new", none, "NotFoundException"),
        ("alias/new", "arn:aws", "InvalidArnException"),
        ("alias/here", &key, "AlreadyExistsException"),
    ];
    for (name, target, expected) in table {
        assert_eq!(exception(kms.create_alias(caller, name, target)), expected, "{name} {target}");
    }
    let table = [
        ("x", key.as_str(), "ValidationException"),
        ("alias/aws/ebs", &key, "NotAuthorizedException"),
        ("alias/none", &key, "NotFoundException"),
        ("alias/here", none, "NotFoundException"),
        ("alias/here", "arn:aws", "InvalidArnException"),
    ];
    for (name, target, expected) in table {
        assert_eq!(exception(kms.update_alias(caller, name, target)), expected, "{name} {target}");
    }
    for (name, expected) in
        [("x", "ValidationException"), ("alias/aws/ebs", "NotAuthorizedException"), ("alias/none", "NotFoundException")]
    {
        assert_eq!(exception(kms.delete_alias(caller, name)), expected);
    }

    // The new key must not be pending deletion, the present one may.
    let dying = kms.create_key(caller, &CreateKey::default()).unwrap().arn;
    kms.create_alias(caller, "alias/dying", &dying).unwrap();
    kms.schedule_key_deletion(caller, &dying, None).unwrap();
    assert_eq!(exception(kms.update_alias(caller, "alias/here", &dying)), "KMSInvalidStateException");
    kms.update_alias(caller, "alias/dying", &key).unwrap();
    kms.delete_alias(caller, "alias/dying").unwrap();

    drill.settings(|settings| settings.quotas = true);
    for number in 1..50 {
        kms.create_alias(caller, &format!("alias/{number}"), &key).unwrap();
    }
    assert_eq!(exception(kms.create_alias(caller, "alias/50", &key)), "LimitExceededException");
    let other = kms.create_key(caller, &CreateKey::default()).unwrap().arn;
    kms.create_alias(caller, "alias/50", &other).unwrap();
    assert_eq!(exception(kms.update_alias(caller, "alias/50", &key)), "LimitExceededException");
    kms.update_alias(caller, "alias/1", &key).expect("it is there already");
}

#[test]
fn lists() {
    let drill = Drill::new();
    let (kms, caller) = (drill.kms(), drill.caller());
    let [a, b] = [0, 1].map(|_| kms.create_key(caller, &CreateKey::default()).unwrap().arn);
    for (name, key) in [("alias/c", &a), ("alias/a", &a), ("alias/b", &b)] {
        kms.create_alias(caller, name, key).unwrap();
    }
    let list = |key_id: Option<&str>, page: &Page| {
        let request = ListAliases { key_id: key_id.map(str::to_owned) };
        kms.list_aliases(caller, &request, page)
    };
    let names = |key_id: Option<&str>, page: &Page| {
        let listed = list(key_id, page).unwrap();
        (listed.items.into_iter().map(|alias| alias.name).collect::<Vec<_>>().join(" "), listed.next)
    };
    assert_eq!(names(None, &Page::ALL), ("alias/a alias/b alias/c".into(), None));
    assert_eq!(names(Some(&a), &Page::ALL), ("alias/a alias/c".into(), None));
    for key in [None, Some(a.as_str())] {
        let (first, next) = names(key, &Page::first(1));
        assert_eq!((first.as_str(), next.as_deref()), ("alias/a", Some("alias/a")));
        let (rest, next) = names(key, &Page { limit: 5, after: next });
        assert!(rest.ends_with("alias/c") && next.is_none());
    }
    assert_eq!(exception(list(Some("x"), &Page::ALL)), "NotFoundException");
    assert_eq!(exception(list(Some("arn:aws"), &Page::ALL)), "InvalidArnException");
}
