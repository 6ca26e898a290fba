//! A disk that is really full: set `HSM_SIM_SMALL_DISK` to an empty directory on a file system of a few megabytes.

use hsm_sim_store::{Durability, Error, Options, Rows, Store, Table};

const T: Table = Table::new(1);

#[test]
fn a_full_disk_is_an_error_and_nothing_more() {
    let Some(directory) = std::env::var_os("HSM_SIM_SMALL_DISK") else { return };
    let directory = std::path::Path::new(&directory).join("state");
    let store = Store::open(&directory, Options { durability: Durability::Synced }).unwrap();
    let put = |number: u32| store.write(|tx| tx.put(T, &number.to_be_bytes(), &[7; 10_000]));
    let written = (0..10_000).find(|&number| put(number).is_err()).expect("a small disk");
    let check = || {
        assert_eq!(put(written), Err(Error::DiskFull), "{written} rows");
        let count = store.read(|rows| rows.scan(T, b"", None).unwrap().count() as u32);
        assert_eq!(count, Ok(written));
    };
    for _ in 0..5 {
        check();
    }
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(check);
        }
    });
    assert!(written > 10);
}
