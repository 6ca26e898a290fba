//! The `Date` header, formatted once a second per thread.

use std::cell::RefCell;

use hyper::header::HeaderValue;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const IMF_FIXDATE: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

thread_local! {
    static LATEST: RefCell<(i64, HeaderValue)> = RefCell::new((0, format(0)));
}

/// The header's value at `now` seconds since 1970.
pub(super) fn header(now: i64) -> HeaderValue {
    LATEST.with_borrow_mut(|(at, value)| {
        if *at != now {
            (*at, *value) = (now, format(now));
        }
        value.clone()
    })
}

fn format(now: i64) -> HeaderValue {
    let moment = OffsetDateTime::from_unix_timestamp(now).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let text = moment.format(IMF_FIXDATE).unwrap_or_default();
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_imf_fixdates() {
        for (now, text) in [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        ] {
            assert_eq!(header(now), text);
        }
        assert_eq!(header(i64::MAX), "Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
