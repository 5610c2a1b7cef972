/*
 * The arithmetic of earshot_frontend.c, which alone includes this, in integers of 32 and 64 bits: no float, no libm.
 * Negative integers are expected to be two's complement and shifted right as such, as all usual compilers do.
 *
 * | name   | stands for                                                                                       |
 * |--------|--------------------------------------------------------------------------------------------------|
 * | values | samples * window * 2^-exponent, at most 2^VALUE_BITS, so that no transform of them overflows     |
 * | power  | square of the transform * 2^-shift; the largest of a frame has 32 bits                           |
 * | sum    | weights * power, with 16 bits more, which the offset needs                                       |
 * | Q16    | a number times 65536                                                                             |
 *
 * Both scales are those of a frame, so that quiet frames have as many digits as loud ones.
 */
#include "earshot_frontend_tables_fixed.h"

/* A transform is at most EARSHOT_FFT_SIZE times its values: 2^30, and twice that on the way. */
#define VALUE_BITS (29 - EARSHOT_FFT_LOG2_POINTS)
#define OFFSET_BITS 24 /* the offset of 32 bits is shifted left by at most so much: the sum of both stays below 2^58 */
#define LN_2 45426u    /* Q16 */

/* Cores that multiply 32 by 32 bits to 32 alone multiply halves. Results are the same to the last bit. */
#if !defined(EARSHOT_NARROW_MULTIPLY) && (defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__))
#define EARSHOT_NARROW_MULTIPLY
#endif

/* cos and sin of 2 * pi * angle / EARSHOT_FFT_SIZE in Q15, angle < 3 * QUARTER. */
static inline int32_t cosine(size_t angle) { return earshot_sine[angle + QUARTER]; }
static inline int32_t sine(size_t angle) { return earshot_sine[angle]; }

/* Number of digits in base two; 0 has none. */
static int width(uint32_t number)
{
    int digits = 0;
    for (int step = 16; step > 0; step >>= 1) {
        if (number >> step) {
            number >>= step;
            digits += step;
        }
    }
    return digits + (int)number;
}

/* Sample i of the window, weighted, exact; the transform is longer than the window and ends in zeros. */
static inline int32_t weighted(const int16_t *samples, size_t i)
{
    return i < EARSHOT_WINDOW_SAMPLES ? samples[i] * (int32_t)earshot_window[i] : 0;
}

/* Bring the largest of the values to VALUE_BITS; returns their exponent. Silence stays zero. */
static int scale(int32_t *values)
{
    uint32_t digits = 0;
    for (size_t i = 0; i < EARSHOT_FFT_SIZE; i++) {
        digits |= (uint32_t)(values[i] ^ (values[i] >> 31));
    }
    const int exponent = width(digits) - VALUE_BITS;
    if (exponent > 0) {
        const int32_t half = (int32_t)1 << (exponent - 1);
        for (size_t i = 0; i < EARSHOT_FFT_SIZE; i++) {
            values[i] = (values[i] + half) >> exponent;
        }
    } else {
        const int32_t factor = (int32_t)1 << -exponent;
        for (size_t i = 0; i < EARSHOT_FFT_SIZE; i++) {
            values[i] *= factor;
        }
    }
    return exponent;
}

/* Multiply the complex value by exp(-i * angle), given by its cosine and sine, and round it. */
static inline void rotate(int32_t *real, int32_t *imaginary, int32_t c, int32_t s)
{
    const int32_t r = *real, i = *imaginary;
#ifdef EARSHOT_NARROW_MULTIPLY
    const int32_t r_high = r >> 15, r_low = r & 0x7fff, i_high = i >> 15, i_low = i & 0x7fff;
    *real = r_high * c + i_high * s + ((r_low * c + i_low * s + 0x4000) >> 15);
    *imaginary = i_high * c - r_high * s + ((i_low * c - r_low * s + 0x4000) >> 15);
#else
    *real = (int32_t)(((int64_t)r * c + (int64_t)i * s + 0x4000) >> 15);
    *imaginary = (int32_t)(((int64_t)i * c - (int64_t)r * s + 0x4000) >> 15);
#endif
}

/* Square of the complex value r + i * sqrt(-1), each part within -2^30 .. 2^30. */
static inline uint64_t squared(int32_t r, int32_t i)
{
#ifdef EARSHOT_NARROW_MULTIPLY
    const int32_t r_high = r >> 15, r_low = r & 0x7fff, i_high = i >> 15, i_low = i & 0x7fff;
    const uint32_t high = (uint32_t)(r_high * r_high) + (uint32_t)(i_high * i_high);
    const uint32_t low = (uint32_t)(r_low * r_low + i_low * i_low);
    const int32_t middle = r_high * r_low + i_high * i_low;
    return ((uint64_t)high << 30) + (uint64_t)((int64_t)middle * 65536) + low;
#else
    return (uint64_t)((int64_t)r * r + (int64_t)i * i);
#endif
}

/* Keep a square as bin k, in two words; `digits` collects the digits of the high words. */
static inline void keep(uint32_t *bins, size_t k, uint64_t square, uint32_t *digits)
{
    bins[2 * k] = (uint32_t)square;
    bins[2 * k + 1] = (uint32_t)(square >> 32);
    *digits |= (uint32_t)(square >> 32);
}

