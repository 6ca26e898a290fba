//! A child made by `fork` draws other IVs than its parent, although it inherits the parent's half-used buffer.
#![allow(unsafe_code, reason = "fork, pipe and waitpid have no safe form")]

use std::{
    collections::HashSet,
    fs::File,
    io::{Read, Write},
    os::fd::FromRawFd,
};

use hsm_sim_crypto::Entropy;

const DRAWN: usize = 300;

#[test]
fn parent_children_and_grandchildren_draw_different_ivs() {
    let entropy = Entropy::system();
    // The buffer is in use before the fork, so that the children really inherit one.
    let mut ivs = vec![entropy.iv(u64::from(std::process::id()))];
    let outputs: Vec<File> = (0..3).map(|_| in_child(|out| draw_and_fork_once_more(&entropy, out))).collect();
    ivs.extend((0..DRAWN).map(|_| entropy.iv(u64::from(std::process::id()))));
    for mut output in outputs {
        let mut bytes = Vec::new();
        output.read_to_end(&mut bytes).expect("the child's IVs arrive");
        assert_eq!(bytes.len(), 2 * DRAWN * 12, "from the child and from its own child");
        ivs.extend(bytes.chunks_exact(12).map(|iv| <[u8; 12]>::try_from(iv).expect("12 bytes")));
    }
    let distinct: HashSet<_> = ivs.iter().collect();
    assert_eq!(distinct.len(), ivs.len());
}

fn draw_and_fork_once_more(entropy: &Entropy, out: &mut File) {
    draw(entropy, &mut *out);
    let mut grandchild = in_child(|out| draw(entropy, out));
    let mut bytes = [0; DRAWN * 12];
    if grandchild.read_exact(&mut bytes).is_ok() {
        let _ = out.write_all(&bytes);
    }
}

fn draw(entropy: &Entropy, out: &mut File) {
    for _ in 0..DRAWN {
        // A failure shows as a short output.
        let _ = out.write_all(&entropy.iv(u64::from(std::process::id())));
    }
}

/// Runs `body` in a forked child and returns the reading end of what it writes. The child does nothing but system calls and drawing IVs,
/// since other threads of the test program may hold locks at the moment of the fork.
fn in_child(body: impl FnOnce(&mut File)) -> File {
    let mut ends = [0; 2];
    // SAFETY: `ends` has room for the two descriptors that `pipe` writes.
    assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0, "a pipe");
    // SAFETY: both descriptors were opened above and are owned by nobody else.
    let (reading, mut writing) = unsafe { (File::from_raw_fd(ends[0]), File::from_raw_fd(ends[1])) };
    // SAFETY: the child runs `body`, which takes no lock and allocates nothing, and leaves with `_exit`.
    match unsafe { libc::fork() } {
        -1 => panic!("fork failed"),
        0 => {
            body(&mut writing);
            // SAFETY: `_exit` ends the child without running anything of the test program.
            unsafe { libc::_exit(0) }
        }
        _child => reading,
    }
}
