//! LookupEvents (CloudTrail, documented shape).

use std::collections::VecDeque;
use std::time::Duration;

use crypto::Sha256;
use hsm_sim::row::{self, Rows};
use hsm_sim::timeline::Timeline;
use hsm_sim::{Realm, SimTime};
use uuid::Uuid;

use crate::audit::trail::frames;
use crate::audit::{Event, RecordedEvent, StoredEvent, new_id, newest_first};
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::kms::Kms;
use crate::page::{Listed, Page};
use crate::table;

/// How long records can be looked up (documented).
const KEPT: Duration = Duration::from_secs(90 * 24 * 3_600);

/// A lookup in the audit trail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookupEvents {
    /// Only events with this attribute.
    pub attribute: Option<LookupAttribute>,
    /// Only events from this moment on.
    pub start: Option<SimTime>,
    /// Only events up to this moment.
    pub end: Option<SimTime>,
}

/// An attribute and its wanted value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupAttribute {
    /// Which attribute.
    pub key: LookupKey,
    /// The exact value; case matters.
    pub value: String,
}

/// The attributes that can be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookupKey {
    /// The event's id.
    EventId,
    /// The operation.
    EventName,
    /// `true` or `false`.
    ReadOnly,
    /// The name or ARN of a resource.
    ResourceName,
    /// The type of a resource.
    ResourceType,
    /// The service.
    EventSource,
    /// The user.
    Username,
    /// The credential.
    AccessKeyId,
}

impl LookupAttribute {
    fn fits(&self, id: Uuid, event: &Event<'_>) -> bool {
        let call = &event.call;
        let mut resources = call.resources.iter().flatten();
        let value = self.value.as_str();
        match self.key {
            LookupKey::EventId => id.to_string() == value,
            LookupKey::EventName => call.name == value,
            LookupKey::ReadOnly => value == if call.read_only { "true" } else { "false" },
            LookupKey::ResourceName => resources.any(|resource| resource.name == value),
            LookupKey::ResourceType => resources.any(|resource| resource.kind == value),
            LookupKey::EventSource => call.source == value,
            LookupKey::Username | LookupKey::AccessKeyId => event.user_name() == Some(value),
        }
    }
}

impl Kms {
    /// The recorded events of the realm, newest first.
    ///
    /// # Errors
    /// [`Error::InvalidTimeRange`], or [`Error::InvalidNextToken`] for a page that starts after an unknown event.
    pub fn lookup_events(&self, caller: &Caller, request: &LookupEvents, page: &Page) -> Result<Listed<RecordedEvent>> {
        if let (Some(start), Some(end)) = (request.start, request.end)
            && start > end
        {
            return Err(Error::InvalidTimeRange);
        }
        self.flush_trail()?;
        let now = self.world().read(|rows| self.world().now(rows))?;
        let oldest = SimTime::from_millis(now.millis() - i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX));
        let window = Window {
            realm: &caller.realm,
            from: request.start.unwrap_or(oldest).max(oldest),
            to: request.end.unwrap_or(now).min(now),
            attribute: request.attribute.as_ref(),
        };
        let noted = self.noted(&window)?;
        let mut collected =
            Collected { after: page.after.as_deref(), limit: page.limit, items: Vec::new(), more: false };
        self.merge(&window, noted, &mut collected)?;
        if collected.after.is_some() {
            return Err(Error::InvalidNextToken);
        }
        let next = collected.items.last().filter(|_| collected.more).map(|event| event.id.clone());
        Ok(Listed { items: collected.items, next })
    }

    /// The wanted records of the trail's files, newest first.
    fn noted(&self, window: &Window<'_>) -> Result<VecDeque<RecordedEvent>> {
        let timeline = self.world().read(|rows| Timeline::load(rows))?;
        let mut noted = Vec::new();
        for (name, bytes) in self.trail().segments().map_err(store::Error::from)? {
            let here = frames(&bytes).filter(|(_, frame)| {
                frame.account == window.realm.account()
                    && frame.region == window.realm.region()
                    && timeline.contains(frame.place)
            });
            let first = noted.len();
            for (position, frame) in here {
                let id = position_id(&name, position);
                if window.contains(id, &frame.event) {
                    noted.push(frame.event.into_recorded(id, window.realm));
                }
            }
            noted[first..].reverse();
        }
        // Parts of the buffer are written one after the other, so records of one second may be out of order.
        noted.sort_by_key(|event: &RecordedEvent| std::cmp::Reverse(event.time));
        Ok(noted.into())
    }

    fn merge(
        &self,
        window: &Window<'_>,
        mut noted: VecDeque<RecordedEvent>,
        collected: &mut Collected<'_>,
    ) -> Result<()> {
        self.world().read(|rows| {
            let prefix = window.realm.key().into_bytes();
            let mut start = prefix.clone();
            start.extend_from_slice(&newest_first(window.to));
            for entry in rows.scan(table::EVENT, &prefix, Some(&start))? {
                let (key, bytes) = entry?;
                let stored: StoredEvent<'_> = stored_event(&key, bytes)?;
                if stored.event.time < window.from {
                    break;
                }
                let id = Uuid::from_bytes(stored.id);
                if !window.contains(id, &stored.event) {
                    continue;
                }
                while let Some(newer) = noted.pop_front_if(|noted| noted.time > stored.event.time) {
                    if collected.is_full_with(newer) {
                        return Ok(());
                    }
                }
                if collected.is_full_with(stored.event.into_recorded(id, window.realm)) {
                    return Ok(());
                }
            }
            for event in noted {
                if collected.is_full_with(event) {
                    break;
                }
            }
            Ok(())
        })
    }
}

/// Which records a lookup wants.
struct Window<'a> {
    realm: &'a Realm,
    from: SimTime,
    to: SimTime,
    attribute: Option<&'a LookupAttribute>,
}

impl Window<'_> {
    fn contains(&self, id: Uuid, event: &Event<'_>) -> bool {
        (self.from..=self.to).contains(&event.time) && self.attribute.is_none_or(|wanted| wanted.fits(id, event))
    }
}

/// The page as it fills.
struct Collected<'a> {
    /// The last event of the page before, until it was met.
    after: Option<&'a str>,
    limit: usize,
    items: Vec<RecordedEvent>,
    more: bool,
}

impl Collected<'_> {
    fn is_full_with(&mut self, event: RecordedEvent) -> bool {
        if let Some(after) = self.after {
            if event.id == after {
                self.after = None;
            }
            return false;
        }
        if self.items.len() >= self.limit {
            self.more = true;
        } else {
            self.items.push(event);
        }
        self.more
    }
}

/// Files never change, so a record's place identifies it.
fn position_id(segment: &str, position: usize) -> Uuid {
    let mut digest = Sha256::new();
    digest.update(segment.as_bytes());
    digest.update(&(position as u64).to_le_bytes());
    let mut random = [0; 16];
    random.copy_from_slice(&digest.finish()[..16]);
    new_id(random)
}

fn stored_event<'a>(key: &[u8], bytes: &'a [u8]) -> Result<StoredEvent<'a>> {
    Ok(postcard::from_bytes(bytes).map_err(|_| row::corrupt(table::EVENT, key))?)
}
