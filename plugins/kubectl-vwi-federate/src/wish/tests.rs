use clap::{Args, Command, FromArgMatches};
use vwi_core::record::Record;

use super::*;

const S1: &str = "00000000-0000-4000-8000-000000000001";
const S2: &str = "00000000-0000-4000-8000-000000000002";

pub(crate) fn arguments(flags: &[&str]) -> FederateArgs {
    let command = FederateArgs::augment_args(Command::new("federate"));
    let matches = command
        .try_get_matches_from([&["federate"], flags].concat())
        .unwrap();
    FederateArgs::from_arg_matches(&matches).unwrap()
}

fn defaults() -> Defaults {
    Defaults {
        identities: Identities::Records,
        flag_subscription: None,
        subscription: Some(S1.to_owned()),
        group: Some("default-rg".to_owned()),
        audience: Some("api://cloud".to_owned()),
    }
}

fn spec(json: &str) -> Spec {
    let mut record = Record::new("default", "app");
    let spec: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json).unwrap();
    for (key, value) in spec {
        record.put_spec(&key, value);
    }
    record.spec().unwrap()
}

fn identities(arguments: &FederateArgs) -> Identities {
    Identities::new(&arguments.identity).unwrap()
}

const WHO: Who<'static> = Who {
    vcluster: None,
    namespace: "default",
    name: "app",
    subject: Some("system:serviceaccount:team-x:app-x-default-x-vc"),
    issuer: None,
};

fn wish(json: &str, flags: &[&str]) -> Result<Wish, &'static str> {
    let arguments = arguments(flags);
    let defaults = Defaults {
        identities: identities(&arguments),
        ..defaults()
    };
    let wish = Wish::new(
        &spec(json),
        &WHO,
        Some((IssuerSource::Record, "https://status/")),
        &arguments,
        &defaults,
    );
    wish.map_err(|refusal| refusal.reason)
}

fn id(group: &str, name: &str) -> String {
    ResourceId::new(Kind::Identity, S2, group, name)
        .unwrap()
        .to_string()
}

/// `spec`, flags, and the parts of the identity or why there is none.
type Case<'a> = (
    &'a str,
    &'a [&'a str],
    Result<(&'a str, &'a str, &'a str), &'a str>,
);

