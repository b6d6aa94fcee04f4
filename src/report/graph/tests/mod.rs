//! What pictures of plans show, and what they never do.

mod names;

use std::collections::BTreeSet;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::layout::{Frame, layout};
use super::picture::{Arrow, Means, Node, Picture};
use super::{Format, plan};
use crate::plan::{Named, Plan, Row, Step, StepId};
use crate::report::visible;
use crate::resource::{Action, Kind, Region, ResourceId};

const FORMATS: [Format; 3] = [Format::Dot, Format::Mermaid, Format::Svg];

fn id(kind: &'static str, name: &str) -> ResourceId {
    ResourceId::new(Kind::new(kind), Region::new("us-east-1"), name)
}

fn step(number: usize, action: Action, resource: ResourceId, after: &[usize]) -> Step {
    Step {
        step: StepId::numbered(number),
        action,
        resource,
        target: None,
        after: after.iter().map(|number| StepId::numbered(*number)).collect(),
        reason: "matched by prefix lab".to_owned(),
        pin: None,
        created: None,
    }
}

fn row(resource: ResourceId, used_by: &[ResourceId]) -> Row {
    let used_by = used_by.iter().map(Named::from).collect();
    Row { resource, reason: "a rule of the manifest".to_owned(), used_by }
}

/// A trail before its bucket, its key and its role; the bucket before the key.
fn lab() -> Plan {
    let bucket = id("s3:bucket", "lab-logs");
    let role = id("iam:role", "lab-role");
    Plan {
        steps: vec![
            step(1, Action::Delete, id("cloudtrail:trail", "lab-trail"), &[]),
            step(2, Action::Empty, bucket.clone(), &[1]),
            step(3, Action::DetachPolicy, role.clone(), &[1]),
            step(4, Action::DetachPolicy, role.clone(), &[1]),
            step(5, Action::Delete, bucket, &[1, 2]),
            step(6, Action::Delete, role, &[1, 3, 4]),
            step(7, Action::ScheduleDeletion, id("kms:key", "0b1c"), &[1, 5]),
            step(8, Action::Stop, id("sagemaker:notebook-instance", "lab-notebook"), &[]),
        ],
        kept: vec![row(id("ecr:image", "lab@sha256:aa"), &[])],
        blocked: vec![row(id("iam:policy", "lab-shared"), &[id("iam:role", "neighbour")])],
        pending: Vec::new(),
    }
}

fn labels(picture: &Picture<'_>) -> Vec<String> {
    picture.nodes.iter().map(|node| node.lines().join(" | ")).collect()
}

fn arrows(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| line.contains("->")).collect()
}

#[test]
fn a_resource_is_a_box_that_says_what_is_done() {
    let plan = lab();
    let shown = [
        "cloudtrail:trail | lab-trail",
        "s3:bucket | lab-logs | empty, delete",
        "iam:role | lab-role | detach-policy ×2, delete",
        "kms:key | 0b1c | schedule-deletion",
        "sagemaker:notebook-instance | lab-notebook | stop",
        "iam:policy | lab-shared | blocked",
        "ecr:image | lab@sha256:aa | kept",
        "iam:role | neighbour | stays",
    ];
    assert_eq!(labels(&Picture::of(&plan)), shown);
}

#[test]
fn what_follows_from_other_arrows_is_not_drawn() {
    let dot = plan(&lab(), Format::Dot);
    let shown = ["n1 -> n2;", "n1 -> n3;", "n2 -> n4;", "n8 -> n6 [label=\"uses\", style=dashed];"];
    assert_eq!(arrows(&dot), shown);
    let mermaid = plan(&lab(), Format::Mermaid);
    assert_eq!(arrows(&mermaid), ["n1 --> n2", "n1 --> n3", "n2 --> n4", "n8 -.->|uses| n6"]);
}

