use super::*;

fn read(convention: &str, name: &str) -> Vec<String> {
    let convention = Convention::parse(convention).unwrap();
    let labels = convention.read(name);
    convention.fields().filter_map(|field| labels.get(field).cloned()).collect()
}

#[test]
fn names_are_read_by_the_convention() {
    let rows: &[(&str, &[&str])] = &[
        (
            "mlops-retail-prediction-dev-cloudtrail-key",
            &["mlops-retail-prediction", "dev", "cloudtrail-key"],
        ),
        (
            "mlops-retail-prediction-dev-842676018087-apse1",
            &["mlops-retail-prediction", "dev", "842676018087-apse1"],
        ),
        ("shop-prod-db", &["shop", "prod", "db"]),
        ("shop-Staging-db", &["shop", "Staging", "db"]),
        // A word that is surely an environment wins over one that may be part of a name.
        ("mlops-lab-dev-bucket", &["mlops-lab", "dev", "bucket"]),
        ("acme-dev-test-endpoint", &["acme", "dev", "test-endpoint"]),
        ("acme-test-endpoint", &["acme", "test", "endpoint"]),
        // No known environment: each field is one word, or the name does not fit.
        ("shop-blue-db", &["shop", "blue", "db"]),
        ("shop-blue-db-one", &[]),
        ("mlops-retail-prediction-devops-key", &[]),
        ("mlops-retail-prediction-dev", &[]),
        ("dev-key", &[]),
        ("/aws/sagemaker/Endpoints/shop-dev-api", &[]),
        ("", &[]),
        ("--", &[]),
    ];
    for (name, labels) in rows {
        assert_eq!(read("{project}-{env}-{component}", name), *labels, "{name}");
    }
}

#[test]
fn only_a_known_environment_makes_sure() {
    let convention = Convention::parse("{project}-{env}-{component}").unwrap();
    for (name, sure) in [("shop-dev-db", true), ("acme-test-db", true), ("shop-blue-db", false)] {
        assert_eq!(convention.is_sure_of(name), sure, "{name}");
    }
    assert!(Convention::parse("{project}-{component}").unwrap().is_sure_of("shop-blue-db"));
}

#[test]
fn other_conventions_are_read() {
    assert_eq!(read("{project}-{component}", "shop-web-db"), ["shop-web", "db"]);
    assert_eq!(read("lab_{owner}.{project}", "lab_ann.shop"), ["ann", "shop"]);
    assert_eq!(read("{env}/{project}", "dev/shop-web"), ["dev", "shop-web"]);
    assert_eq!(read("{project}", "shop-web"), ["shop-web"]);
}

#[test]
fn what_is_no_convention_is_refused() {
    for text in ["", "x", "{}", "{a}{b}", "{a}-{a}", "{a", "a}", "{A}", "{a b}", "{a}-{{b}"] {
        assert!(Convention::parse(text).is_err(), "{text}");
    }
    assert!(Convention::parse(&"{a}-".repeat(100)).is_err());
}
