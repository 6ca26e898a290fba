//! General-purpose functions (PKCS#11 v3.0 §5.4).

use crate::boundary::{
    Buffer, FunctionList, INTERFACE_NAME, INTERFACES, In, Interface, Name, Out, VERSION_3_2, function_list,
};
use crate::ck::{self, Info, InitializeArgs, Ulong, Version};
use crate::error::{Error, Result};
use crate::module::{LIBRARY_VERSION, MANUFACTURER, Module};
use crate::process::Process;

/// The module makes no threads and its locks are the operating system's, which any caller's threads respect; so a caller's own
/// locks are accepted and not used.
pub(crate) fn initialize(args: In<InitializeArgs>) -> Result<()> {
    if let Some(args) = args.get() {
        let callbacks = [args.create_mutex, args.destroy_mutex, args.lock_mutex, args.unlock_mutex];
        let set = callbacks.iter().filter(|callback| callback.is_set()).count();
        let flags = ck::initialize::CANNOT_CREATE_OS_THREADS | ck::initialize::OS_LOCKING_OK;
        if args.reserved.is_set() || args.flags & !flags != 0 || (set != 0 && set != callbacks.len()) {
            return Err(Error::ARGUMENTS_BAD);
        }
    }
    Process::current().start(Module::open)
}

pub(crate) fn finalize(reserved: In<u8>) -> Result<()> {
    let process = Process::current();
    if !reserved.is_null() {
        return process.with(|_| Err(Error::ARGUMENTS_BAD));
    }
    process.end()
}

pub(crate) fn get_info(_: &Module, mut info: Out<Info>) -> Result<()> {
    info.write(Info {
        cryptoki_version: VERSION_3_2,
        manufacturer_id: ck::text(MANUFACTURER),
        flags: 0,
        library_description: ck::text("Simulated HSM cluster"),
        library_version: LIBRARY_VERSION,
    })
}

pub(crate) fn get_function_list(mut list: Out<&'static FunctionList>) -> Result<()> {
    list.write(function_list())
}

pub(crate) fn get_interface_list(mut interfaces: Buffer<Interface>) -> Result<()> {
    interfaces.fill(&INTERFACES.each_ref().map(|(_, interface)| *interface))
}

/// Without name, any; without version, the newest; with all of the flags.
pub(crate) fn get_interface(
    name: Name,
    version: In<Version>,
    mut interface: Out<&'static Interface>,
    flags: Ulong,
) -> Result<()> {
    let named = name.get().is_none_or(|name| name == INTERFACE_NAME);
    let wanted = version.get();
    let found = INTERFACES.iter().find(|(version, _)| wanted.is_none_or(|wanted| wanted == *version));
    match found {
        Some((_, found)) if named && flags & !ck::interface::FORK_SAFE == 0 => interface.write(found),
        _ => Err(Error::ARGUMENTS_BAD),
    }
}
