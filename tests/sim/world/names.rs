//! Names, and texts in any script where AWS takes them.

use rand::Rng;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;

use super::Side;

/// Letters and digits only, as AWS wants them in the values of tags.
pub const SCRIPTS: [&str; 8] =
    ["Größe 7", "Данные", "数据集", "بيانات", "データ", "실험", "נתונים", "Δεδομένα"];

/// Beginnings of labs' names.
const STEMS: [&str; 6] = ["atlas-dev", "lab7", "mlops-x", "kanal-test", "retail.dev", "zug"];

/// What a thing is to be called, and the tags that it gets.
#[derive(Debug, Clone)]
pub struct Name {
    pub text: String,
    pub tags: Vec<(String, String)>,
    pub held: bool,
    pub by_tag: bool,
}

/// Draws names that no other thing has.
#[derive(Debug)]
pub struct Names {
    pub stem: String,
    /// The value of the tag `Lab` that marks the lab's things.
    pub tag: String,
    count: u32,
}

pub fn one_of<'a>(chance: &mut SmallRng, texts: &[&'a str]) -> &'a str {
    texts.choose(chance).copied().unwrap_or_default()
}

impl Names {
    pub fn new(chance: &mut SmallRng) -> Self {
        let number = chance.random_range(10..99);
        let stem = format!("{}-{number}", one_of(chance, &STEMS).replace('.', "-"));
        let tag = format!("{} {number}", one_of(chance, &SCRIPTS));
        Self { stem, tag, count: 0 }
    }

    pub fn number(&mut self) -> u32 {
        self.count += 1;
        self.count
    }

    /// A lab's name begins with the stem, unless the thing is known by its tag; a neighbour's may
    /// look nearly so.
    pub fn draw(&mut self, chance: &mut SmallRng, side: Side, word: &str, tags: bool) -> Name {
        let number = self.number();
        let mut name =
            Name { text: format!("{word}-{number}"), tags: Vec::new(), held: false, by_tag: false };
        match side {
            Side::Lab => {
                name.by_tag = tags && chance.random_bool(0.2);
                if name.by_tag {
                    name.tags.push(("Lab".to_owned(), self.tag.clone()));
                } else {
                    name.text = format!("{}-{}", self.stem, name.text);
                }
                if tags && chance.random_bool(0.06) {
                    name.tags.push(("dismantle:keep".to_owned(), "yes".to_owned()));
                    name.held = true;
                } else if tags && chance.random_bool(0.04) {
                    // Goes with its stack, and by no other hand.
                    name.tags.push(("aws:cloudformation:stack-name".to_owned(), "shop".to_owned()));
                    name.held = true;
                }
            }
            Side::Theirs => {
                let shorter = &self.stem[..self.stem.len() - 1];
                let stem = match chance.random_range(0..3) {
                    0 => format!("{}ops", self.stem),
                    1 => format!("{shorter}x"),
                    _ => "their".to_owned(),
                };
                name.text = format!("{stem}-{}", name.text);
                if tags && chance.random_bool(0.2) {
                    name.tags.push(("Lab".to_owned(), format!("{}x", self.tag)));
                }
            }
        }
        if tags && chance.random_bool(0.3) {
            name.tags.push(("Owner".to_owned(), one_of(chance, &SCRIPTS).to_owned()));
        }
        name
    }
}
