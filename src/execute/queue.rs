//! A queue of things that wait for one another. It does not know what they are.

use std::collections::{BTreeMap, BTreeSet};

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Waiting,
    Running,
    Done,
    /// Failed, or refused, or waits for something that did.
    Lost,
}

#[derive(Debug, Clone)]
struct Entry {
    after: BTreeSet<usize>,
    /// Those whose turn comes first, however they end.
    behind_turn: BTreeSet<usize>,
    /// Entries of one group run one at a time.
    group: Option<String>,
    state: State,
    /// How long the longest chain behind it is: the longest first.
    behind: usize,
    /// Runs when nothing else can.
    last: bool,
}

/// Entries by number; an entry runs when all that it waits for is done.
#[derive(Debug, Default)]
pub struct Queue {
    entries: BTreeMap<usize, Entry>,
    busy: BTreeSet<String>,
}

impl Queue {
    /// Adds an entry, or more for it to wait for. What is not in the queue is not waited for.
    pub fn enqueue(&mut self, id: usize, after: BTreeSet<usize>, group: Option<String>) {
        let entry = self.entries.entry(id).or_insert_with(|| Entry {
            after: BTreeSet::new(),
            behind_turn: BTreeSet::new(),
            group,
            state: State::Waiting,
            behind: 0,
            last: false,
        });
        entry.after.extend(after);
        if entry.state == State::Running {
            entry.state = State::Waiting;
            if let Some(group) = &entry.group {
                self.busy.remove(group);
            }
        }
    }