/* Complex transform to the power of the real one: bin k at 2 * k, k = 0 .. POINTS. Returns the shift of the power. */
static int power(int32_t *values)
{
    uint32_t *const bins = (uint32_t *)values;
    uint32_t digits = 0;
    const int32_t first = values[0] + values[1], last = values[0] - values[1];
    keep(bins, 0, squared(first, 0), &digits);
    keep(bins, POINTS, squared(last, 0), &digits);
    for (size_t k = 1; k < POINTS / 2; k++) {
        const int32_t *a = values + 2 * k, *b = values + 2 * (POINTS - k);
        const int32_t even_r = a[0] + b[0], even_i = a[1] - b[1];
        int32_t odd_r = a[1] + b[1], odd_i = b[0] - a[0];
        rotate(&odd_r, &odd_i, cosine(k), sine(k));
        keep(bins, k, squared((even_r + odd_r) >> 1, (even_i + odd_i) >> 1), &digits);
        keep(bins, POINTS - k, squared((even_r - odd_r) >> 1, (even_i - odd_i) >> 1), &digits);
    }
    keep(bins, POINTS / 2, squared(values[POINTS], values[POINTS + 1]), &digits);
    const int shift = digits ? width(digits) : 1;
    for (size_t k = 0; k <= POINTS; k++) {
        bins[2 * k] = (bins[2 * k + 1] << (32 - shift)) | (bins[2 * k] >> shift);
    }
    return shift;
}

/* Sum of weights times power, each rounded, of the bins from the first of a triangle on; 16 bits of it are a fraction. */
static inline uint64_t weighted_sum(const uint32_t *bin, const uint16_t *weight, size_t count)
{
    uint32_t high = 0, low = 0; /* as many times 16 bits as a triangle has bins */
    for (const uint16_t *end = weight + count; weight < end; weight++, bin += 2) {
#ifdef EARSHOT_NARROW_MULTIPLY
        const uint32_t part = (*bin >> 16) * *weight + (((*bin & 0xffff) * *weight + 0x8000) >> 16);
#else
        const uint32_t part = (uint32_t)(((uint64_t)*bin * *weight + 0x8000) >> 16);
#endif
        high += part >> 16;
        low += part & 0xffff;
    }
    return ((uint64_t)high << 32) + ((uint64_t)low << 16);
}

/* log2 in Q16 of a number above 0, from a table with a straight line between its entries. */
static int32_t log_2(uint64_t number)
{
    const uint32_t upper = (uint32_t)(number >> 32);
    const int digits = upper ? 32 + width(upper) : width((uint32_t)number);
    const uint32_t mantissa = (uint32_t)(digits > 32 ? number >> (digits - 32) : number << (32 - digits));
    const uint32_t *entry = earshot_log_2 + ((mantissa >> 25) & 63);
    const uint32_t rest = (mantissa >> 9) & 0xffff;
    return (digits - 1) * 65536 + (int32_t)(entry[0] + (((entry[1] - entry[0]) * rest) >> 16));
}

/* Transformed values, which are overwritten, to a row; `exponent` is that of the values. */
static void log_mel(int32_t *values, int exponent, int32_t *row)
{
    const uint16_t *weight = earshot_mel_weights;
    exponent = 2 * exponent + power(values);
    /* The offset in units of the sums; where it would be too large for them, both have larger units. */
    int shift = EARSHOT_OFFSET_EXPONENT - exponent;
    const int down = shift > OFFSET_BITS ? shift - OFFSET_BITS : 0;
    shift -= down;
    const uint64_t offset = shift >= 0 ? (uint64_t)EARSHOT_OFFSET_MANTISSA << shift : EARSHOT_OFFSET_MANTISSA >> -shift;
    const int32_t unit = (exponent + down) * 65536 + EARSHOT_UNIT_LOG_2;
    for (size_t m = 0; m < EARSHOT_MEL_BINS; m++) {
        const uint32_t *bin = (const uint32_t *)values + 2 * (size_t)earshot_mel_first_bin[m];
        const uint64_t sum = weighted_sum(bin, weight, earshot_mel_bin_count[m]) >> (down < 63 ? down : 63);
        const int32_t logarithm = log_2(sum + offset) + unit;
        row[m] = (logarithm >> 16) * (int32_t)LN_2 + (int32_t)(((uint32_t)(logarithm & 0xffff) * LN_2) >> 16);
        weight += earshot_mel_bin_count[m];
    }
}

static inline int32_t within(int64_t number, int32_t least, int32_t most)
{
    return number < least ? least : number > most ? most : (int32_t)number;
}

void earshot_frontend_normalise(int32_t *row)
{
    for (size_t m = 0; m < EARSHOT_MEL_BINS; m++) {
        const int64_t product = (int64_t)(row[m] - earshot_mean[m]) * earshot_inverse_std[m];
        row[m] = within((product + 0x8000) >> 16, -INT32_MAX, INT32_MAX);
    }
}

#ifdef EARSHOT_INPUT_SCALE
void earshot_frontend_quantise(const int32_t *row, int8_t *input)
{
    for (size_t m = 0; m < EARSHOT_MEL_BINS; m++) {
        const int64_t steps = ((int64_t)row[m] * EARSHOT_INVERSE_INPUT_SCALE + ((int64_t)1 << 31)) >> 32;
        input[m] = (int8_t)within(steps + EARSHOT_INPUT_ZERO_POINT, -128, 127);
    }
}
#endif