#[test]
fn boxes_have_the_colour_of_what_becomes_of_them() {
    let dot = plan(&lab(), Format::Dot);
    for (name, fill) in [
        ("n1", "#fee2e2"),
        ("n2", "#fee2e2"),
        ("n4", "#cffafe"),
        ("n5", "#fef3c7"),
        ("n6", "#fae8ff"),
        ("n7", "#dcfce7"),
        ("n8", "#f3f4f6"),
    ] {
        let line = dot.lines().find(|line| line.trim().starts_with(&format!("{name} [")));
        assert!(line.is_some_and(|line| line.contains(fill)), "{name}: {line:?}");
    }
    assert_eq!(dot.matches("rounded,filled,dashed").count(), 1);
}

#[test]
fn the_same_plan_gives_the_same_text() {
    for seed in 0..4 {
        let made = random(seed);
        for format in FORMATS {
            assert_eq!(plan(&made, format), plan(&made.clone(), format), "{format:?} {seed}");
        }
    }
}

#[test]
fn an_empty_plan_says_so() {
    for format in FORMATS {
        let text = plan(&Plan::default(), format);
        assert!(text.contains("Nothing is to be done"), "{text}");
        assert!(arrows(&text).is_empty(), "{text}");
    }
    let rows = Plan { kept: lab().kept, ..Plan::default() };
    assert_eq!(labels(&Picture::of(&rows)).len(), 2);
}

#[test]
fn what_a_plan_should_not_have_is_no_end() {
    let (a, b, c) = (id("iam:role", "a"), id("iam:policy", "b"), id("s3:bucket", "c"));
    let strange = Plan {
        steps: vec![
            step(1, Action::DetachPolicy, a.clone(), &[1, 99]),
            step(2, Action::Delete, b.clone(), &[1]),
            step(3, Action::Delete, a.clone(), &[1, 2]),
            step(4, Action::Delete, c.clone(), &[3, 4]),
            step(4, Action::Delete, c.clone(), &[2]),
        ],
        kept: vec![row(a.clone(), &[])],
        blocked: vec![row(b.clone(), &[c.clone(), b.clone()]), row(c, &[a, b])],
        pending: Vec::new(),
    };
    let shown = [(0, 1), (0, 2), (1, 0), (1, 2)];
    assert_eq!(order(&Picture::of(&strange)), shown, "a circle and its arrows stay");
    for format in FORMATS {
        assert!(plan(&strange, format).ends_with('\n'));
    }
    read(&plan(&strange, Format::Svg));
}

#[test]
fn a_user_without_a_region_is_the_one_of_its_name() {
    let user = Named { region: None, ..Named::from(&id("ecr:image", "lab@sha256:aa")) };
    let mut blocked = row(id("ecr:repository", "lab"), &[]);
    blocked.used_by.push(user);
    let held = Plan { blocked: vec![blocked], ..lab() };
    let picture = Picture::of(&held);
    let uses: Vec<&Arrow> =
        picture.arrows.iter().filter(|arrow| arrow.means == Means::Uses).collect();
    assert_eq!(uses, [&Arrow { from: 6, to: 5, means: Means::Uses }]);
}

/// Numbers that look as if by chance (Knuth's MMIX generator).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

/// A possible plan: resources of one to three steps, which wait for steps of earlier ones.
fn random(seed: u64) -> Plan {
    let mut chance = Chance(seed);
    let mut made = lab();
    made.steps.clear();
    for resource in 0..40 {
        let own = id("iam:role", &format!("role-{resource}"));
        let earlier = made.steps.len();
        for _ in 0..=chance.below(3) {
            let count = chance.below(4).min(earlier);
            let after: Vec<usize> = (0..count).map(|_| 1 + chance.below(earlier)).collect();
            let number = made.steps.len() + 1;
            made.steps.push(step(number, Action::DetachPolicy, own.clone(), &after));
        }
    }
    made
}

