/* The arithmetic of earshot_frontend.c, which alone includes this, in float32. Needs logf and rintf. */
#define EARSHOT_FRONTEND_TABLES
#include "earshot_frontend_tables.h"

#include <math.h>

/* cos and sin of 2 * pi * angle / EARSHOT_FFT_SIZE, angle < 3 * QUARTER. */
static inline float cosine(size_t angle) { return earshot_sine[angle + QUARTER]; }
static inline float sine(size_t angle) { return earshot_sine[angle]; }

/* Sample i of the window, weighted; the transform is longer than the window and ends in zeros. */
static inline float weighted(const int16_t *samples, size_t i)
{
    return i < EARSHOT_WINDOW_SAMPLES ? (float)samples[i] * earshot_window[i] : 0.0f;
}

/* Values keep their scale: float has an exponent in each. */
static inline int scale(float *values)
{
    (void)values;
    return 0;
}

/* Multiply the complex value by exp(-i * angle), given by its cosine and sine. */
static inline void rotate(float *real, float *imaginary, float c, float s)
{
    const float r = *real * c + *imaginary * s;
    *imaginary = *imaginary * c - *real * s;
    *real = r;
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

/* Transformed values, which are overwritten, to a row; the exponent of the values is 0. */
static void log_mel(float *values, int exponent, float *row)
{
    (void)exponent;
    power(values);
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
