// Eight floats at a time. What differs between processors is here; the rest is the compiler's.
//
// Everything has internal linkage: it is compiled with instructions that not every machine has, and must not be what the
// linker takes for the rest of the library.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace corral {

namespace {

constexpr int lanes = 8;

typedef float floats __attribute__((vector_size(32)));
typedef int32_t ints __attribute__((vector_size(32)));

inline floats load(const float *from) {
    floats value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

inline void store(float *to, floats value) {
    std::memcpy(to, &value, sizeof value);
}

inline floats all(float x) {
    return floats{x, x, x, x, x, x, x, x};
}

inline floats larger(floats a, floats b) {
    return a > b ? a : b;
}

inline float largest(floats x) {
    float most = x[0];
    for (int i = 1; i < lanes; ++i) most = x[i] > most ? x[i] : most;
    return most;
}

inline float sum(floats x) {
    return ((x[0] + x[4]) + (x[1] + x[5])) + ((x[2] + x[6]) + (x[3] + x[7]));
}

// exp(x) for x ≤ 0, to 2e-7 of it; 0 below -87.
inline floats exponential(floats x) {
    const floats least = all(-87.0f);
    const floats y = larger(x, least) * 1.44269504f;
    const ints whole = __builtin_convertvector(y - 0.5f, ints);
    const floats t = (y - __builtin_convertvector(whole, floats)) * 0.693147181f;
    const floats power = 1.0f + t * (1.0f + t * (0.5f + t * (1.66666667e-1f + t * (4.16666667e-2f +
                         t * (8.33333333e-3f + t * 1.38888889e-3f)))));
    const ints bits = reinterpret_cast<ints>(power) + (whole << 23);
    return x < least ? floats{} : reinterpret_cast<floats>(bits);
}

constexpr uint16_t half_minus_infinity = 0xfc00;

#if defined(__x86_64__)

inline floats load_halves(const uint16_t *from) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from)));
}

inline float float_of(uint16_t half) {
    return _cvtsh_ss(half);
}

// The sums of four vectors.
inline void store_sums(float *to, floats a, floats b, floats c, floats d) {
    const __m256 pairs = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
    _mm_storeu_ps(to, _mm_add_ps(_mm256_castps256_ps128(pairs), _mm256_extractf128_ps(pairs, 1)));
}

// A bit for each of 64 halves, set unless it is minus infinity.
inline uint64_t bits_of_finite(const uint16_t *halves) {
    const __m256i masked = _mm256_set1_epi16(static_cast<int16_t>(half_minus_infinity));
    uint64_t bits = 0;
    for (int i = 0; i < 64; i += 32) {
        const __m256i *from = reinterpret_cast<const __m256i *>(halves + i);
        const __m256i low = _mm256_cmpeq_epi16(_mm256_loadu_si256(from), masked);
        const __m256i high = _mm256_cmpeq_epi16(_mm256_loadu_si256(from + 1), masked);
        const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0xd8);
        bits |= static_cast<uint64_t>(static_cast<uint32_t>(_mm256_movemask_epi8(bytes))) << i;
    }
    return ~bits;
}

#elif defined(__aarch64__)

inline floats load_halves(const uint16_t *from) {
    const float16x8_t halves = vreinterpretq_f16_u16(vld1q_u16(from));
    const float32x4_t parts[2] = {vcvt_f32_f16(vget_low_f16(halves)), vcvt_high_f32_f16(halves)};
    floats value;
    std::memcpy(&value, parts, sizeof value);
    return value;
}

inline float float_of(uint16_t half) {
    return vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(half))), 0);
}

inline float32x4_t halves_added(floats x) {
    float32x4_t parts[2];
    std::memcpy(parts, &x, sizeof parts);
    return vaddq_f32(parts[0], parts[1]);
}

inline void store_sums(float *to, floats a, floats b, floats c, floats d) {
    vst1q_f32(to, vpaddq_f32(vpaddq_f32(halves_added(a), halves_added(b)),
                             vpaddq_f32(halves_added(c), halves_added(d))));
}

inline uint64_t bits_of_finite(const uint16_t *halves) {
    uint64_t bits = 0;
    for (int i = 0; i < 64; ++i) bits |= static_cast<uint64_t>(halves[i] != half_minus_infinity) << i;
    return bits;
}

#endif

} // namespace

} // namespace corral