/// All that comes after each place.
fn after(places: usize, arrows: &[(usize, usize)]) -> Vec<BTreeSet<usize>> {
    let mut after: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); places];
    let mut grows = true;
    while grows {
        grows = false;
        for (from, to) in arrows {
            let mut further: BTreeSet<usize> = after[*to].clone();
            further.insert(*to);
            grows |= !further.is_subset(&after[*from]);
            after[*from].extend(further);
        }
    }
    after
}

/// What waits for what among a picture's places, as the steps say.
fn waits(made: &Plan, picture: &Picture<'_>) -> Vec<(usize, usize)> {
    let place = |name: &str| picture.nodes.iter().position(|node| node.members[0].name == name);
    let mut waits = Vec::new();
    for step in &made.steps {
        for before in &step.after {
            let before = &made.steps[before.number() - 1];
            let from = place(&before.resource.id).unwrap();
            waits.push((from, place(&step.resource.id).unwrap()));
        }
    }
    waits
}

fn order(picture: &Picture<'_>) -> Vec<(usize, usize)> {
    let order = picture.arrows.iter().filter(|arrow| arrow.means == Means::Before);
    order.map(|arrow| (arrow.from, arrow.to)).collect()
}

#[test]
fn arrows_say_exactly_what_waits_for_what() {
    for seed in 0..16 {
        let made = random(seed);
        let picture = Picture::of(&made);
        let places = picture.nodes.len();
        let drawn = order(&picture);
        let asked = after(places, &waits(&made, &picture));
        assert_eq!(after(places, &drawn), asked, "seed {seed}");
        for (from, to) in &drawn {
            assert!(!asked[*to].contains(from), "seed {seed}: {from} waits for {to}");
            let by_another = drawn
                .iter()
                .any(|(other, by)| other == from && by != to && asked[*by].contains(to));
            assert!(!by_another, "seed {seed}: {from} -> {to} follows");
        }
    }
}

#[test]
fn boxes_do_not_overlap_and_arrows_join_them() {
    let long = Plan { steps: chain(450), ..lab() };
    let plans = (0..6).map(random).chain([lab(), long]);
    for (number, made) in plans.enumerate() {
        let picture = Picture::of(&made);
        let size = |(at, _): (usize, &Node<'_>)| Frame {
            width: 80.0 + (at % 7) as f64 * 40.0,
            height: 40.0 + (at % 3) as f64 * 16.0,
            ..Frame::default()
        };
        let frames = picture.nodes.iter().enumerate().map(size).collect();
        let arrows: Vec<Arrow> = picture.arrows.iter().copied().collect();
        let placed = layout(frames, &arrows);
        for (at, a) in placed.frames.iter().enumerate() {
            for b in &placed.frames[at + 1..] {
                let apart =
                    a.right() <= b.x || b.right() <= a.x || a.bottom() <= b.y || b.bottom() <= a.y;
                assert!(apart, "plan {number}: {a:?} {b:?}");
            }
        }
        for (arrow, route) in arrows.iter().zip(&placed.routes) {
            for (end, place) in [(route.first(), arrow.from), (route.last(), arrow.to)] {
                let (end, frame) = (end.unwrap(), &placed.frames[place]);
                let inside = (frame.x - 1.0..frame.right() + 1.0).contains(&end.x)
                    && (frame.y - 1.0..frame.bottom() + 1.0).contains(&end.y);
                assert!(inside, "plan {number}: {arrow:?} {end:?} {frame:?}");
            }
        }
    }
}

/// So many resources, each after the one before.
fn chain(length: usize) -> Vec<Step> {
    (1..=length)
        .map(|number| {
            let after: Vec<usize> = (1..number).rev().take(1).collect();
            step(number, Action::Delete, id("iam:role", &format!("role-{number}")), &after)
        })
        .collect()
}

#[test]
fn a_long_chain_is_drawn() {
    let svg = plan(&Plan { steps: chain(450), ..Plan::default() }, Format::Svg);
    assert!(read(&svg).texts.iter().any(|text| text == "role-450"));
}

