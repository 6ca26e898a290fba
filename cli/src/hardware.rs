//! What the hardware of an HSM says of itself, in every tool.

/// A serial number of the documented form: the model's part, then six digits that stay with the HSM (inferred).
pub(crate) fn serial_number(model: &str, node: &str) -> String {
    let digest = crypto::sha256(node.as_bytes());
    let number = digest.iter().fold(0_u32, |number, byte| (number * 31 + u32::from(*byte)) % 1_000_000);
    format!("{model}-ICM{number:06}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_stay_and_differ() {
        let one = serial_number("5.3G1941", "hsm-aaaaaaaaaaa");
        assert_eq!(one, serial_number("5.3G1941", "hsm-aaaaaaaaaaa"));
        assert_ne!(one, serial_number("5.3G1941", "hsm-aaaaaaaaaab"));
        assert_eq!(one.len(), "5.3G1941-ICM000590".len());
    }
}
