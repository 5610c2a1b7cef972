/*
 * Smoke test of the front end, on a PC or a device with printf: computes the features of test_vectors.h and prints the
 * largest difference from training's. The exit status is 1 above the tolerance.
 *
 *     cc -std=c99 -O2 test_frontend.c earshot_frontend.c -lm -o test_frontend && ./test_frontend
 *
 * With -DEARSHOT_FIXED_POINT it tests the front end in integers, which is not as close.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "earshot_frontend.h"
#include "test_vectors.h"

/* Standard deviations of a mel bin over the training clips. */
#ifdef EARSHOT_FIXED_POINT
#define TOLERANCE 1e-2f
#else
#define TOLERANCE 1e-3f
#endif

static earshot_frontend state;

/* Largest difference in standard deviations between a row and what is expected, neither of them normalised. */
static float difference(const earshot_feature *row, const float *expected)
{
    earshot_feature ours[EARSHOT_MEL_BINS], theirs[EARSHOT_MEL_BINS];
    float largest = 0.0f;
    for (size_t m = 0; m < EARSHOT_MEL_BINS; m++) {
        ours[m] = row[m];
        theirs[m] = (earshot_feature)(expected[m] * EARSHOT_FEATURE_ONE);
    }
    earshot_frontend_normalise(ours);
    earshot_frontend_normalise(theirs);
    for (size_t m = 0; m < EARSHOT_MEL_BINS; m++) {
        const float apart = fabsf((float)ours[m] - (float)theirs[m]) / EARSHOT_FEATURE_ONE;
        largest = apart <= largest ? largest : apart; /* NaN is kept */
    }
    return largest;
}

/* Push a clip in pieces; *rows becomes the number of rows. Returns the largest difference. */
static float run(const earshot_test_vector *vector, size_t piece, size_t *rows)
{
    earshot_feature row[EARSHOT_MEL_BINS];
    float largest = 0.0f;
    *rows = 0;
    earshot_frontend_init(&state);
    for (size_t start = 0; start < vector->samples; start += piece) {
        const int16_t *pcm = vector->pcm + start;
        size_t count = vector->samples - start < piece ? vector->samples - start : piece;
        while (earshot_frontend_push(&state, &pcm, &count, row)) {
            if (*rows < vector->rows) {
                const float apart = difference(row, vector->features + *rows * EARSHOT_MEL_BINS);
                largest = apart <= largest ? largest : apart;
            }
            ++*rows;
        }
    }
    return largest;
}

int main(void)
{
    static const size_t pieces[] = {EARSHOT_HOP_SAMPLES, 1, 4096};
    float largest = 0.0f;
    int failed = 0;
    for (size_t v = 0; v < EARSHOT_TEST_VECTORS; v++) {
        for (size_t p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
            size_t rows;
            const float apart = run(&earshot_test_vectors[v], pieces[p], &rows);
            largest = apart <= largest ? largest : apart;
            if (rows != earshot_test_vectors[v].rows || !(apart <= TOLERANCE)) {
                printf("%s, pieces of %lu samples: %lu rows, expected %lu; largest difference %.9f\n",
                       earshot_test_vectors[v].name, (unsigned long)pieces[p], (unsigned long)rows,
                       (unsigned long)earshot_test_vectors[v].rows, (double)apart);
                failed = 1;
            }
        }
    }
    printf("largest difference: %.9f standard deviations, at most %.3f allowed\n", (double)largest, (double)TOLERANCE);
    printf("state: %lu bytes\n", (unsigned long)sizeof state);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