#[test]
fn many_that_are_alike_are_one_box() {
    let images: Vec<Step> = (1..=250)
        .map(|n| step(n, Action::Delete, id("ecr:image", &format!("lab@sha256:{n:03}")), &[]))
        .collect();
    let all: Vec<usize> = (1..=250).collect();
    let mut steps = images;
    steps.push(step(251, Action::Delete, id("ecr:repository", "lab"), &all));
    let kept = (0..2_000).map(|n| row(id("sagemaker:model", &format!("m{n}")), &[])).collect();
    let many = Plan { steps, kept, ..Plan::default() };
    let picture = Picture::of(&many);
    let shown = ["250 × ecr:image", "ecr:repository | lab", "2,000 × sagemaker:model | kept"];
    assert_eq!(labels(&picture), shown);
    assert_eq!(picture.arrows, BTreeSet::from([Arrow { from: 0, to: 1, means: Means::Before }]));
    let told = picture.nodes[0].told();
    assert!(told.contains(&"ecr:image lab@sha256:001 (us-east-1)".to_owned()), "{told:?}");
    assert!(told.contains(&"and 238 more".to_owned()), "{told:?}");
}

#[test]
fn few_that_are_alike_stay_apart() {
    let roles = (0..190).map(|n| row(id("iam:role", &format!("r{n}")), &[])).collect();
    assert_eq!(Picture::of(&Plan { kept: roles, ..lab() }).nodes.len(), 197);
}

#[test]
fn a_long_name_keeps_its_ends() {
    let name = format!("head-{}-tail", "x".repeat(2_000));
    let one = Plan {
        steps: vec![step(1, Action::Delete, id("logs:log-group", &name), &[])],
        ..Plan::default()
    };
    let picture = Picture::of(&one);
    let lines = picture.nodes[0].lines();
    assert_eq!(lines[1].chars().count(), 48);
    assert!(lines[1].starts_with("head-x") && lines[1].ends_with("x-tail"), "{lines:?}");
    assert!(plan(&one, Format::Svg).contains(&name), "the title has all of it");
    let bidi = "\u{202e}".repeat(100);
    let one = Plan { kept: vec![row(id("iam:role", &bidi), &[])], ..lab() };
    for line in Picture::of(&one).nodes.iter().flat_map(|node| node.lines()) {
        assert!(line.chars().count() <= 48, "{line}");
    }
}

/// What a document is made of.
#[derive(Default)]
struct Seen {
    elements: BTreeSet<String>,
    attributes: BTreeSet<String>,
    texts: Vec<String>,
}

impl Seen {
    fn element(&mut self, start: &BytesStart<'_>) {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        self.elements.insert(text(start.name().as_ref()));
        for attribute in start.attributes() {
            self.attributes.insert(text(attribute.unwrap().key.as_ref()));
        }
    }
}

/// Reads a document to its end; one that is not well-formed fails the test.
fn read(svg: &str) -> Seen {
    let mut reader = Reader::from_str(svg);
    let mut seen = Seen::default();
    let (mut depth, mut text) = (0, String::new());
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(start) => {
                seen.element(&start);
                depth += 1;
                text.clear();
            }
            Event::Empty(start) => seen.element(&start),
            Event::Text(piece) => text += &String::from_utf8_lossy(&piece),
            Event::GeneralRef(reference) => {
                let entity = String::from_utf8_lossy(&reference).into_owned();
                text += quick_xml::escape::resolve_predefined_entity(&entity).expect("an entity");
            }
            Event::End(end) => {
                depth -= 1;
                if matches!(end.name().as_ref(), b"text" | b"title") {
                    seen.texts.push(std::mem::take(&mut text));
                }
            }
            Event::Eof => break,
            other => panic!("{other:?} has no place in a picture"),
        }
    }
    assert_eq!(depth, 0);
    seen
}
