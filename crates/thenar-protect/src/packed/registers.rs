//! Registers full of bytes, on processors of the x86 family.

use std::arch::x86_64::{__m128i, __m256i, __m512i};

use pulp::cast;

use super::lookup::Registers;

pulp::simd_type! {
    /// 64 bytes side by side.
    pub(super) struct Wide {
        avx512f: "avx512f",
        avx512bw: "avx512bw",
    }

    /// 32 bytes side by side.
    pub(super) struct Narrow {
        avx: "avx",
        avx2: "avx2",
    }
}

/// The lower half of every byte.
const LOWER: i16 = 0x0f0f;
/// The byte of even place, of two.
const EVEN: i16 = 0x00ff;

impl Registers for Wide {
    const WIDTH: usize = 64;
    type Register = __m512i;

    #[inline(always)]
    fn zero(self) -> __m512i {
        self.avx512f._mm512_setzero_si512()
    }

    #[inline(always)]
    fn load(self, bytes: &[u8]) -> __m512i {
        cast(*bytes.first_chunk::<64>().unwrap_or(&[0; 64]))
    }

    #[inline(always)]
    fn table(self, table: &[u8; 16]) -> __m512i {
        self.avx512f
            ._mm512_broadcast_i32x4(cast::<_, __m128i>(*table))
    }

    #[inline(always)]
    fn lower(self, bytes: __m512i) -> __m512i {
        let mask = self.avx512f._mm512_set1_epi16(LOWER);
        self.avx512f._mm512_and_si512(bytes, mask)
    }

    #[inline(always)]
    fn upper(self, bytes: __m512i) -> __m512i {
        self.lower(self.avx512bw._mm512_srli_epi16::<4>(bytes))
    }

    #[inline(always)]
    fn look_up(self, table: __m512i, places: __m512i) -> __m512i {
        self.avx512bw._mm512_shuffle_epi8(table, places)
    }

    #[inline(always)]
    fn add(self, a: __m512i, b: __m512i) -> __m512i {
        self.avx512bw._mm512_add_epi8(a, b)
    }

    #[inline(always)]
    fn add_even(self, sums: __m512i, bytes: __m512i) -> __m512i {
        let mask = self.avx512f._mm512_set1_epi16(EVEN);
        let even = self.avx512f._mm512_and_si512(bytes, mask);
        self.avx512bw._mm512_add_epi16(sums, even)
    }

    #[inline(always)]
    fn add_odd(self, sums: __m512i, bytes: __m512i) -> __m512i {
        let odd = self.avx512bw._mm512_srli_epi16::<8>(bytes);
        self.avx512bw._mm512_add_epi16(sums, odd)
    }

    #[inline(always)]
    fn least(self, a: __m512i, b: __m512i) -> __m512i {
        self.avx512bw._mm512_min_epu16(a, b)
    }

    #[inline(always)]
    fn read(self, sums: __m512i, mut place: impl FnMut(usize, u16)) {
        let sums: [u16; 32] = cast(sums);
        sums.into_iter()
            .enumerate()
            .for_each(|(at, sum)| place(at, sum));
    }
}

impl Registers for Narrow {
    const WIDTH: usize = 32;
    type Register = __m256i;

    #[inline(always)]
    fn zero(self) -> __m256i {
        self.avx._mm256_setzero_si256()
    }

    #[inline(always)]
    fn load(self, bytes: &[u8]) -> __m256i {
        cast(*bytes.first_chunk::<32>().unwrap_or(&[0; 32]))
    }

    #[inline(always)]
    fn table(self, table: &[u8; 16]) -> __m256i {
        self.avx2
            ._mm256_broadcastsi128_si256(cast::<_, __m128i>(*table))
    }

    #[inline(always)]
    fn lower(self, bytes: __m256i) -> __m256i {
        let mask = self.avx._mm256_set1_epi16(LOWER);
        self.avx2._mm256_and_si256(bytes, mask)
    }

    #[inline(always)]
    fn upper(self, bytes: __m256i) -> __m256i {
        self.lower(self.avx2._mm256_srli_epi16::<4>(bytes))
    }

    #[inline(always)]
    fn look_up(self, table: __m256i, places: __m256i) -> __m256i {
        self.avx2._mm256_shuffle_epi8(table, places)
    }

    #[inline(always)]
    fn add(self, a: __m256i, b: __m256i) -> __m256i {
        self.avx2._mm256_add_epi8(a, b)
    }

    #[inline(always)]
    fn add_even(self, sums: __m256i, bytes: __m256i) -> __m256i {
        let mask = self.avx._mm256_set1_epi16(EVEN);
        let even = self.avx2._mm256_and_si256(bytes, mask);
        self.avx2._mm256_add_epi16(sums, even)
    }

    #[inline(always)]
    fn add_odd(self, sums: __m256i, bytes: __m256i) -> __m256i {
        let odd = self.avx2._mm256_srli_epi16::<8>(bytes);
        self.avx2._mm256_add_epi16(sums, odd)
    }

    #[inline(always)]
    fn least(self, a: __m256i, b: __m256i) -> __m256i {
        self.avx2._mm256_min_epu16(a, b)
    }

    #[inline(always)]
    fn read(self, sums: __m256i, mut place: impl FnMut(usize, u16)) {
        let sums: [u16; 16] = cast(sums);
        sums.into_iter()
            .enumerate()
            .for_each(|(at, sum)| place(at, sum));
    }
}
