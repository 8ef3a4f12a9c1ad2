//! What the tests of the program share: a folder of its own for each, and how to run the program in it.

#![allow(dead_code)] // Each test file uses its part.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use thenar::image::{Plane, image::RgbImage};

/// A folder with a store and a keyring in it.
pub struct Place {
    folder: tempfile::TempDir,
    input: &'static str,
}

/// A passphrase that is good enough for a key.
pub const PASSPHRASE: &str = "gulls over the harbour";

/// What a run of the program gave.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Checks the exit code.
    #[track_caller]
    pub fn code(self, expected: i32) -> Self {
        assert_eq!(self.code, Some(expected), "{self:?}");
        self
    }

    /// Stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

impl Place {
    /// For photos of hands.
    pub fn for_photos() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            folder,
            input: "photo",
        }
    }

    /// For ready-cut regions.
    pub fn for_rois() -> Self {
        Self {
            input: "roi",
            ..Self::for_photos()
        }
    }

    /// For ready-cut regions, with what a key is made of: the names of region 1 and of a file with [`PASSPHRASE`].
    pub fn for_keys() -> (Self, String, String) {
        let place = Self::for_rois();
        let palm = place.roi(1);
        let good = place.passphrase("good", PASSPHRASE);
        (place, palm, good)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with these arguments, in this folder.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_thenar"));
        command
            .args(["--input", self.input])
            .args(args)
            .current_dir(self.folder.path())
            .env("THENAR_KEYRING", "keyring")
            .env("HOME", self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs the program with these arguments, given as one text, in this folder.
    #[track_caller]
    pub fn run(&self, args: &str) -> Ran {
        let args: Vec<&str> = args.split_whitespace().collect();
        let output = self.command(&args).output().unwrap();
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Writes a region with a texture of its own for each `seed`; gives its name.
    pub fn roi(&self, seed: u32) -> String {
        let name = format!("roi{seed}.png");
        let wave = |x: f32, y: f32, k: u32| {
            let angle = (seed * 7 + k * 13) as f32;
            ((x * angle.cos() + y * angle.sin()) * (0.05 + 0.03 * k as f32) + angle).sin()
        };
        let plane = Plane::from_fn(128, 128, |x, y| {
            0.5 + (0..6).map(|k| wave(x as f32, y as f32, k)).sum::<f32>() / 14.0
        });
        plane.to_gray().save(self.path(&name)).unwrap();
        name
    }

    /// Writes a photo as JPEG.
    pub fn photo(&self, name: &str, photo: &RgbImage) -> String {
        photo.save(self.path(name)).unwrap();
        name.to_owned()
    }

    /// Writes a passphrase file.
    pub fn passphrase(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), format!("{text}\n")).unwrap();
        name.to_owned()
    }
}

/// A program of the system, in this folder.
pub fn program(place: &Place, name: &str, args: &str) -> Command {
    let mut command = Command::new(name);
    // A space too many stands for an empty argument.
    command
        .args(args.split(' '))
        .current_dir(place.path(""))
        .env("HOME", place.path(""))
        .stdin(Stdio::null());
    command
}

/// What a program that must be there and succeed prints on stdout.
#[track_caller]
pub fn said(place: &Place, name: &str, args: &str) -> String {
    let output = program(place, name, args)
        .output()
        .unwrap_or_else(|error| panic!("{name}: {error}; it must be installed"));
    assert!(output.status.success(), "{name} {args}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The bytes of a file.
pub fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}
