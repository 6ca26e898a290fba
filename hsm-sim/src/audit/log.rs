//! How an HSM's log lies in rows. Its latest events stand behind the row that says where it goes on; each [`PAGE`] of them become a
//! row of their own. So an event changes one row, which lies beside the others that a new key changes.

use serde::{Deserialize, Serialize};

use crate::audit::AuditRecord;
use crate::error::Result;
use crate::id::NodeId;
use crate::row::{self, Numbers, Rows, Writer};

/// The latest events that an HSM's log keeps.
const KEPT: u64 = 10_000;
/// Events of a page.
const PAGE: u64 = 40;
const _: () = assert!(KEPT.is_multiple_of(PAGE), "a page that goes has no event that is kept");

/// Where a log goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct End {
    /// How often the HSM was started again.
    reboots: u32,
    /// The number of the next event since then.
    sequence: u64,
    /// Events of all times.
    written: u64,
}

impl End {
    /// That of an HSM's log, and the events since its last page.
    fn load<'a>(rows: &'a impl Rows, node: &NodeId) -> Result<(Self, &'a [u8])> {
        let key = node.as_str().as_bytes();
        let Some(bytes) = rows.get(row::AUDIT_END, key)? else { return Ok((Self::default(), &[])) };
        postcard::take_from_bytes(bytes).map_err(|_| row::corrupt(row::AUDIT_END, key))
    }

    fn save(self, tx: &mut Writer<'_>, node: &NodeId, latest: &[u8]) -> Result<()> {
        Ok(tx.put(row::AUDIT_END, node.as_str().as_bytes(), &[&row::encode(&self), latest].concat())?)
    }
}

/// The HSMs that have a log.
///
/// # Errors
/// The store fails.
pub(super) fn nodes(rows: &impl Rows) -> Result<Vec<NodeId>> {
    let names = row::list_keys(rows, row::AUDIT_END, b"")?;
    Ok(names.into_iter().filter_map(|name| name.parse().ok()).collect())
}

/// Gives an event its number and adds it.
///
/// # Errors
/// The store fails.
pub(super) fn append(tx: &mut Writer<'_>, node: &NodeId, record: AuditRecord) -> Result<()> {
    let (end, latest) = End::load(tx, node)?;
    let record = record.numbered(end.reboots, end.sequence);
    let mut latest = [latest, &row::encode(&record)].concat();
    let end = End { sequence: end.sequence + 1, written: end.written + 1, ..end };
    if end.written.is_multiple_of(PAGE) {
        let page = end.written / PAGE - 1;
        tx.put(row::AUDIT, &key(node, page), &latest)?;
        latest.clear();
        if let Some(old) = page.checked_sub(KEPT / PAGE) {
            tx.delete(row::AUDIT, &key(node, old))?;
        }
    }
    end.save(tx, node, &latest)
}

/// The HSM was started again.
///
/// # Errors
/// The store fails.
pub(super) fn rebooted(tx: &mut Writer<'_>, node: &NodeId) -> Result<()> {
    let (end, latest) = End::load(tx, node)?;
    let latest = latest.to_vec();
    End { reboots: end.reboots.wrapping_add(1), sequence: 0, ..end }.save(tx, node, &latest)
}

/// The kept events from the `from`-th of all times on, each with its number.
///
/// # Errors
/// The store fails or a row is damaged.
pub(super) fn read(rows: &impl Rows, node: &NodeId, from: u64) -> Result<Vec<(u64, AuditRecord)>> {
    let (end, latest) = End::load(rows, node)?;
    let from = from.max(end.written.saturating_sub(KEPT));
    let pages = end.written / PAGE;
    let mut records = Vec::new();
    for page in from / PAGE..pages {
        let key = key(node, page);
        let events = rows.get(row::AUDIT, &key)?.and_then(|bytes| unpack(bytes, PAGE));
        records.extend((page * PAGE..).zip(events.ok_or_else(|| row::corrupt(row::AUDIT, &key))?));
    }
    let events = unpack(latest, end.written % PAGE);
    records.extend((pages * PAGE..).zip(events.ok_or_else(|| row::corrupt(row::AUDIT_END, node.as_str().as_bytes()))?));
    records.retain(|(number, _)| *number >= from);
    Ok(records)
}

/// So many events; none if it is not so many.
fn unpack(mut bytes: &[u8], count: u64) -> Option<Vec<AuditRecord>> {
    let mut events = Vec::new();
    while !bytes.is_empty() {
        let (record, rest) = postcard::take_from_bytes(bytes).ok()?;
        events.push(record);
        bytes = rest;
    }
    (events.len() as u64 == count).then_some(events)
}

