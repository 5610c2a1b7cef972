/*
 * Log-mel front end of an Earshot network, one hop at a time. C99, no heap; needs memcpy, memmove and memset.
 * It computes the features of training (frontend.json, "steps" 3 to 6): row t is made of the samples
 * t * hop .. t * hop + window - 1 of the stream. Parameters and tables are generated from frontend.json.
 */
#ifndef EARSHOT_FRONTEND_H
#define EARSHOT_FRONTEND_H

#include <stddef.h>
#include <stdint.h>

#include "earshot_frontend_tables.h"

/*
 * Numbers are float32, which needs logf and rintf, and a floating-point unit to be fast. They are integers where
 * EARSHOT_FIXED_POINT is defined for all sources, by the compiler's -DEARSHOT_FIXED_POINT, or in the next line where a
 * tool passes no definitions:
 */
/* #define EARSHOT_FIXED_POINT */

#ifdef __cplusplus
extern "C" {
#endif

#ifdef EARSHOT_FIXED_POINT
typedef int32_t earshot_value, earshot_feature;
#define EARSHOT_FEATURE_ONE 65536 /* what stands for 1 in a row */
#define EARSHOT_SPECTRUM_VALUES (EARSHOT_FFT_SIZE + 2)
/* Sources compiled with it and without have other structures: so they do not link. */
#define earshot_frontend_init earshot_frontend_init_fixed_point
#else
typedef float earshot_value, earshot_feature;
#define EARSHOT_FEATURE_ONE 1
#define EARSHOT_SPECTRUM_VALUES (EARSHOT_FFT_SIZE + 1)
#endif

/* All memory that the front end keeps, in static storage or on the stack: no pointer into it is kept elsewhere. */
typedef struct {
    earshot_value spectrum[EARSHOT_SPECTRUM_VALUES];
    int16_t samples[EARSHOT_WINDOW_SAMPLES];
    uint32_t filled;  /* samples of the next window that are there */
    uint32_t to_skip; /* samples to drop before it; above 0 only where the hop is longer than the window */
} earshot_frontend;

/* Begin a stream. */
void earshot_frontend_init(earshot_frontend *state);

/*
 * Take samples (16-bit PCM, mono, at EARSHOT_SAMPLE_RATE_HZ) from *pcm until a row is complete or none of the *count
 * samples is left; both are moved past what was taken. Returns 1 if a row came out, 0 if all samples were taken.
 * `row`: EARSHOT_MEL_BINS values of natural-log mel power times EARSHOT_FEATURE_ONE, not normalised. Call it until it
 * returns 0:
 *
 *     while (earshot_frontend_push(&state, &pcm, &count, row)) { use(row); }
 */
int earshot_frontend_push(earshot_frontend *state, const int16_t **pcm, size_t *count, earshot_feature *row);

/* Standardise a row in place: subtract the mean and divide by the deviation of each mel bin over the training clips. */
void earshot_frontend_normalise(earshot_feature *row);

#ifdef EARSHOT_INPUT_SCALE
/*
 * A normalised row as the network's int8 input: clip(round(row / scale) + zero_point, -128, 127). A half is rounded to
 * the even step, with EARSHOT_FIXED_POINT upwards.
 */
void earshot_frontend_quantise(const earshot_feature *row, int8_t *input);
#endif

#ifdef __cplusplus
}
#endif

#endif