#[test]
fn an_identity_is_put_together_from_record_flags_and_defaults() {
    let whole = id("rg", "app");
    let short = format!(r#"{{"identity": "{whole}"}}"#);
    let parts = r#"{"identity": {"resourceGroup": "rg", "name": "app"}}"#;
    let cases: [Case<'_>; 14] = [
        ("{}", &[], Err("NoIdentity")),
        ("{}", &["--identity", "app"], Ok((S1, "default-rg", "app"))),
        (
            "{}",
            &["--identity", "app", "-g", "rg"],
            Ok((S1, "rg", "app")),
        ),
        ("{}", &["--identity", "rg/app"], Ok((S1, "rg", "app"))),
        ("{}", &["--identity", &whole], Ok((S2, "rg", "app"))),
        (
            "{}",
            &["--identity", &whole, "-g", "RG"],
            Ok((S2, "RG", "app")),
        ),
        (
            "{}",
            &["--identity", &whole, "-g", "other"],
            Err("FlagAgainstRecord"),
        ),
        ("{}", &["--identity", "a"], Err("InvalidId")),
        (r#"{"identity": "app"}"#, &[], Ok((S1, "default-rg", "app"))),
        (&short, &["--identity", "APP"], Ok((S2, "rg", "APP"))),
        (&short, &["--identity", "other"], Err("FlagAgainstRecord")),
        (
            &short,
            &["--identity", "other", "--override"],
            Ok((S2, "rg", "other")),
        ),
        (parts, &["-g", "rg"], Ok((S1, "rg", "app"))),
        (parts, &["-g", "other"], Err("FlagAgainstRecord")),
    ];
    for (json, flags, expected) in cases {
        let found = wish(json, flags).map(|wish| {
            let named = wish.identity;
            (
                named.subscription.unwrap(),
                named.group.unwrap(),
                named.name,
            )
        });
        let expected =
            expected.map(|(one, two, three)| (one.to_owned(), two.to_owned(), three.to_owned()));
        assert_eq!(found, expected, "{json} {flags:?}");
    }
}

#[test]
fn what_is_missing_of_an_id_is_named() {
    let named = Named {
        name: "app".to_owned(),
        ..Named::default()
    };
    let refusal = crate::named::id(&named, Kind::Identity).unwrap_err();
    assert!(refusal.hint.unwrap().contains("--subscription"));
    let named = Named {
        subscription: Some(S1.to_owned()),
        ..named
    };
    let refusal = crate::named::id(&named, Kind::Identity).unwrap_err();
    assert!(refusal.hint.unwrap().contains("-g"));
}

#[test]
fn clusters_audiences_and_locations_meet_their_flags() {
    let base = |more: &str| format!(r#"{{"identity": "app"{more}}}"#);
    let aks = base(r#", "aksCluster": "rg/aks""#);
    let found = wish(&aks, &[]).unwrap().cluster.unwrap();
    assert_eq!(
        (found.group.as_deref(), found.name.as_str()),
        (Some("rg"), "aks")
    );
    assert_eq!(
        found.subscription, None,
        "it is looked up, and need not be the identity's"
    );
    assert_eq!(
        wish(&aks, &["--aks-cluster", "other"]),
        Err("FlagAgainstRecord")
    );
    assert_eq!(wish(&base(""), &[]).unwrap().cluster, None);
    assert_eq!(wish(&base(""), &[]).unwrap().audience, "api://cloud");
    let audience = base(r#", "audience": "api://mine""#);
    assert_eq!(wish(&audience, &[]).unwrap().audience, "api://mine");
    assert_eq!(
        wish(&audience, &["--audience", "api://MINE"]),
        Err("FlagAgainstRecord")
    );
    let location = r#"{"identity": {"name": "app", "location": "westeurope"}}"#;
    assert_eq!(
        wish(location, &[]).unwrap().location.as_deref(),
        Some("westeurope")
    );
    assert_eq!(
        wish(location, &["--location", "eastus"]),
        Err("FlagAgainstRecord")
    );
    let nobody = Defaults {
        audience: None,
        ..defaults()
    };
    let refusal = Wish::new(&spec(&base("")), &WHO, None, &arguments(&[]), &nobody).unwrap_err();
    assert_eq!(refusal.reason, "NoAudience");
}

#[test]
fn placeholders_take_the_records_own_names() {
    let name = |json, flags: &[&str]| wish(json, flags).map(|wish| wish.identity.name);
    let flags = ["--identity", "id-{namespace}_{name}"];
    assert_eq!(name("{}", &flags).unwrap(), "id-default_app");
    assert_eq!(
        name(r#"{"identity": "other"}"#, &flags),
        Err("FlagAgainstRecord")
    );
    assert_eq!(
        name("{}", &["--identity", "id-{vcluster}"]),
        Err("NoVirtualCluster")
    );
}

#[test]
fn a_map_decides_where_a_record_is_silent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("map.yaml");
    let row = |name: &str, identity: &str| {
        format!("- {{vcluster: \"*\", namespace: default, name: {name}, identity: {identity}}}\n")
    };
    let file_name = file.to_str().unwrap();
    let flags = ["--identity-map", file_name, "-g", "rg"];
    let found = |json: &str| wish(json, &flags).map(|wish| wish.identity);
    std::fs::write(&file, row("app", "mapped")).unwrap();
    let named = found("{}").unwrap();
    assert_eq!(
        (named.group.as_deref(), named.name.as_str()),
        (Some("rg"), "mapped")
    );
    assert_eq!(found(r#"{"identity": "own"}"#).unwrap().name, "own");
    std::fs::write(&file, row("app", "other/mapped")).unwrap();
    assert_eq!(found("{}").unwrap().group.as_deref(), Some("other"));
    std::fs::write(&file, row("job", "mapped")).unwrap();
    assert_eq!(found("{}"), Err("NoRow"));
}

#[test]
fn issuers_are_kept_apart_until_all_are_known() {
    let json = r#"{"identity": "app", "issuer": "https://spec/"}"#;
    let sources = |flags: &[&str]| -> Vec<String> {
        let issuers = wish(json, flags).unwrap().issuers.into_iter();
        issuers.map(|(_, url)| url).collect()
    };
    assert_eq!(sources(&[]), ["https://spec/", "https://status/"]);
    let flag = ["--issuer", "https://flag/"];
    assert_eq!(
        sources(&flag),
        ["https://flag/", "https://spec/", "https://status/"]
    );
    assert_eq!(
        sources(&[&flag[..], &["--override"]].concat()),
        ["https://flag/"]
    );
    assert_eq!(
        sources(&["--override"]).len(),
        2,
        "no flag overrides anything"
    );
}

#[test]
fn roles_of_record_and_flags_add_up() {
    let scope = format!("/subscriptions/{S1}");
    let json = format!(
        r#"{{"identity": "app", "roles": ["Reader@{scope}", {{"role": "AcrPull", "scope": "{scope}"}}]}}"#
    );
    let flags = ["--role", "Reader", "--scope", &scope];
    let roles: Vec<String> = wish(&json, &flags)
        .unwrap()
        .roles
        .into_iter()
        .map(|assign| assign.role)
        .collect();
    assert_eq!(roles, ["Reader", "AcrPull"]);
    for bad in ["Reader", "Reader@", "Reader@rg"] {
        let json = format!(r#"{{"identity": "app", "roles": ["{bad}"]}}"#);
        assert_eq!(wish(&json, &[]), Err("InvalidRole"), "{bad}");
    }
}
