//! Ways in which bytes go wrong.

use arbitrary::{Arbitrary, Unstructured};
use proptest::prelude::*;

/// One thing that happens to a file. Places are taken modulo its length.
#[derive(Debug, Clone, Arbitrary)]
pub enum Change {
    Flip {
        at: u32,
        bit: u8,
    },
    Write {
        at: u32,
        byte: u8,
    },
    Insert {
        at: u32,
        bytes: [u8; 3],
    },
    Remove {
        at: u32,
        length: u8,
    },
    /// The same piece twice.
    Double {
        at: u32,
        length: u16,
    },
    /// Two pieces change places.
    Swap {
        one: u32,
        other: u32,
        length: u16,
    },
    Zero {
        at: u32,
        length: u16,
    },
    /// The end is missing.
    CutOff {
        at: u32,
    },
    Odd {
        at: u32,
        odd: Odd,
    },
}

/// Text that readers stumble over.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub enum Odd {
    Escape,
    RightToLeft,
    ByteOrderMark,
    Surrogate,
    HugeNumber,
    Infinite,
    Quote,
    Deep,
    Bomb,
    Long,
    Document,
    Tag,
    LineSeparator,
}

impl Odd {
    pub fn text(self) -> String {
        match self {
            Odd::Escape => "\u{1b}]0;x\u{7}\u{1b}[2J".to_owned(),
            Odd::RightToLeft => "\u{202e}\u{2066}\u{61c}".to_owned(),
            Odd::ByteOrderMark => "\u{feff}".to_owned(),
            Odd::Surrogate => "\"\\ud800\"".to_owned(),
            Odd::HugeNumber => "9".repeat(400),
            Odd::Infinite => "-.inf".to_owned(),
            Odd::Quote => "\"'`".to_owned(),
            Odd::Deep => "[".repeat(2_000),
            Odd::Bomb => bomb(),
            Odd::Long => "long ".repeat(20_000),
            Odd::Document => "\n---\n".to_owned(),
            Odd::Tag => "!!binary ".to_owned(),
            Odd::LineSeparator => "\u{2028}\u{85}\r".to_owned(),
        }
    }
}

/// Anchors of which each repeats the one before nine times.
fn bomb() -> String {
    let mut text = "\na0: &a0 [x]\n".to_owned();
    for level in 1..12 {
        let before = format!("*a{}, ", level - 1).repeat(9);
        text.push_str(&format!("a{level}: &a{level} [{before}]\n"));
    }
    text
}

impl Change {
    pub fn apply(&self, bytes: &mut Vec<u8>) {
        let size = bytes.len();
        if size == 0 {
            return;
        }
        let place = |at: u32| at as usize % size;
        let piece = |at: u32, length: usize| place(at)..(place(at) + length).min(size);
        match *self {
            Change::Flip { at, bit } => bytes[place(at)] ^= 1 << (bit % 8),
            Change::Write { at, byte } => bytes[place(at)] = byte,
            Change::Insert { at, bytes: more } => insert(bytes, place(at), &more),
            Change::Remove { at, length } => {
                bytes.drain(piece(at, 1 + usize::from(length)));
            }
            Change::Double { at, length } => {
                let range = piece(at, 1 + usize::from(length));
                let twice = bytes[range.clone()].to_vec();
                insert(bytes, range.end, &twice);
            }
            Change::Swap { one, other, length } => {
                let (first, second) = (place(one).min(place(other)), place(one).max(place(other)));
                let length = usize::from(length).min(second - first).min(size - second);
                let (before, after) = bytes.split_at_mut(second);
                before[first..first + length].swap_with_slice(&mut after[..length]);
            }
            Change::Zero { at, length } => bytes[piece(at, 1 + usize::from(length))].fill(0),
            Change::CutOff { at } => bytes.truncate(place(at)),
            Change::Odd { at, odd } => insert(bytes, place(at), odd.text().as_bytes()),
        }
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, more: &[u8]) {
    bytes.splice(at..at, more.iter().copied());
}

/// One to `most` changes.
pub fn changes(most: usize) -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec(drawn::<Change>(16), 1..=most)
}

/// Something made of at most so many random bytes.
pub fn drawn<T>(bytes_max: usize) -> impl Strategy<Value = T>
where
    T: for<'a> Arbitrary<'a> + std::fmt::Debug,
{
    prop::collection::vec(any::<u8>(), bytes_max / 2..=bytes_max).prop_map(|bytes| {
        // Where bytes are missing there are noughts, so that something always comes of them.
        T::arbitrary(&mut Unstructured::new(&bytes)).expect("bytes are enough")
    })
}

/// The bytes after what happened to them.
pub fn bent(bytes: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for change in changes {
        change.apply(&mut bytes);
    }
    bytes
}