fn key(node: &NodeId, page: u64) -> Vec<u8> {
    [node.as_str().as_bytes(), b"/", &*Numbers::of(page)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Command, Detail, Event};
    use crate::clock::SimTime;
    use crate::error::Error;
    use crate::world::World;

    fn record(handle: u64) -> AuditRecord {
        let detail = Detail::Key { handle: u32::try_from(handle).unwrap(), public: 0 };
        AuditRecord::new(SimTime::from_millis(0), Event { command: Command::GenerateKey, detail, session: 1 }, Ok(()))
    }

    /// A log of so many events, of which the handles are their numbers.
    fn fill(world: &World, node: &NodeId, events: std::ops::Range<u64>) {
        world.store().write(|tx| events.clone().try_for_each(|number| append(tx, node, record(number)))).unwrap();
    }

    #[test]
    fn the_latest_events_are_kept_whatever_their_pages() {
        let world = World::ephemeral().unwrap();
        let [node, other] = [0, 1].map(|_| NodeId::generate(world.entropy()));
        let mut written = 0;
        for (round, count) in
            [0, 1, 39, 40, 41, 80, 999, 9_999, 10_000, 10_001, 10_039, 10_040, 10_041, 10_100].into_iter().enumerate()
        {
            fill(&world, &node, written..count);
            fill(&world, &other, 0..3);
            let others = world.read(|rows| read(rows, &other, 0)).unwrap();
            assert_eq!(others.len(), 3 * (round + 1));
            assert!(others.iter().all(|(number, record)| record.key().map(u64::from) == Some(number % 3)));
            written = count;
            let first = count.saturating_sub(KEPT);
            for from in [0, 1, first, first + 1, first + 40, count.saturating_sub(1), count, count + 100] {
                let log = world.read(|rows| read(rows, &node, from)).unwrap();
                let expected: Vec<u64> = (from.max(first)..count).collect();
                let numbers: Vec<u64> = log.iter().map(|(number, _)| *number).collect();
                assert_eq!(numbers, expected, "{count} events from {from}");
                assert!(log.iter().all(|(number, record)| record.key().map(u64::from) == Some(*number)));
                assert!(log.iter().all(|(number, record)| record.sequence() == *number));
            }
            let prefix = format!("{node}/");
            let pages = world.read(|rows| Ok::<_, Error>(rows.scan(row::AUDIT, prefix.as_bytes(), None)?.count()));
            assert_eq!(pages.unwrap() as u64, (count / PAGE).min(KEPT / PAGE), "{count} events");
        }
    }

    #[test]
    fn numbers_begin_anew_with_a_reboot_wherever_it_is_in_a_page() {
        let world = World::ephemeral().unwrap();
        let node = NodeId::generate(world.entropy());
        fill(&world, &node, 0..25);
        world.store().write(|tx| rebooted(tx, &node)).unwrap();
        fill(&world, &node, 25..90);
        let log = world.read(|rows| read(rows, &node, 0)).unwrap();
        let told = |record: &AuditRecord| (record.reboots(), record.sequence(), record.key().map(u64::from));
        let expected = (0..90).map(|n| (n, if n < 25 { (0, n, Some(n)) } else { (1, n - 25, Some(n)) }));
        assert!(log.iter().map(|(number, record)| (*number, told(record))).eq(expected), "{log:?}");
    }

    #[test]
    fn a_function_that_fails_leaves_no_event() {
        let world = World::ephemeral().unwrap();
        let node = NodeId::generate(world.entropy());
        fill(&world, &node, 0..38);
        let failed = world.store().write(|tx| {
            (38..42).try_for_each(|number| append(tx, &node, record(number)))?;
            Err::<(), _>(row::corrupt(row::AUDIT, b"none"))
        });
        assert!(failed.is_err());
        let log = || world.read(|rows| read(rows, &node, 0)).unwrap();
        assert_eq!(log().len(), 38);
        fill(&world, &node, 38..81);
        assert!(log().iter().map(|(number, record)| (*number, record.sequence())).eq((0..81).map(|n| (n, n))));
    }

    #[test]
    fn damage_is_told() {
        let world = World::ephemeral().unwrap();
        let node = NodeId::generate(world.entropy());
        fill(&world, &node, 0..100);
        let event = row::encode(&record(7).numbered(0, 7)).len();
        let (page, end) = (key(&node, 1), node.as_str().as_bytes());
        for (table, key, from) in [(row::AUDIT, &page[..], 0), (row::AUDIT_END, end, 80)] {
            let intact = world.read(|rows| Ok::<_, Error>(rows.get(table, key)?.map(<[u8]>::to_vec))).unwrap().unwrap();
            let log = |bytes: &[u8], from| {
                world.store().write(|tx| tx.put(table, key, bytes)).unwrap();
                world.read(|rows| read(rows, &node, from))
            };
            let longer = [&intact[..], &intact[intact.len() - event..]].concat();
            for damaged in [&intact[..intact.len() - 1], &intact[..intact.len() - event], &longer, &[255; 900], &[]] {
                assert!(matches!(log(damaged, from), Err(Error::Corrupt { .. })), "{table:?} {damaged:?}");
            }
            assert_eq!(log(&intact, 0).unwrap().len(), 100);
        }
        world.store().write(|tx| tx.delete(row::AUDIT, &page)).unwrap();
        assert!(matches!(world.read(|rows| read(rows, &node, 0)), Err(Error::Corrupt { .. })));
        // What is asked for does not lie there.
        assert_eq!(world.read(|rows| read(rows, &node, 80)).unwrap().len(), 20);
    }
}
