//! `C_LoginUser`: the name of the user beside the PIN.

use cryptoki_sys::*;

use super::*;

#[test]
fn a_user_logs_in_by_name() {
    let session = session_alone();
    let login = |session, kind, pin: &str, name: &str| {
        let (pin, name) = (pin.as_bytes(), name.as_bytes());
        call!(C_LoginUser(session, kind, of(pin), len(pin), of(name), len(name)))
    };
    // The token's own crypto user and officer, as `C_InitPIN` and `C_InitToken` made them.
    let rows = [
        (4711, CKU_USER, USER_PIN, "user", CKR_SESSION_HANDLE_INVALID),
        (session.handle, 9, USER_PIN, "user", CKR_USER_TYPE_INVALID),
        (session.handle, CKU_USER, USER_PIN, "nobody", CKR_PIN_INCORRECT),
        (session.handle, CKU_USER, USER_PIN, "", CKR_PIN_INCORRECT),
        (session.handle, CKU_USER, "not it", "user", CKR_PIN_INCORRECT),
        (session.handle, CKU_USER, USER_PIN, "user", CKR_OK),
        (session.handle, CKU_USER, USER_PIN, "user", CKR_USER_ALREADY_LOGGED_IN),
        (session.handle, CKU_SO, SO_PIN, "admin", CKR_USER_ANOTHER_ALREADY_LOGGED_IN),
    ];
    for (session, kind, pin, name, rv) in rows {
        assert_eq!(login(session, kind, pin, name), rv, "{kind} {name} {pin}");
    }
    let none = ptr::null_mut();
    assert_eq!(call!(C_LoginUser(session.handle, CKU_USER, none, 4, none, 0)), CKR_ARGUMENTS_BAD);
}
