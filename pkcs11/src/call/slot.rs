//! Slots and tokens (PKCS#11 v3.0 §5.5).

use hsm_sim::cluster::Personality;
use hsm_sim::token::{self, MechanismType, PinState, SessionId, SlotId, Uses};

use crate::boundary::{Buffer, Bytes, In, Out};
use crate::call::in_session;
use crate::call::object::present;
use crate::ck::{self, MechanismInfo, SlotInfo, TokenInfo, Ulong, Version};
use crate::error::{Error, Result};
use crate::module::{MANUFACTURER, Module};

/// Every slot holds a token.
pub(crate) fn get_slot_list(module: &Module, _present: u8, mut slots: Buffer<Ulong>) -> Result<()> {
    slots.check()?;
    let found: Vec<Ulong> = module.application().slots()?.into_iter().map(SlotId::get).collect();
    slots.fill(&found)
}

pub(crate) fn get_slot_info(module: &Module, slot: Ulong, mut info: Out<SlotInfo>) -> Result<()> {
    let token = module.application().token_info(SlotId::new(slot))?;
    let hardware = match token.personality {
        Personality::CloudHsm => ck::slot::HW_SLOT,
        Personality::Generic => 0,
    };
    info.write(SlotInfo {
        slot_description: ck::text(&format!("hsm-sim {}", token.label.trim_end())),
        manufacturer_id: ck::text(MANUFACTURER),
        flags: ck::slot::TOKEN_PRESENT | hardware,
        hardware_version: HARDWARE_VERSION,
        firmware_version: HARDWARE_VERSION,
    })
}

const HARDWARE_VERSION: Version = Version { major: 1, minor: 0 };

pub(crate) fn get_token_info(module: &Module, slot: Ulong, mut info: Out<TokenInfo>) -> Result<()> {
    let token = module.application().token_info(SlotId::new(slot))?;
    info.write(TokenInfo {
        label: ck::text(&token.label),
        manufacturer_id: ck::text(&token.manufacturer),
        model: ck::text(&token.model),
        serial_number: ck::text(&token.serial),
        flags: token_flags(&token),
        max_session_count: token.max_sessions.unwrap_or(EFFECTIVELY_INFINITE),
        session_count: token.sessions.0,
        max_rw_session_count: token.max_sessions.unwrap_or(EFFECTIVELY_INFINITE),
        rw_session_count: token.sessions.1,
        max_pin_len: token.pin_length.1,
        min_pin_len: token.pin_length.0,
        total_public_memory: ck::UNAVAILABLE,
        free_public_memory: ck::UNAVAILABLE,
        total_private_memory: ck::UNAVAILABLE,
        free_private_memory: ck::UNAVAILABLE,
        hardware_version: HARDWARE_VERSION,
        firmware_version: HARDWARE_VERSION,
        utc_time: [b' '; 16],
    })
}

/// `CK_EFFECTIVELY_INFINITE`.
const EFFECTIVELY_INFINITE: Ulong = 0;

fn token_flags(token: &token::TokenInfo) -> Ulong {
    use ck::token as flag;
    let mut flags = flag::RNG | flag::LOGIN_REQUIRED | flag::DUAL_CRYPTO_OPERATIONS;
    let mut set = |condition: bool, flag: Ulong| flags |= if condition { flag } else { 0 };
    set(token.initialized, flag::TOKEN_INITIALIZED);
    set(token.user_pin_initialized, flag::USER_PIN_INITIALIZED);
    set(true, pin_flags(token.user_pin, [flag::USER_PIN_COUNT_LOW, flag::USER_PIN_FINAL_TRY, flag::USER_PIN_LOCKED]));
    set(true, pin_flags(token.so_pin, [flag::SO_PIN_COUNT_LOW, flag::SO_PIN_FINAL_TRY, flag::SO_PIN_LOCKED]));
    flags
}

fn pin_flags(state: PinState, [low, last, locked]: [Ulong; 3]) -> Ulong {
    match state {
        PinState::Good => 0,
        PinState::CountLow => low,
        PinState::FinalTry => low | last,
        PinState::Locked => locked,
    }
}

pub(crate) fn get_mechanism_list(module: &Module, slot: Ulong, mut mechanisms: Buffer<Ulong>) -> Result<()> {
    let found = module.application().mechanisms(SlotId::new(slot))?;
    let numbers: Vec<Ulong> = found.into_iter().map(MechanismType::number).collect();
    mechanisms.fill(&numbers)
}

