use super::*;
use proptest::prelude::*;

const SUBSCRIPTION: &str = "00000000-0000-4000-8000-000000000001";

fn identity(group: &str, name: &str) -> ResourceId {
    ResourceId::new(Kind::Identity, SUBSCRIPTION, group, name).unwrap()
}

#[test]
fn ids_are_the_same_in_any_case() {
    let written = identity("rg", "app-identity");
    let returned = ResourceId::parse(
        Kind::Identity,
        &format!(
            "/subscriptions/{SUBSCRIPTION}/resourcegroups/RG/providers/microsoft.managedidentity/userassignedidentities/App-Identity"
        ),
    )
    .unwrap();
    assert_eq!(written, returned);
    assert_eq!(returned.name(), "App-Identity", "the spelling is kept");
    assert_ne!(written, identity("rg", "app-identity2"));
}

#[test]
fn what_is_no_id_is_refused() {
    let good = identity("rg", "app").to_string();
    for bad in [
        String::new(),
        "/".to_owned(),
        "app".to_owned(),
        good.replace("/subscriptions", "subscriptions"),
        good.replace(SUBSCRIPTION, "sub"),
        good.replace("/rg/", "/r?g/"),
        good.replace("/rg/", "/../"),
        good.replace("Microsoft.ManagedIdentity", "Microsoft.Other"),
        good.replace("/app", "/a"),
        good.replace("/app", "/-app"),
        format!("{good}/"),
        format!("{good}/federatedIdentityCredentials/x"),
        format!("{good}?api-version=1"),
    ] {
        assert!(ResourceId::parse(Kind::Identity, &bad).is_err(), "{bad}");
    }
    assert!(ResourceId::parse(Kind::Cluster, &good).is_err());
}

#[test]
fn users_name_resources_in_three_ways() {
    assert_eq!(
        Reference::parse(Kind::Cluster, "aks").unwrap(),
        Reference::Name("aks".to_owned())
    );
    assert_eq!(
        Reference::parse(Kind::Cluster, "rg/aks").unwrap(),
        Reference::InGroup {
            group: "rg".to_owned(),
            name: "aks".to_owned()
        }
    );
    let id = ResourceId::new(Kind::Cluster, SUBSCRIPTION, "rg", "aks").unwrap();
    assert_eq!(
        Reference::parse(Kind::Cluster, &id.to_string()).unwrap(),
        Reference::Id(id)
    );
    assert!(Reference::parse(Kind::Cluster, "a/b/c").is_err());
    assert!(Reference::parse(Kind::Cluster, "").is_err());
}

#[test]
fn scopes_are_ids_without_a_slash_at_the_end() {
    let scope: Scope = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/")
        .parse()
        .unwrap();
    assert_eq!(
        scope.as_str(),
        format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg")
    );
    assert_eq!(scope.subscription(), Some(SUBSCRIPTION));
    let group: Scope = "/providers/Microsoft.Management/managementGroups/mg"
        .parse()
        .unwrap();
    assert_eq!(group.subscription(), None);
    for bad in [
        "",
        "/",
        "rg",
        "/subscriptions/…",
        "/subscriptions/00000000-0000-4000-8000-000000000001/../x",
        "/subscriptions/00000000-0000-4000-8000-000000000001?x",
        "/subscriptions/00000000-0000-4000-8000-000000000001//x",
        "//evil.example/subscriptions/00000000-0000-4000-8000-000000000001",
    ] {
        assert!(bad.parse::<Scope>().is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn an_id_survives_writing_and_reading(
        group in "[a-zA-Z0-9_.()-]{0,20}[a-zA-Z0-9_()-]",
        name in "[a-zA-Z0-9][a-zA-Z0-9_-]{2,30}",
    ) {
        let id = identity(&group, &name);
        let read = ResourceId::parse(Kind::Identity, &id.to_string()).unwrap();
        prop_assert_eq!(read.to_string(), id.to_string());
        let shouted = ResourceId::parse(Kind::Identity, &id.to_string().to_uppercase()).unwrap();
        prop_assert_eq!(shouted, id);
    }
}
