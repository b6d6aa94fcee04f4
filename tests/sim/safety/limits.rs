//! Too much, the wrong credentials, the wrong account: refused before anything is done.

use dismantle::aws::{Session, registry};
use dismantle::discover::Seen;
use dismantle::error::Error;
use dismantle::mandate::Mandate;
use dismantle::manifest::Manifest;
use dismantle::sandbox::{ACCOUNT_ID, Sandbox};

use super::hold::{MANIFEST, account, enter, paused};
use super::yard::Yard;

/// A manifest with more in it.
fn with(more: &str) -> String {
    format!("{MANIFEST}{more}\n")
}

/// What the door says.
async fn knock(sandbox: &Sandbox, manifest: &str) -> Result<(), Error> {
    let session = Session::new(sandbox.sdk_config("us-east-1"), sandbox.clock(), 1);
    let manifest = Manifest::parse(manifest, "safety.yaml", registry::catalog());
    let manifest = manifest.expect("a manifest");
    Mandate::enter(session, manifest, Default::default()).await.map(drop)
}

/// A guard's refusal: exit 4.
fn refusal(result: Result<(), Error>) -> String {
    match result {
        Err(Error::Guard(why)) => why,
        other => panic!("no guard refused it: {other:?}"),
    }
}

#[test]
fn more_than_the_limits_allow_is_refused_with_the_counts() {
    struct Row {
        name: &'static str,
        limits: &'static str,
        refused: Option<[&'static str; 2]>,
    }
    let rows = [
        Row {
            name: "three resources, and two may go",
            limits: "limits: { max_deletions: 2 }",
            refused: Some(["3 resources would go", "allow 2"]),
        },
        Row {
            name: "three resources, and three may go",
            limits: "limits: { max_deletions: 3 }",
            refused: None,
        },
        Row {
            name: "three of four roles, and half of a kind may go",
            limits: "limits: { max_share: 0.5 }",
            refused: Some(["3 of 4 iam:role would go", "share of 0.5"]),
        },
        Row {
            name: "three of four roles, and three quarters of a kind may go",
            limits: "limits: { max_share: 0.75 }",
            refused: None,
        },
    ];
    paused(async {
        let sandbox = account();
        let yard = Yard::new(&sandbox, 0);
        for role in ["lab-a", "lab-b", "lab-c", "their-d"] {
            yard.role(role).await.expect("a role");
        }
        for Row { name, limits, refused } in rows {
            let mandate = enter(&sandbox, &with(limits)).await;
            let survey = mandate.survey(&Seen::default()).await;
            let result = mandate.within_limits(&survey);
            match refused {
                None => assert!(result.is_ok(), "{name}: {result:?}"),
                Some(words) => {
                    let why = refusal(result);
                    assert!(words.iter().all(|one| why.contains(one)), "{name}: {why}");
                    assert!(why.contains("Nothing was changed"), "{name}: {why}");
                }
            }
        }
    });
}

/// IAM user guide, Root user best practices: no policy holds the root user back.
#[test]
fn the_root_user_is_let_in_only_where_the_manifest_says_so() {
    paused(async {
        let root = format!("arn:aws:iam::{ACCOUNT_ID}:root");
        let sandbox = Sandbox::builder().caller(&root).build();
        let why = refusal(knock(&sandbox, MANIFEST).await);
        assert!(why.contains("root credentials"), "{why}");
        assert_eq!(sandbox.calls_made(), 1, "only who calls was asked");
        let allowed = with("options: { root: allow }");
        knock(&sandbox, &allowed).await.expect("the manifest allows it");
        let user = Sandbox::builder().build();
        knock(&user, MANIFEST).await.expect("a user is no root user");
    });
}

/// STS API reference, GetCallerIdentity: no permissions are needed to ask whose account it is.
#[test]
fn credentials_of_an_account_that_the_manifest_does_not_name_look_at_nothing() {
    paused(async {
        let sandbox = account();
        let other = MANIFEST.replace(ACCOUNT_ID, "111122223333");
        let why = refusal(knock(&sandbox, &other).await);
        assert!(why.contains(ACCOUNT_ID) && why.contains("111122223333"), "{why}");
        assert_eq!(sandbox.calls_made(), 1, "only whose account it is was asked");
        let both = MANIFEST.replace(
            &format!("[\"{ACCOUNT_ID}\"]"),
            &format!("[\"111122223333\", \"{ACCOUNT_ID}\"]"),
        );
        knock(&sandbox, &both).await.expect("one of the manifest's accounts");
    });
}
