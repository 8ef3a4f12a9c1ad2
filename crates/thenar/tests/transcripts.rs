//! What the program prints, word by word: `tests/cmd/*.trycmd`.

#[test]
fn transcripts_hold() {
    trycmd::TestCases::new()
        .env("THENAR_KEYRING", "keyring")
        .case("tests/cmd/*.trycmd");
}
