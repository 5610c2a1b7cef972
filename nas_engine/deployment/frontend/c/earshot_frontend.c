/* Log-mel front end: window, real FFT in place, power, mel filters, logarithm. */
#include "earshot_frontend.h"

#include <string.h>

/* Two real samples make one complex value, so that a real FFT of EARSHOT_FFT_SIZE takes a complex one of half. */
#define POINTS (EARSHOT_FFT_SIZE / 2)
#define QUARTER (EARSHOT_FFT_SIZE / 4)

/* The arithmetic: weighted, rotate, scale, log_mel, and normalisation and quantisation of rows. */
#ifdef EARSHOT_FIXED_POINT
#include "earshot_frontend_fixed.h"
#else
#include "earshot_frontend_float.h"
#endif

void earshot_frontend_init(earshot_frontend *state) { memset(state, 0, sizeof *state); }

/* Weighted samples as complex values in bit-reversed positions, where decimation in time begins. */
static void load(const int16_t *samples, earshot_value *values)
{
    size_t reversed = 0;
    for (size_t i = 0; i < POINTS; i++) {
        values[2 * reversed] = weighted(samples, 2 * i);
        values[2 * reversed + 1] = weighted(samples, 2 * i + 1);
        size_t bit = POINTS >> 1;
        while (reversed & bit) {
            reversed ^= bit;
            bit >>= 1;
        }
        reversed |= bit;
    }
}

/* Radix-4 butterfly of four complex values `step` numbers apart; b, c, d are already rotated. */
static inline void butterfly(earshot_value *a, size_t step, earshot_value br, earshot_value bi, earshot_value cr,
                             earshot_value ci, earshot_value dr, earshot_value di)
{
    const earshot_value sum_r = a[0] + br, sum_i = a[1] + bi, difference_r = a[0] - br, difference_i = a[1] - bi;
    const earshot_value pair_r = cr + dr, pair_i = ci + di, turn_r = ci - di, turn_i = dr - cr;
    a[0] = sum_r + pair_r;
    a[1] = sum_i + pair_i;
    a[step] = difference_r + turn_r;
    a[step + 1] = difference_i + turn_i;
    a[2 * step] = sum_r - pair_r;
    a[2 * step + 1] = sum_i - pair_i;
    a[3 * step] = difference_r - turn_r;
    a[3 * step + 1] = difference_i - turn_i;
}

/* Two stages of decimation in time at once: transforms of `half` points become transforms of four times as many. */
static void radix_4(earshot_value *values, size_t half)
{
    const size_t step = 2 * half, group = 4 * step, turn = QUARTER / half;
    for (earshot_value *a = values; a < values + 2 * POINTS; a += group) { /* the first of each group is not rotated */
        butterfly(a, step, a[step], a[step + 1], a[2 * step], a[2 * step + 1], a[3 * step], a[3 * step + 1]);
    }
    for (size_t j = 1; j < half; j++) {
        const size_t angle = j * turn;
        const earshot_value c1 = cosine(angle), s1 = sine(angle);
        const earshot_value c2 = cosine(2 * angle), s2 = sine(2 * angle);
        const earshot_value c3 = cosine(3 * angle), s3 = sine(3 * angle);
        for (earshot_value *a = values + 2 * j; a < values + 2 * POINTS; a += group) {
            earshot_value br = a[step], bi = a[step + 1];
            earshot_value cr = a[2 * step], ci = a[2 * step + 1];
            earshot_value dr = a[3 * step], di = a[3 * step + 1];
            rotate(&br, &bi, c2, s2);
            rotate(&cr, &ci, c1, s1);
            rotate(&dr, &di, c3, s3);
            butterfly(a, step, br, bi, cr, ci, dr, di);
        }
    }
}

#if EARSHOT_FFT_LOG2_POINTS % 2 == 1
/* First stage where the number of stages is odd: sums and differences of neighbours. */
static void radix_2(earshot_value *values)
{
    for (earshot_value *a = values; a < values + 2 * POINTS; a += 4) {
        const earshot_value r = a[2], i = a[3];
        a[2] = a[0] - r;
        a[3] = a[1] - i;
        a[0] += r;
        a[1] += i;
    }
}
#endif

/* Complex FFT of POINTS values in place; input in bit-reversed positions. */
static void transform(earshot_value *values)
{
    size_t half = 1;
#if EARSHOT_FFT_LOG2_POINTS % 2 == 1
    radix_2(values);
    half = 2;
#endif
    for (; half < POINTS; half *= 4) {
        radix_4(values, half);
    }
}

/* Keep what the next window shares with this one. */
static void advance(earshot_frontend *state)
{
#if EARSHOT_HOP_SAMPLES < EARSHOT_WINDOW_SAMPLES
    state->filled = EARSHOT_WINDOW_SAMPLES - EARSHOT_HOP_SAMPLES;
    memmove(state->samples, state->samples + EARSHOT_HOP_SAMPLES, state->filled * sizeof state->samples[0]);
#else
    state->filled = 0;
    state->to_skip = EARSHOT_HOP_SAMPLES - EARSHOT_WINDOW_SAMPLES;
#endif
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

int earshot_frontend_push(earshot_frontend *state, const int16_t **pcm, size_t *count, earshot_feature *row)
{
    while (*count > 0) {
        const size_t dropped = least(*count, state->to_skip);
        const size_t taken = least(*count - dropped, EARSHOT_WINDOW_SAMPLES - state->filled);
        memcpy(state->samples + state->filled, *pcm + dropped, taken * sizeof state->samples[0]);
        state->to_skip -= (uint32_t)dropped;
        state->filled += (uint32_t)taken;
        *pcm += dropped + taken;
        *count -= dropped + taken;
        if (state->filled == EARSHOT_WINDOW_SAMPLES) {
            load(state->samples, state->spectrum);
            advance(state);
            const int exponent = scale(state->spectrum);
            transform(state->spectrum);
            log_mel(state->spectrum, exponent, row);
            return 1;
        }
    }
    return 0;
}
