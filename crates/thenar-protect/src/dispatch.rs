//! A loop compiled for several kinds of processors; the best for this one is taken at run time.

use pulp::NullaryFnOnce;

/// Runs work compiled for the best instructions there are. Only what is inlined into its `call` is compiled so.
pub(crate) fn dispatch<W: NullaryFnOnce>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    {
        // Newer processors count the bits of 64 bytes or eight words in one instruction.
        if let Some(counting) = counting::Counting::try_new() {
            return counting.vectorize(work);
        }
        if let Some(v3) = pulp::x86::V3::try_new() {
            return v3.vectorize(work);
        }
    }
    work.call()
}

#[cfg(target_arch = "x86_64")]
mod counting {
    pulp::simd_type! {
        /// The instructions, where the processor has them.
        pub(super) struct Counting {
            avx512f: "avx512f",
            avx512bw: "avx512bw",
            avx512vl: "avx512vl",
            avx512bitalg: "avx512bitalg",
            avx512vpopcntdq: "avx512vpopcntdq",
        }
    }
}
