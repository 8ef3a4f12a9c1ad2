//! Prints the answers of this machine.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    print!("{}", thenar_wasm::answers()?);
    Ok(())
}
