/* Log-mel front end: window, real FFT in place, power, mel filters, logarithm. */
#define EARSHOT_FRONTEND_TABLES
#include "earshot_frontend.h"

#include <math.h>
#include <string.h>

/* Two real samples make one complex value, so that a real FFT of EARSHOT_FFT_SIZE takes a complex one of half. */
#define POINTS (EARSHOT_FFT_SIZE / 2)
#define QUARTER (EARSHOT_FFT_SIZE / 4)

/* cos and sin of 2 * pi * angle / EARSHOT_FFT_SIZE, angle < 3 * QUARTER. */
static inline float cosine(size_t angle) { return earshot_sine[angle + QUARTER]; }
static inline float sine(size_t angle) { return earshot_sine[angle]; }

void earshot_frontend_init(earshot_frontend *state) { memset(state, 0, sizeof *state); }

/* Sample i of the window, weighted; the transform is longer than the window and ends in zeros. */
static inline float weighted(const int16_t *samples, size_t i)
{
    return i < EARSHOT_WINDOW_SAMPLES ? (float)samples[i] * earshot_window[i] : 0.0f;
}

/* Weighted samples as complex values in bit-reversed positions, where decimation in time begins. */
static void load(const int16_t *samples, float *values)
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

/* Multiply the complex value by exp(-i * angle), given by its cosine and sine. */
static inline void rotate(float *real, float *imaginary, float c, float s)
{
    const float r = *real * c + *imaginary * s;
    *imaginary = *imaginary * c - *real * s;
    *real = r;
}

/* Radix-4 butterfly of four complex values `step` floats apart; b, c, d are already rotated. */
static inline void butterfly(float *a, size_t step, float br, float bi, float cr, float ci, float dr, float di)
{
    const float sum_r = a[0] + br, sum_i = a[1] + bi, difference_r = a[0] - br, difference_i = a[1] - bi;
    const float pair_r = cr + dr, pair_i = ci + di, turn_r = ci - di, turn_i = dr - cr;
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
static void radix_4(float *values, size_t half)
{
    const size_t step = 2 * half, group = 4 * step, turn = QUARTER / half;
    for (float *a = values; a < values + 2 * POINTS; a += group) { /* the first of each group is not rotated */
        butterfly(a, step, a[step], a[step + 1], a[2 * step], a[2 * step + 1], a[3 * step], a[3 * step + 1]);
    }
    for (size_t j = 1; j < half; j++) {
        const size_t angle = j * turn;
        const float c1 = cosine(angle), s1 = sine(angle);
        const float c2 = cosine(2 * angle), s2 = sine(2 * angle);
        const float c3 = cosine(3 * angle), s3 = sine(3 * angle);
        for (float *a = values + 2 * j; a < values + 2 * POINTS; a += group) {
            float br = a[step], bi = a[step + 1];
            float cr = a[2 * step], ci = a[2 * step + 1];
            float dr = a[3 * step], di = a[3 * step + 1];
            rotate(&br, &bi, c2, s2);
            rotate(&cr, &ci, c1, s1);
            rotate(&dr, &di, c3, s3);
            butterfly(a, step, br, bi, cr, ci, dr, di);
        }
    }
}

#if EARSHOT_FFT_LOG2_POINTS % 2 == 1
/* First stage where the number of stages is odd: sums and differences of neighbours. */
static void radix_2(float *values)
{
    for (float *a = values; a < values + 2 * POINTS; a += 4) {
        const float r = a[2], i = a[3];
        a[2] = a[0] - r;
        a[3] = a[1] - i;
        a[0] += r;
        a[1] += i;
    }
}
#endif

/* Complex FFT of POINTS values in place; input in bit-reversed positions. */
static void transform(float *values)
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

/* Complex transform to the power of the real one: bin k at values[2 * k], k = 0 .. POINTS. */
static void power(float *values)
{
    const float first = values[0] + values[1], last = values[0] - values[1];
    values[0] = first * first;
    values[2 * POINTS] = last * last;
    for (size_t k = 1; k < POINTS / 2; k++) {
        float *a = values + 2 * k, *b = values + 2 * (POINTS - k);
        const float even_r = a[0] + b[0], even_i = a[1] - b[1];
        float odd_r = a[1] + b[1], odd_i = b[0] - a[0];
        rotate(&odd_r, &odd_i, cosine(k), sine(k));
        const float r = even_r + odd_r, i = even_i + odd_i, other_r = even_r - odd_r, other_i = even_i - odd_i;
        a[0] = 0.25f * (r * r + i * i);
        b[0] = 0.25f * (other_r * other_r + other_i * other_i);
    }
    float *middle = values + POINTS;
    middle[0] = middle[0] * middle[0] + middle[1] * middle[1];
}

static void log_mel(const float *values, float *row)
{
    const float *weight = earshot_mel_weights;
    for (size_t m = 0; m < EARSHOT_MEL_BINS; m++) {
        const float *bin = values + 2 * (size_t)earshot_mel_first_bin[m];
        float sum = EARSHOT_LOG_OFFSET;
        for (size_t i = 0; i < earshot_mel_bin_count[m]; i++) {
            sum += *weight++ * bin[2 * i];
        }
        row[m] = logf(sum);
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

int earshot_frontend_push(earshot_frontend *state, const int16_t **pcm, size_t *count, float *row)
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
            transform(state->spectrum);
            power(state->spectrum);
            log_mel(state->spectrum, row);
            return 1;
        }
    }
    return 0;
}

void earshot_frontend_normalise(float *row)
{
    for (size_t m = 0; m < EARSHOT_MEL_BINS; m++) {
        row[m] = (row[m] - earshot_mean[m]) / earshot_std[m];
    }
}

#ifdef EARSHOT_INPUT_SCALE
void earshot_frontend_quantise(const float *row, int8_t *input)
{
    for (size_t m = 0; m < EARSHOT_MEL_BINS; m++) {
        const float step = rintf(row[m] / EARSHOT_INPUT_SCALE) + (float)EARSHOT_INPUT_ZERO_POINT;
        input[m] = (int8_t)(step < -128.0f ? -128.0f : step > 127.0f ? 127.0f : step);
    }
}
#endif