    /// Lets an entry run only after `others` had their turn, however they end.
    pub fn queue_behind(&mut self, id: usize, others: impl IntoIterator<Item = usize>) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.behind_turn.extend(others);
        }
    }

    /// Lets an entry run only when no other can.
    pub fn put_last(&mut self, id: usize) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.last = true;
        }
    }

    /// Measures the chains again, after entries were added.
    pub fn measure(&mut self) {
        let mut behind: BTreeMap<usize, usize> = self.entries.keys().map(|id| (*id, 0)).collect();
        // No more rounds than there are entries: a circle, which there should not be, ends too.
        for _ in 0..self.entries.len() {
            let mut changed = false;
            for (id, entry) in &self.entries {
                let longer = behind[id] + 1;
                for before in &entry.after {
                    if let Some(known) = behind.get_mut(before)
                        && *known < longer
                        && longer <= self.entries.len()
                    {
                        *known = longer;
                        changed = true;
                    }
                }
            }
            if !changed {
                break;
            }
        }
        for (id, entry) in &mut self.entries {
            entry.behind = behind[id];
        }
    }

    /// Takes the entry that most depends on, of those that may run.
    pub fn dequeue(&mut self) -> Option<usize> {
        let may_run = |entry: &Entry| {
            entry.state == State::Waiting
                && entry.group.as_ref().is_none_or(|group| !self.busy.contains(group))
                && entry.after.iter().all(|before| {
                    self.entries.get(before).is_none_or(|before| before.state == State::Done)
                })
                && entry.behind_turn.iter().all(|other| {
                    let over = |other: &Entry| matches!(other.state, State::Done | State::Lost);
                    self.entries.get(other).is_none_or(over)
                })
        };
        let id = self
            .entries
            .iter()
            .filter(|(_, entry)| may_run(entry))
            .max_by_key(|(id, entry)| (!entry.last, entry.behind, std::cmp::Reverse(**id)))
            .map(|(id, _)| *id)?;
        let others_run =
            || self.entries.values().any(|entry| entry.state == State::Running && !entry.last);
        if self.entries[&id].last && others_run() {
            return None;
        }
        let entry = self.entries.get_mut(&id)?;
        entry.state = State::Running;
        if let Some(group) = &entry.group {
            self.busy.insert(group.clone());
        }
        Some(id)
    }

    /// Whether `id` waits for `other`, directly or through others.
    pub fn waits_for(&self, id: usize, other: usize) -> bool {
        let (mut queue, mut seen) = (vec![id], BTreeSet::new());
        while let Some(id) = queue.pop() {
            if id == other {
                return true;
            }
            if seen.insert(id)
                && let Some(entry) = self.entries.get(&id)
            {
                queue.extend(entry.after.iter().chain(&entry.behind_turn));
            }
        }
        false
    }

    pub fn finish(&mut self, id: usize) {
        self.end(id, State::Done);
    }

    /// Gives an entry up, and everything that waits for it. Returns the latter.
    pub fn lose(&mut self, id: usize) -> Vec<usize> {
        self.end(id, State::Lost);
        let mut lost = vec![id];
        let mut also = Vec::new();
        while let Some(cause) = lost.pop() {
            let waiting: Vec<usize> = self
                .entries
                .iter()
                .filter(|(_, entry)| entry.state == State::Waiting && entry.after.contains(&cause))
                .map(|(id, _)| *id)
                .collect();
            for id in waiting {
                self.end(id, State::Lost);
                also.push(id);
                lost.push(id);
            }
        }
        also
    }

    /// Gives a running entry back: it was not done and may run again.
    pub fn put_back(&mut self, id: usize) {
        self.end(id, State::Waiting);
    }

    fn end(&mut self, id: usize, state: State) {
        if let Some(entry) = self.entries.get_mut(&id) {
            if entry.state == State::Running
                && let Some(group) = &entry.group
            {
                self.busy.remove(group);
            }
            entry.state = state;
        }
    }

    pub fn state(&self, id: usize) -> Option<State> {
        self.entries.get(&id).map(|entry| entry.state)
    }

    pub fn count(&self, state: State) -> usize {
        self.entries.values().filter(|entry| entry.state == state).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after<const N: usize>(ids: [usize; N]) -> BTreeSet<usize> {
        ids.into_iter().collect()
    }

    #[test]
    fn the_longest_chain_goes_first_and_nothing_before_what_it_waits_for() {
        let mut queue = Queue::default();
        queue.enqueue(1, after([]), None);
        queue.enqueue(2, after([]), None);
        queue.enqueue(3, after([2]), None);
        queue.measure();
        assert_eq!(queue.dequeue(), Some(2));
        assert_eq!(queue.dequeue(), Some(1));
        assert_eq!(queue.dequeue(), None);
        queue.finish(2);
        assert_eq!(queue.dequeue(), Some(3));
    }

    #[test]
    fn what_waits_for_a_lost_one_is_lost() {
        let mut queue = Queue::default();
        for (id, before) in [(1, after([])), (2, after([1])), (3, after([2])), (4, after([]))] {
            queue.enqueue(id, before, None);
        }
        assert_eq!(queue.dequeue(), Some(1));
        assert_eq!(queue.lose(1), vec![2, 3]);
        assert_eq!(queue.dequeue(), Some(4));
    }

    #[test]
    fn the_last_ones_run_when_no_other_can() {
        let mut queue = Queue::default();
        for (id, before) in [(1, after([])), (2, after([])), (3, after([2]))] {
            queue.enqueue(id, before, None);
        }
        queue.put_last(1);
        assert_eq!(queue.dequeue(), Some(2));
        assert_eq!(queue.dequeue(), None);
        queue.finish(2);
        assert_eq!(queue.dequeue(), Some(3));
        assert!(queue.waits_for(3, 2) && !queue.waits_for(2, 3));
        queue.lose(3);
        assert_eq!(queue.dequeue(), Some(1));
    }

    #[test]
    fn a_group_runs_one_at_a_time() {
        let mut queue = Queue::default();
        queue.enqueue(1, after([]), Some("cluster".into()));
        queue.enqueue(2, after([]), Some("cluster".into()));
        assert_eq!(queue.dequeue(), Some(1));
        assert_eq!(queue.dequeue(), None);
        queue.finish(1);
        assert_eq!(queue.dequeue(), Some(2));
    }

    #[test]
    fn a_turn_that_is_lost_is_over() {
        let mut queue = Queue::default();
        queue.enqueue(1, after([]), None);
        queue.enqueue(2, after([]), None);
        queue.queue_behind(2, [1]);
        assert_eq!(queue.dequeue(), Some(1));
        assert_eq!(queue.dequeue(), None);
        assert!(queue.lose(1).is_empty());
        assert_eq!(queue.dequeue(), Some(2));
    }
}
