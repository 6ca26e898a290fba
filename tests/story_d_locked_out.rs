//! Five wrong passwords lock kmsuser; only a crypto officer's changePswd unlocks it (seed 004).

use crate::support::{Client, Sim, both_clients};

both_clients!(locked_out_and_its_repair);

fn locked_out_and_its_repair(client: Client) {
    let sim = Sim::for_client(client);
    let aws = sim.aws(client);
    let store = sim.store();
    let blob = aws.encrypt(sim.key(), "kept");
    aws.disconnect(store);

    // Four strikes from a utility, on every node, and the fifth from KMS itself.
    let wrong = "loginHSM CU kmsuser WrongPassword1\n".repeat(4);
    sim.cmu(&format!("{wrong}quit\n")).failed().times(12, "RET_USER_LOGIN_FAILURE").has_not("loginHSM success");
    assert_eq!(sim.cmu("listUsers\nquit\n").strikes("kmsuser"), [4, 4, 4]);
    aws.tell_password(store, "WrongPassword2");
    aws.connect_fails(store, "INVALID_CREDENTIALS");
    assert_eq!(sim.cmu("listUsers\nquit\n").strikes("kmsuser"), [5, 5, 5]);
    aws.disconnect(store);
    aws.connect_fails(store, "USER_LOCKED_OUT");
    assert_eq!(sim.cmu("listUsers\nquit\n").strikes("kmsuser"), [5, 5, 5], "a locked account counts no further");

    aws.disconnect(store);
    aws.assert_store(store, "DISCONNECTED", "USER_LOCKED_OUT");
    // Other users are not touched.
    sim.as_co("listUsers").ok();
    sim.set_kmsuser_password("tempPassword");
    assert_eq!(sim.cmu("listUsers\nquit\n").strikes("kmsuser"), [0, 0, 0]);
    sim.as_kmsuser("tempPassword", "listUsers").ok();
    aws.tell_password(store, "tempPassword");
    aws.connect_ok(store);
    aws.assert_decrypts(&blob, "kept");
}
