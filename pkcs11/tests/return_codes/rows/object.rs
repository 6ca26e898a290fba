//! Objects.

use std::ptr;

use cryptoki_sys::*;

use crate::flaw::Flaw::*;
use crate::row::{Leaves, Operation, Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(C_CreateObject, [BadSession, NullTemplate, NullResult, ReadOnly, NotLoggedIn], |a| (
            a.session(),
            a.data_object(),
            3,
            a.result()
        ))
        // Data objects are unknown there.
        .in_cloud(Some(CKR_TEMPLATE_INCONSISTENT), &[(NotLoggedIn, CKR_TEMPLATE_INCONSISTENT)]),
        row!(C_CopyObject, [BadSession, NullTemplate, NullResult, BadObject, ReadOnly, NotLoggedIn], |a| (
            a.session(),
            a.object(),
            a.any_object(),
            2,
            a.result()
        ))
        .absent_in_cloud(),
        row!(C_DestroyObject, [BadSession, BadObject, ReadOnly], |a| (a.session(), a.object())).only_flawed(),
        row!(C_GetObjectSize, [BadSession, NullResult, BadObject], |a| (a.session(), a.object(), a.result()))
            .absent_in_cloud(),
        row!(C_GetAttributeValue, [BadSession, NullTemplate, BadObject, SmallBuffer], |a| (
            a.session(),
            a.object(),
            a.room_for_label(),
            1
        )),
        row!(C_SetAttributeValue, [BadSession, NullTemplate, BadObject, ReadOnly], |a| (
            a.session(),
            a.object(),
            a.label(),
            1
        )),
        row!(C_FindObjectsInit, [BadSession, NullTemplate], |a| (a.session(), a.label(), 1)).starts(Operation::Find),
        row!(C_FindObjects, [BadSession, NullData, NullResult], |a| (
            a.session(),
            if a.has(NullData) { ptr::null_mut() } else { a.other_result() },
            1,
            a.result()
        ))
        .needs(&[Operation::Find], Leaves::Active),
        row!(C_FindObjectsFinal, [BadSession], |a| (a.session())).needs(&[Operation::Find], Leaves::Ended),
    ]
}
