//! Milliseconds that a palm network in an ONNX file takes for one image in rten, on one thread, loaded as the program loads
//! it (weights prepacked).
//!
//! `cargo run --release -p thenar-train --example onnx_speed -- FILE [RUNS]`; beside it,
//! `tests/golden/palmnets.py speed FILE` measures ONNX Runtime.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use rten::{ModelOptions, RunOptions, ThreadPool, ValueOrView};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("which file?")?;
    let runs: usize = arguments.next().map_or(Ok(40), |n| n.parse())?;
    let mut options = ModelOptions::with_all_ops();
    options.prepack_weights(true);
    let model = options.load_file(&file)?;
    let (input, output) = (model.node_id("roi")?, model.node_id("feature")?);
    let image = NdTensor::<f32, 4>::from_fn([1, 1, 128, 128], |[_, _, y, x]| {
        ((y * 31 + x * 17) % 29) as f32 / 29.0
    });
    let pool = Arc::new(ThreadPool::with_num_threads(1));
    let mut times = Vec::new();
    for _ in 0..runs.max(1) + 3 {
        let options = RunOptions::default().with_thread_pool(Some(pool.clone()));
        let start = Instant::now();
        let inputs = vec![(input, ValueOrView::from(image.view()))];
        model.run(inputs, &[output], Some(options))?;
        times.push(1e3 * start.elapsed().as_secs_f64());
    }
    // The first runs prepare buffers.
    let mut times = times.split_off(3);
    times.sort_by(f64::total_cmp);
    println!(
        "rten: median {:.2} ms, best {:.2} ms",
        times[times.len() / 2],
        times[0]
    );
    Ok(())
}
