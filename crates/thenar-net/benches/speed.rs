//! How long the stages take on one photo and one pair of codes.
//!
//! `RTEN_NUM_THREADS` does not apply here: set the processor affinity (`taskset -c 0`) to measure one core.

use divan::{Bencher, black_box, counter::ItemsCount};
use image::{GrayImage, Luma, Rgb, RgbImage};
use thenar_image::{Roi, image};
use thenar_net::{CompCode, Extractor, Localizer, preprocess};

fn main() {
    divan::main();
}

fn photo(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let v = ((x as f32 / 17.0).sin() * (y as f32 / 29.0).cos() * 80.0 + 130.0) as u8;
        Rgb([v, v / 2 + 40, v / 3 + 30])
    })
}

fn roi(seed: u32) -> Roi {
    let gray = GrayImage::from_fn(128, 128, |x, y| {
        Luma([
            (((x + seed) as f32 / 7.0).sin() * (y as f32 / (5 + seed) as f32).cos() * 90.0 + 128.0)
                as u8,
        ])
    });
    Roi::from_gray(gray).expect("128×128 is a region")
}

#[divan::bench]
fn input_planes(bencher: Bencher) {
    let image = photo(256, 256);
    bencher.bench_local(|| preprocess::input_planes(black_box(&image)));
}

#[divan::bench(args = [(640, 480), (1600, 1200), (4000, 3000)])]
fn localizer(bencher: Bencher, (width, height): (u32, u32)) {
    let localizer = Localizer::shipped().expect("the shipped model loads");
    let photo = photo(width, height);
    bencher.bench_local(|| localizer.locate(black_box(&photo)));
}

#[divan::bench]
fn extractor(bencher: Bencher) {
    let extractor = Extractor::shipped().expect("the shipped model loads");
    let roi = roi(1);
    bencher.bench_local(|| extractor.feature(black_box(&roi)));
}

#[divan::bench]
fn compcode_extract(bencher: Bencher) {
    let roi = roi(1);
    bencher.bench_local(|| CompCode::extract(black_box(&roi)));
}

#[divan::bench]
fn compcode_distance(bencher: Bencher) {
    let (a, b) = (CompCode::extract(&roi(1)), CompCode::extract(&roi(2)));
    bencher
        .counter(ItemsCount::new(1usize))
        .bench_local(|| black_box(&a).distance(black_box(&b)));
}

#[divan::bench]
fn load_models() -> (Localizer, Extractor) {
    (
        Localizer::shipped().expect("it loads"),
        Extractor::shipped().expect("it loads"),
    )
}
