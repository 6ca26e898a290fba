//! kmsuser logged in elsewhere keeps KMS out, and KMS keeps everybody else out while it is connected (seed 004).

use crate::support::{Client, Sim, both_clients};

both_clients!(logged_in_elsewhere);

fn logged_in_elsewhere(client: Client) {
    let sim = Sim::for_client(client);
    let aws = sim.aws(client);
    let store = sim.store();

    // While the store is connected, KMS is logged in: the account cannot be changed or removed.
    sim.as_co("changePswd CU kmsuser tempPassword\ny").failed().has_not("changePswd success");
    sim.as_co("deleteUser CU kmsuser").failed().has_not("deleteUser success");
    aws.assert_store(store, "CONNECTED", "");

    aws.disconnect(store);
    sim.set_kmsuser_password("tempPassword");
    aws.tell_password(store, "tempPassword");
    let mut tool = sim.kmu_open();
    tool.say("loginHSM -u CU -s kmsuser -p tempPassword", "Node id 2 and err state 0x00000000 : HSM Return: SUCCESS");
    aws.connect_fails(store, "USER_LOGGED_IN");
    aws.disconnect(store);
    aws.assert_store(store, "DISCONNECTED", "USER_LOGGED_IN");
    // A user with an open session keeps its password.
    sim.as_co("changePswd CU kmsuser Another1\ny").failed().has_not("changePswd success");
    tool.say("logoutHSM", "Node id 2 and err state 0x00000000 : HSM Return: SUCCESS");
    aws.connect_ok(store);
    aws.disconnect(store);

    // The death of the tool ends its login too.
    sim.set_kmsuser_password("tempPassword");
    aws.tell_password(store, "tempPassword");
    tool.say("loginHSM -u CU -s kmsuser -p tempPassword", "Node id 2 and err state 0x00000000 : HSM Return: SUCCESS");
    aws.connect_fails(store, "USER_LOGGED_IN");
    tool.kill();
    aws.disconnect(store);
    aws.connect_ok(store);
    aws.assert_key_state(sim.key(), "Enabled");
}
