use super::*;

#[test]
fn globs_that_take_everything_are_refused_however_spelled() {
    let wide = [
        "*",
        "**",
        "***",
        "?*",
        "*?",
        "*?*",
        "**/*",
        "*/**",
        "{*,x}",
        "{x,**}",
        "[!.]*",
        "*[!.]",
        "[a-zA-Z0-9]*",
        "*-*",
        "/**",
        "[!\u{1f600}]*",
        "{a*,*}",
        "**/**",
    ];
    for text in wide {
        assert!(glob(text).is_err(), "{text}");
    }
}

#[test]
fn regexes_that_take_everything_are_refused_however_spelled() {
    let wide = [
        ".*",
        ".+",
        ".",
        "",
        "^",
        "$",
        "^.*$",
        "(?s).*",
        "x*",
        "x?",
        "lab|",
        "[a-z0-9]",
        "[^x]",
        "\\w",
        "\\S+",
        "(lab)?",
        "[\\s\\S]*",
        "^.",
        ".$",
        "(?:)",
        "-",
    ];
    for text in wide {
        assert!(regex(text).is_err(), "{text}");
    }
}

#[test]
fn patterns_of_a_lab_are_accepted() {
    for text in ["*retail-*", "mlops-cloudtrail-logs-*", "/aws/eks/lab-*/**", "*-dev", "lab-{a,b}"]
    {
        assert!(glob(text).is_ok(), "{text}");
    }
    for text in ["^retail-", "-dev$", "^lab-(dev|test)-", "^/aws/containerinsights/lab/"] {
        assert!(regex(text).is_ok(), "{text}");
    }
}

#[test]
fn a_star_stops_at_a_slash() {
    let glob = glob("mlops/*").unwrap();
    assert!(glob.is_match("mlops/retail-api"));
    assert!(!glob.is_match("mlops/retail/api"));
}

#[test]
fn a_regex_that_would_be_huge_is_refused() {
    assert!(regex("(?:[a-z]{1,1000}){1,1000}").is_err());
    assert!(regex(&"(".repeat(1000)).is_err());
}

#[test]
fn ages_are_read() {
    let rows = [("30m", 1800), ("2h", 7200), ("7d", 604_800), ("1w", 604_800), ("1d 12h", 129_600)];
    for (text, seconds) in rows {
        assert_eq!(age(text).unwrap().as_secs(), seconds, "{text}");
    }
}