pub(crate) fn get_mechanism_info(
    module: &Module,
    slot: Ulong,
    mechanism: Ulong,
    mut out: Out<MechanismInfo>,
) -> Result<()> {
    let slot = SlotId::new(slot);
    present(&out)?;
    let Some(mechanism) = MechanismType::from_number(mechanism) else {
        module.application().token_info(slot)?;
        return Err(token::Error::MechanismInvalid.into());
    };
    let info = module.application().mechanism_info(slot, mechanism)?;
    out.write(MechanismInfo {
        min_key_size: info.min_key_size,
        max_key_size: info.max_key_size,
        flags: mechanism_flags(info.uses),
    })
}

fn mechanism_flags(uses: Uses) -> Ulong {
    use ck::mechanism as flag;
    const FLAGS: [(Uses, Ulong); 20] = [
        (Uses::ENCAPSULATE, flag::ENCAPSULATE),
        (Uses::DECAPSULATE, flag::DECAPSULATE),
        (Uses::MESSAGE_ENCRYPT, flag::MESSAGE_ENCRYPT),
        (Uses::MESSAGE_DECRYPT, flag::MESSAGE_DECRYPT),
        (Uses::MESSAGE_SIGN, flag::MESSAGE_SIGN),
        (Uses::MESSAGE_VERIFY, flag::MESSAGE_VERIFY),
        (Uses::MULTI_MESSAGE, flag::MULTI_MESSAGE),
        (Uses::ENCRYPT, flag::ENCRYPT),
        (Uses::DECRYPT, flag::DECRYPT),
        (Uses::DIGEST, flag::DIGEST),
        (Uses::SIGN, flag::SIGN),
        (Uses::SIGN_RECOVER, flag::SIGN_RECOVER),
        (Uses::VERIFY, flag::VERIFY),
        (Uses::VERIFY_RECOVER, flag::VERIFY_RECOVER),
        (Uses::GENERATE, flag::GENERATE),
        (Uses::GENERATE_PAIR, flag::GENERATE_KEY_PAIR),
        (Uses::WRAP, flag::WRAP),
        (Uses::UNWRAP, flag::UNWRAP),
        (Uses::DERIVE, flag::DERIVE),
        (Uses::EC, flag::EC_F_P | flag::EC_NAMEDCURVE | flag::EC_UNCOMPRESS),
    ];
    FLAGS.iter().filter(|(use_, _)| uses.has(*use_)).fold(flag::HW, |flags, (_, flag)| flags | flag)
}

pub(crate) fn init_token(module: &Module, slot: Ulong, pin: Bytes, label: In<[u8; 32]>) -> Result<()> {
    let label = label.get().ok_or(Error::ARGUMENTS_BAD)?;
    let label = String::from_utf8_lossy(&label);
    Ok(module.application().init_token(SlotId::new(slot), pin.pin()?, label.trim_end_matches([' ', '\0']))?)
}

pub(crate) fn init_pin(module: &Module, session: Ulong, pin: Bytes) -> Result<()> {
    let session = SessionId::new(session);
    let pin = in_session(module, session, pin.pin())?;
    Ok(module.application().init_pin(session, pin)?)
}

pub(crate) fn set_pin(module: &Module, session: Ulong, old: Bytes, new: Bytes) -> Result<()> {
    let session = SessionId::new(session);
    let old = in_session(module, session, old.pin())?;
    let new = in_session(module, session, new.pin())?;
    Ok(module.application().set_pin(session, old, new)?)
}

/// Slots never change while an application runs: there is no event, and to wait for one would be to wait for ever, which public
/// suites and programs that ask for it without a thread to spare do not come back from.
#[allow(clippy::needless_pass_by_value, reason = "every function owns its arguments; this one has nothing to write")]
pub(crate) fn wait_for_slot_event(_: &Module, flags: Ulong, slot: Out<Ulong>, reserved: In<u8>) -> Result<()> {
    if !reserved.is_null() || slot.is_null() {
        return Err(Error::ARGUMENTS_BAD);
    }
    if flags & ck::DONT_BLOCK == 0 { Err(token::Error::FunctionNotSupported.into()) } else { Err(Error::NoEvent) }
}
